"""What nodes that share no file system get: an archive of the sources, and what is not in it.

Snakemake ships the files that git tracks below the working directory, the config files and the
folders of the scripts; what is larger than 10 MB it leaves out with a warning.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from evigil.errors import UserError

#: Snakemake leaves larger files out of the archive.
LARGEST = 10_000_000
#: The checkout that the workflow runs from.
WORKFLOW = Path(__file__).resolve().parents[2]


def check_sources(
    sheets: Iterable[str], configs: Iterable[str | Path], workflow: Path | None = None
) -> None:
    """Refuse a study whose sources would not reach the nodes; to be called where it runs.

    Parameters
    ----------
    sheets
        Files that every job reads when it parses the workflow, relative to the working directory.
    configs
        Configuration files.
    workflow
        The checkout that the workflow is run from; default: this one.

    Raises
    ------
    UserError
        With all faults, one line each: a file outside of the working directory, a sheet that git
        does not track, a file that is too large to be shipped.
    """
    here, root = Path.cwd().resolve(), workflow or WORKFLOW
    files, wanted = [Path(config) for config in configs], list(sheets)
    # git tracks a link and not what it leads to
    outside = [_outside(path, str(path), here) for path in (*files, *map(Path, wanted))]
    outside.append(_outside(root, f"the workflow at {root}", here))
    tracked = _tracked()
    wanted = [file for file in wanted if not _outside(Path(file), file, here)]
    if root.is_relative_to(here):
        wanted.append(os.path.relpath(root / "Snakefile", here))
    untracked = [
        f"{file}: is not tracked by git and would not reach the nodes, which share no file system: "
        f"{_how_to_track(file, root, here)}"
        for file in wanted
        if os.path.normpath(file) not in tracked
    ]
    faults = [fault for fault in outside if fault] + untracked + _size_faults(tracked, files)
    if faults:
        raise UserError("\n".join(faults))


def _outside(path: Path, name: str, here: Path) -> str:
    if path.resolve().is_relative_to(here):
        return ""
    return (
        f"{name}: is outside of the working directory and would not reach the nodes, which share "
        "no file system; put it below the working directory (docs/cloud.md)"
    )


def _how_to_track(file: str, root: Path, here: Path) -> str:
    if (here / file).resolve().parent == root:
        return f"git submodule add ADDRESS {os.path.relpath(root, here)} (docs/cloud.md)"
    return f"git add {file}"


def _tracked() -> set[str]:
    """Return the files below the working directory that git tracks, in submodules too.

    Raises
    ------
    UserError
        If the working directory is in no repository.
    """
    command = ["git", "ls-files", "-z", "--recurse-submodules", "."]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout
    except FileNotFoundError as error:
        raise UserError("git: is not installed; it lists the sources that nodes get") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["failed"]
        if "not a git repository" in lines[0].lower():
            raise UserError(
                "git: the working directory is in no git repository; nodes that share no file "
                "system get the sheets by it: git init, then git add (docs/cloud.md)"
            ) from error
        raise UserError(f"git: {lines[0]}") from error
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def _size_faults(tracked: Iterable[str], configs: Iterable[Path]) -> list[str]:
    faults = []
    for file in sorted({*tracked, *(os.path.relpath(config) for config in configs)}):
        try:
            size = os.stat(file).st_size
        except FileNotFoundError:
            faults.append(f"{file}: is tracked by git but not there: git rm --cached {file}")
            continue
        if size > LARGEST:
            faults.append(
                f"{file}: has {size / 1e6:.1f} MB, and Snakemake ships no source over 10 MB to "
                f"nodes: keep it in object storage only (git rm --cached {file})"
            )
    return faults
