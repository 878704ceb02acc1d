"""What every test may ask for: real data, programs that a machine may lack, and complete runs."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design

ROOT = Path(__file__).resolve().parents[1]

# compiled kernels are shared by every test process, and with the runs that the tests start
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba"))

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


#: Every stage, small: enough patients for a reference, few enough for seconds.
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
    sequenced=3,
)

Run = Callable[..., subprocess.CompletedProcess[str]]


def snakemake(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the workflow in `directory`, with the config that a simulation leaves there."""
    # targets come first: --configfile takes every word that follows it
    command = [str(Path(sys.executable).with_name("snakemake")), *arguments]
    command += ["--directory", str(directory)]
    command += ["--configfile", str(directory / "config" / "config.yaml")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="session")
def run() -> Run:
    return snakemake


def simulate_small(directory: Path) -> Path:
    """Write the small cohort, with two repeats instead of five."""
    write_cohort(make_cohort(SMALL, seed=3), directory)
    config = directory / "config" / "config.yaml"
    config.write_text(config.read_text().replace("repeats: 5", "repeats: 2"))
    return directory


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A complete run of the small cohort; tests read it and change nothing in it."""
    directory = simulate_small(tmp_path_factory.mktemp("small"))
    done = snakemake(directory, "--cores", "2", "all", "predict")
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def cohort(tmp_path) -> Path:
    """The small cohort, not run."""
    return simulate_small(tmp_path / "cohort")
