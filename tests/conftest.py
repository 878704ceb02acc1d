"""What every test may ask for: real data, programs that a machine may lack, and complete runs."""

import fcntl
import hashlib
import importlib.util
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import settings

from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design

ROOT = Path(__file__).resolve().parents[1]

# compiled kernels are shared by every test process, and with the runs that the tests start
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba"))

# a kernel that is compiled on its first call outlasts the 200 ms that hypothesis gives an example
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")

PROGRAMS = {"chromium": "chromium", "slurm": "slurmctld", "bowtie": "bowtie", "node": "node"}
MODULES = {"moto": "moto"}


def absent(name: str, reason: str) -> NoReturn:
    """Skip with the reason, or fail where EVIGIL_REQUIRE says that the thing must be there."""
    if name in os.environ.get("EVIGIL_REQUIRE", "").split(","):
        pytest.fail(f"{reason}, but EVIGIL_REQUIRE names {name}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    """Give the path of a program (or the name of a module) of EVIGIL_REQUIRE, or skip."""

    def find(name: str) -> str:
        if name in MODULES:
            if importlib.util.find_spec(MODULES[name]) is None:
                absent(name, f"the module {name} is not installed")
            return MODULES[name]
        path = shutil.which(PROGRAMS[name])
        if path is None:
            absent(name, f"{name} is not installed")
        return path

    return find


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Give the path of a file of the real data (EVIGIL_SHARED), or skip where it is missing."""
    folder = Path(os.environ.get("EVIGIL_SHARED", ROOT.parent / "shared" / "data"))

    def find(relative: str) -> Path:
        path = folder / relative
        if not path.exists():
            absent("shared", f"no real data: {relative} is not in EVIGIL_SHARED")
        return path

    return find


@pytest.fixture(scope="session")
def cloud_snakemake() -> list[str]:
    """Give the Snakemake that has the plugins of clouds (see envs/setup.sh), or skip."""
    python = Path(sys.prefix) / "cloud" / "bin" / "python"
    if not python.exists():
        absent("cloud", f"no plugins of clouds: there is no {python}")
    return [str(python), "-m", "snakemake"]


#: Every stage, small: enough patients for a reference, few enough for seconds, and a tumour twice
#: as strong as the demo's, so that so few people show it.
SMALL = Design(
    cases=14,
    controls=12,
    followed=4,
    recurring=2,
    visits=3,
    reference=32,
    reference_draws=2,
    features=120,
    affected=12,
    low_warn=1,
    effect=2.0,
    sequenced=3,
    proteins=260,
    coisolated=1,
)

SETS = "config/sets.gmt"
LIPIDS = "data/lipids.tsv"

Run = Callable[..., subprocess.CompletedProcess[str]]


def command_for(directory: Path, *arguments: str) -> list[str]:
    """Return what runs the workflow in `directory`, with the config that a simulation left."""
    # targets come first: --configfile takes every word that follows it
    command = [str(Path(sys.executable).with_name("snakemake")), *arguments]
    command += ["--directory", str(directory)]
    return [*command, "--configfile", str(directory / "config" / "config.yaml")]


def snakemake(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the workflow in `directory` to its end."""
    command = command_for(directory, *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    return command_for


@pytest.fixture(scope="session")
def run() -> Run:
    return snakemake


def made_once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one of the processes of pytest-xdist makes and the others wait for."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, made = base / name, base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def write_lipids(samples: Iterable[str], path: Path) -> None:
    """Write a table of another layer, in which 0 means missing."""
    rng = np.random.default_rng(4)
    names = list(samples)
    values = rng.lognormal(3, 1, (20, 1)) * rng.lognormal(0, 0.3, (20, len(names)))
    values[rng.random(values.shape) < 0.05] = 0
    rows = [[f"PC {30 + i}:1", *(f"{v:.4g}" for v in row)] for i, row in enumerate(values)]
    path.write_text("\n".join(map("\t".join, [["lipid", *names], *rows])) + "\n")


def simulate_small(directory: Path) -> Path:
    """Write the small cohort, with two repeats instead of five, and sets of its own features."""
    cohort = make_cohort(SMALL, seed=3)
    write_cohort(cohort, directory)
    config = directory / "config" / "config.yaml"
    text = config.read_text().replace("repeats: 5", "repeats: 2")
    text = text.replace("differential:\n", f"differential:\n  gene_sets: {SETS}\n")
    # the contrast of every layer and a model of proteins: tests/workflow/test_proteomics.py
    text = text.replace(
        "      covariates: [age", "      layers: [smallrna]\n      covariates: [age"
    )
    text = re.sub(r"^  crc_proteins:\n(?:    .*\n|\n)+", "", text, flags=re.M)
    config.write_text(text + f"layers:\n  lipids: {{table: {LIPIDS}, scale: linear}}\n")
    write_lipids(cohort.samples["sample"], directory / LIPIDS)
    features = cohort.truth["features"]
    changed = features["feature"][features["affected"] == 1]
    sets = {"changed": changed, "others": features["feature"][::3]}
    lines = ["\t".join([name, "simulated", *members]) for name, members in sets.items()]
    (directory / SETS).write_text("\n".join(lines) + "\n")
    return directory


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A complete run of the small cohort; tests read it and change nothing in it."""

    def make(directory: Path) -> None:
        done = snakemake(simulate_small(directory), "--cores", "2", "all", "predict")
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "small", make)


@pytest.fixture
def cohort(tmp_path) -> Path:
    """The small cohort, not run."""
    return simulate_small(tmp_path / "cohort")


#: Results that may name the machine or the clock; everything else is the same bytes in any run.
PRIVATE = ("provenance/", "reports/multiqc.html")


@pytest.fixture(scope="session")
def checksums() -> Callable[[Path], dict[str, str]]:
    """Give sha256 by path of everything below a folder of results that two runs must share."""

    def read(results: Path) -> dict[str, str]:
        paths = {p.relative_to(results).as_posix(): p for p in results.rglob("*") if p.is_file()}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in sorted(paths.items())
            if not name.startswith(PRIVATE)
        }

    return read


