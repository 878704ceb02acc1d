"""A Snakemake profile as `evigil check` sees it: where jobs run, and where files are."""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evigil.config_file import load_yaml
from evigil.errors import UserError

LOCAL = frozenset({"local", "dryrun", "touch"})
#: Executors whose nodes never share a file system with the machine that Snakemake runs on.
REMOTE = frozenset({"kubernetes", "aws-batch", "googlebatch"})
#: The lock that has a plugin, and the program that an executor hands its jobs to.
LOCKS = dict.fromkeys(("slurm", "lsf", "sge", "s3"), "cluster")
LOCKS |= dict.fromkeys((*sorted(REMOTE), "gcs"), "cloud")
PROGRAMS = {"slurm": "sbatch", "lsf": "bsub", "sge": "qsub"}
S3_SETTINGS = ("endpoint_url", "region", "access_key", "secret_key", "token")


@dataclass(frozen=True)
class Profile:
    """The options of a profile that decide what must be where.

    Attributes
    ----------
    file
        The profile's file, as the user named it.
    executor, storage
        Names of the executor and of the default storage provider; storage is empty without one.
    prefix
        Where inputs and results are in storage, such as ``s3://bucket/folder``.
    ships_sources
        Whether nodes get the sources as an archive, for want of a common file system.
    s3
        Settings of the S3 storage, by the names that the storage plugin has for them.
    """

    file: str
    executor: str
    storage: str
    prefix: str
    ships_sources: bool
    s3: dict[str, str]

    def faults(self) -> list[str]:
        """Return what is lacking: plugins, the cluster's own program, a storage for empty nodes."""
        faults = []
        if self.executor not in LOCAL:
            faults += self._without_plugin("executor", "executor", self.executor)
        if self.storage:
            faults += self._without_plugin("default-storage-provider", "storage", self.storage)
        program = PROGRAMS.get(self.executor)
        if program and shutil.which(program) is None:
            faults.append(
                f"{self.file}: executor: {self.executor} needs {program}, which is not on the "
                "PATH: run on a login node of the cluster"
            )
        if self.ships_sources and not self.storage:
            faults.append(
                f"{self.file}: no default-storage-provider: nodes that share no file system take "
                "inputs from object storage and leave results there"
            )
        return faults

    def _without_plugin(self, key: str, kind: str, name: str) -> list[str]:
        package = f"snakemake-{kind}-plugin-{name}"
        if importlib.util.find_spec(package.replace("-", "_")) is not None:
            return []
        lock = LOCKS.get(name)
        with_lock = f"--require-hashes -r envs/requirements-{lock}.lock" if lock else package
        return [
            f"{self.file}: {key}: {name} needs the package {package}, which is not installed: "
            f"pip install {with_lock}"
        ]


def read_profile(path: str | Path) -> Profile:
    """Read a profile as Snakemake does: a folder with a ``config.yaml``, or that file.

    Raises
    ------
    UserError
        If there is none, or it is not YAML.
    """
    file = Path(path) / "config.yaml" if Path(path).is_dir() else Path(path)
    if not file.is_file():
        raise UserError(f"{path}: no profile there; it is a folder with a config.yaml")
    options = load_yaml(file)
    executor = str(options.get("executor", "local"))
    shared = _words(options.get("shared-fs-usage", "sources"))
    return Profile(
        file=str(file),
        executor=executor,
        storage=_text(options, "default-storage-provider"),
        prefix=_text(options, "default-storage-prefix"),
        ships_sources=executor in REMOTE or "sources" not in shared,
        s3={name: value for name in S3_SETTINGS if (value := _s3_setting(options, name))},
    )


def _text(options: dict[Any, Any], key: str) -> str:
    """Return an option with its environment variables put in, as Snakemake does."""
    value = options.get(key)
    return "" if value is None else os.path.expandvars(str(value))


def _s3_setting(options: dict[Any, Any], name: str) -> str:
    """Return a setting of the S3 plugin: from the profile, else from the plugin's variable."""
    given = _text(options, f"storage-s3-{name.replace('_', '-')}")
    return given or os.environ.get(f"SNAKEMAKE_STORAGE_S3_{name.upper()}", "")


def _words(value: Any) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else str(value).split()
