"""What every test may ask for: real data and programs that a machine may lack."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]

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
