"""Jobs and Snakemake itself are killed at random points: nothing is lost, nothing half is kept."""

import hashlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

KILLS = 7
#: A run is killed when up to so many of its steps are done, and up to so many seconds later.
STEPS = 2
SECONDS = 1.5
VICTIMS = ("everything", "snakemake", "a job")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_seven_kills_and_resumptions_end_in_the_results_of_one_run(
    seed, tiny, tiny_study, launch, run, checksums
):
    chance = random.Random(seed)
    seen = checksums(tiny / "results")
    runs = []
    kills = 0
    while kills < KILLS:
        runs.append(launch(tiny_study))
        reached = steps_done(runs[-1], chance.randint(0, STEPS))
        if runs[-1].wait_for(reached):
            time.sleep(chance.uniform(0, SECONDS))
        if runs[-1].process.poll() is None:
            kill(runs[-1], VICTIMS[kills % 3] if kills < 3 else chance.choice(VICTIMS), chance)
            kills += 1
        else:  # faster than the kill
            assert runs[-1].process.returncode == 0, runs[-1].text
            shutil.rmtree(tiny_study / "results")
        nothing_is_half(tiny_study / "results", seen)
        # what `--unlock` does, without its seconds
        shutil.rmtree(tiny_study / ".snakemake" / "locks", ignore_errors=True)

    # jobs that outlived their Snakemake write what they have to write
    for launched in runs:
        while launched.jobs():
            time.sleep(0.1)
    done = run(tiny_study, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert checksums(tiny_study / "results") == checksums(tiny / "results")
    assert not any("Traceback" in launched.text for launched in runs)


def steps_done(launched, number: int) -> Callable[[], bool]:
    """Return what tells that the first step has begun and `number` of them are done."""
    return lambda: "\nJob " in launched.text and launched.text.count("\nFinished") >= number


def kill(launched, victim: str, chance: random.Random) -> None:
    """Kill -9; a Snakemake whose job was killed ends by itself, jobs of a dead one go on."""
    jobs = launched.jobs()
    if victim == "a job" and jobs:
        try:
            os.kill(chance.choice(jobs), signal.SIGKILL)
        except ProcessLookupError:  # it has just ended
            launched.kill()
        else:
            launched.wait_for(lambda: False)
    elif victim == "snakemake":
        launched.process.kill()
        launched.process.wait()
    else:
        launched.kill()


def nothing_is_half(results: Path, seen: dict[str, str]) -> None:
    """Every file that has its name is the one of the uninterrupted run; repeats go when it ends."""
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if path.is_file() and path.suffix != ".part" and not name.startswith("provenance/"):
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            assert found == seen.setdefault(name, found), name
