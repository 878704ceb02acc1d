"""Runs that are broken on purpose, and what is left of them."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Launched:
    """A run of the workflow that goes on; it and all its jobs are one process group."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, reached: Callable[[], bool], seconds: float = 120) -> bool:
        """Wait until something is so; False when the run ended before."""
        deadline = time.monotonic() + seconds
        while not reached():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)
        return True

    def jobs(self) -> list[int]:
        """Return the processes of the group that run a script of the workflow, sorted."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                group = os.getpgid(int(folder.name))
            except OSError:  # it has ended
                continue
            runs_script = len(words) > 1 and b"/.snakemake/scripts/" in words[1]
            if group == self.process.pid and runs_script:
                found.append(int(folder.name))
        return sorted(found)

    def kill(self) -> None:
        """Kill everything, without a chance to clean up."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


Launch = Callable[..., Launched]


@pytest.fixture
def launch(tmp_path, command) -> Iterator[Launch]:
    """Start the workflow and return at once; whatever still runs at the end is killed."""
    started: list[Launched] = []

    def start(directory: Path, *arguments: str) -> Launched:
        words = command(directory, *arguments, "--cores", "2")
        output = tmp_path / f"output-{len(started)}.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                words, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
            )
        started.append(Launched(process, output))
        return started[-1]

    yield start
    for launched in started:
        launched.kill()


@pytest.fixture
def copy(tiny, tmp_path) -> Path:
    """A complete run of the tiny study, to be damaged."""
    return Path(shutil.copytree(tiny, tmp_path / "copy", symlinks=True))
