"""The set-up refuses what it cannot use in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A checkout with nothing but what the set-up needs, and a lock of one package."""
    (tmp_path / "envs").mkdir()
    shutil.copy(ROOT / "envs" / "setup.sh", tmp_path / "envs")
    digest = "0" * 64
    for name in ("requirements.lock", "requirements-test.lock"):
        (tmp_path / "envs" / name).write_text(f"pandas==2.3.3 --hash=sha256:{digest}\n")
    return tmp_path


def set_up(checkout: Path, **environment: str) -> str:
    done = subprocess.run(
        ["sh", str(checkout / "envs" / "setup.sh"), "run"],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.strip()


def interpreter(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_another_python(checkout):
    old = interpreter(checkout, "exit 1")
    assert set_up(checkout, PYTHON=old) == (
        f"evigil set-up: {old} does not run as Python 3.11, 3.12 or 3.13;"
        " set PYTHON to one that does"
    )


def test_no_venv_module(checkout):
    script = f'case "$2" in *"import venv"*) exit 1;; esac; exec {sys.executable} "$@"'
    bare = interpreter(checkout, script)
    assert set_up(checkout, PYTHON=bare) == (
        f"evigil set-up: {bare} has no venv module;"
        " install it (Debian: apt-get install python3-venv)"
    )


def test_no_network(checkout):
    """An index on a port where nothing listens, and a package that no cache has."""
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": ""}
    closed |= {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    closed |= {"PIP_FIND_LINKS": ""}
    assert set_up(checkout, PYTHON=sys.executable, **closed) == (
        "evigil set-up: the Python package index cannot be reached: check the network or pip's"
        " index settings; details in .venv/setup.log"
    )