def write_tiny(directory: Path, reads: bool = False) -> Path:
    """Write the tiny study of tests/workflow/tiny: every stage, 4 patients with 2 visits."""
    runpy.run_path(str(ROOT / "tests" / "workflow" / "tiny"))["main"](directory, reads)
    return directory


@pytest.fixture
def tiny_study(tmp_path) -> Path:
    """The tiny study, not run."""
    return write_tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A complete local run of the tiny study; tests read it and change nothing in it."""

    def make(directory: Path) -> None:
        done = snakemake(write_tiny(directory), "--cores", "2")
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "tiny", make)


@pytest.fixture
def tiny_reads_study(tmp_path) -> Path:
    """The tiny study with two samples as FASTQ, not run."""
    return write_tiny(tmp_path / "tiny_reads", reads=True)


@pytest.fixture(scope="session")
def tiny_reads(tmp_path_factory) -> Path:
    """A local run of its target smallrna; tests read it and change nothing in it."""

    def make(directory: Path) -> None:
        done = snakemake(write_tiny(directory, reads=True), "--cores", "2", "smallrna")
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "tiny_reads", make)


@dataclass(frozen=True)
class ObjectStorage:
    """An S3 server on this machine: its address, and the variables that lead boto3 to it."""

    url: str
    environment: dict[str, str]

    @property
    def client(self) -> Any:
        import boto3

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    def bucket(self) -> str:
        """Make a bucket of a name of its own, and return it."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name

    def upload(self, folder: Path, files: Iterable[str], bucket: str, key: str) -> None:
        for file in files:
            self.client.upload_file(str(folder / file), bucket, f"{key}/{file}")

    def download(self, bucket: str, key: str, folder: Path) -> Path:
        """Bring everything below a key into a folder."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{key}/"
        )
        for item in [item for page in pages for item in page.get("Contents", [])]:
            target = folder / item["Key"].removeprefix(f"{key}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            self.client.download_file(bucket, item["Key"], str(target))
        return folder


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def s3(require) -> Iterator[ObjectStorage]:
    """An S3 server with no bucket; a test makes its own."""
    require("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not _answers(port):
        assert server.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    url = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    yield ObjectStorage(url, keys | {"AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"})
    server.terminate()
    server.wait()
