"""The tiny study on a real SLURM of one node (slurm.sh); every test has a cluster of its own.

A test is idle most of the time, waiting for the queue: other tests run meanwhile.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from evigil.config_file import load_yaml

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("slurm.sh")
PLACES = (
    "Snakefile",
    "workflow",
    "profiles",
    "scripts",
    "envs",
    "tests",
    "Makefile",
    "pyproject.toml",
)


class Cluster:
    """A cluster that runs, and what it says of its jobs."""

    def __init__(self, folder: Path, command: Callable[..., list[str]]) -> None:
        self.command = command
        self.started: list[subprocess.Popen[str]] = []
        self.environment = os.environ | {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def call(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    def jobs(self) -> list[dict[str, str]]:
        """Every job since the start of the cluster, in the order they were sent."""
        names = {
            "id": "%i",
            "state": "%T",
            "partition": "%P",
            "memory": "%m",
            "limit": "%l",
            "cpus": "%C",
        }
        lines = self.call("squeue", "--states=all", "-h", "-o", "|".join(names.values()))
        jobs = [dict(zip(names, line.split("|"), strict=True)) for line in lines.splitlines()]
        return sorted(jobs, key=lambda job: int(job["id"]))

    def start(self, directory: Path, *arguments: str, first_look: int = 3) -> subprocess.Popen[str]:
        """Start Snakemake with the profile, with the first look at the queue after seconds."""
        options = ["--profile", "profiles/slurm"]
        options += ["--slurm-init-seconds-before-status-checks", str(first_look)]
        return self.popen(self.command(directory, *arguments, *options), ROOT, subprocess.PIPE)

    def popen(self, command: list[str], folder: Path, output: int | IO) -> subprocess.Popen[str]:
        """Start what sees the cluster; it ends with it, whatever becomes of the test."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, directory: Path, *arguments: str) -> tuple[int, str]:
        process = self.start(directory, *arguments)
        output, _ = process.communicate(timeout=400)
        return process.returncode, output

    def wait_for_running(self, process: subprocess.Popen[str], number: int) -> str:
        """Return the id of the job that was sent as the `number`-th, once it runs."""
        end = time.monotonic() + 300
        while time.monotonic() < end:
            jobs = self.jobs()
            if len(jobs) >= number and jobs[number - 1]["state"] == "RUNNING":
                return jobs[number - 1]["id"]
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.1)
        raise AssertionError(f"no job runs: {self.jobs()}")


@pytest.fixture
def cluster(require, tmp_path_factory, command) -> Iterator[Cluster]:
    require("slurm")
    folder = tmp_path_factory.mktemp("slurm")
    cluster = Cluster(folder, command)
    try:
        subprocess.run(["sh", SCRIPT, "start", folder], check=True, timeout=60)
        yield cluster
    finally:
        for process in cluster.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        subprocess.run(["sh", SCRIPT, "stop", folder], check=True, timeout=60)


def part(sums: dict[str, str], *starts: str) -> dict[str, str]:
    return {name: value for name, value in sums.items() if name.startswith(starts)}


def test_the_first_run_of_the_docs_gives_the_results_of_a_local_run(
    cluster, tiny, checksums, tmp_path
):
    for name in PLACES:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    text = (ROOT / "docs" / "hpc.md").read_text()
    (first,) = re.findall(r"^## A first run\n(.*?)^## ", text, flags=re.M | re.S)
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"```bash\n(.*?)```", first, flags=re.S))
    said = tmp_path / "said.txt"
    states = set()
    # to a file: nobody reads while it runs, and what a pipe does not take would stop it
    with said.open("w") as output:
        process = cluster.popen(["bash", "-c", script], tmp_path, output)
        end = time.monotonic() + 600
        while process.poll() is None:
            assert time.monotonic() < end, said.read_text() + cluster.call("squeue", "--long")
            states.update(job["state"] for job in cluster.jobs())
            time.sleep(0.5)
    assert process.returncode == 0, said.read_text()
    assert checksums(tmp_path / "first-run" / "results") == checksums(tiny / "results")
    assert {"PENDING", "RUNNING", "COMPLETED"} <= states <= {
        "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "COMPLETED"
    }  # fmt: skip
    # 21 steps in 8 jobs: prepare, batches, provenance, the contrast, two repeats, the model, finish
    jobs = cluster.jobs()
    assert len(jobs) == 8
    assert {(job["partition"], job["cpus"]) for job in jobs} == {("short", "1")}


def test_reads_are_counted_as_by_a_local_run(cluster, tiny_reads, tiny_reads_study, checksums):
    code, output = cluster.run(tiny_reads_study, "smallrna")
    assert code == 0, output
    sums = checksums(tiny_reads / "results")
    assert len([name for name in sums if name.endswith(".bam")]) == 2
    assert checksums(tiny_reads_study / "results") == sums
    # the index, the batch, a job for each of the two libraries, the cohort
    assert len(cluster.jobs()) == 5


def test_a_job_over_its_memory_is_killed_and_sent_again_with_more(
    cluster, tiny, tiny_study, checksums
):
    target = "results/smallrna/samples.tsv"
    limits = ["--set-resources", "smallrna_counts:mem_mb=100*attempt**4"]
    code, output = cluster.run(tiny_study, target, *limits)
    assert code == 0, output
    jobs = [(job["memory"], job["state"]) for job in cluster.jobs()]
    assert jobs[0][0] == "100M" and jobs[0][1] in ("FAILED", "OUT_OF_MEMORY", "CANCELLED")
    assert jobs[1:] == [("1600M", "COMPLETED")]
    assert "exceeded memory limit" in output
    assert checksums(tiny_study / "results") == part(checksums(tiny / "results"), "smallrna/")


def test_a_job_that_hangs_is_stopped_at_its_time_and_sent_again_with_more(
    cluster, tiny, tiny_study, checksums
):
    target = "results/smallrna/samples.tsv"
    limits = ["--set-resources", "smallrna_counts:runtime=attempt"]
    # looks after 20, 50 and 90 s: SLURM stops a job up to half a minute after its time
    process = cluster.start(tiny_study, target, *limits, first_look=20)
    cluster.call("scancel", "--full", "--signal=STOP", cluster.wait_for_running(process, 1))
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output
    jobs = [(job["limit"], job["state"]) for job in cluster.jobs()]
    assert jobs == [("1:00", "TIMEOUT"), ("2:00", "COMPLETED")]
    # of a job of several steps Snakemake prints no status, but the log that SLURM ended
    assert "DUE TO TIME LIMIT" in output
    assert checksums(tiny_study / "results") == part(checksums(tiny / "results"), "smallrna/")


def test_a_cancelled_job_is_resumed_and_nothing_else_is_made_again(
    cluster, tiny, tiny_study, checksums
):
    target = "results/classifiers/crc/model/model.skops"
    process = cluster.start(tiny_study, target, "--retries", "0")
    cluster.call("scancel", cluster.wait_for_running(process, 2))
    output, _ = process.communicate(timeout=400)
    assert process.returncode != 0
    assert "SLURM status is: 'CANCELLED'" in output
    assert not (tiny_study / target).exists()

    long = ["--set-resources", "classifier_model:slurm_partition=long"]
    code, output = cluster.run(tiny_study, target, *long)
    assert code == 0, output
    assert "small RNA: reading the counts" not in output
    jobs = [(job["partition"], job["state"]) for job in cluster.jobs()]
    assert jobs == [("short", "COMPLETED"), ("short", "CANCELLED"), ("long", "COMPLETED")]
    needed = ("gates", "samples", "reference", "specimen", "misev", "confounding")
    before = (f"quality/{name}." for name in needed)
    made = part(checksums(tiny / "results"), "smallrna/", *before, "classifiers/crc/model/")
    assert checksums(tiny_study / "results") == made


def test_a_partition_that_does_not_exist_is_named(cluster, tiny_study):
    nowhere = ["--default-resources", "slurm_partition=nowhere", "--retries", "0"]
    code, output = cluster.run(tiny_study, *nowhere)
    assert code != 0
    assert "invalid partition specified: nowhere" in output
    assert not list((tiny_study / "results").rglob("*.*"))
    assert cluster.jobs() == []


@pytest.mark.parametrize("name", ["slurm", "lsf", "sge"])
def test_the_profile_plans_the_tiny_study(name, tiny_study, run):
    """All that can be shown of LSF and SGE here: Snakemake takes the profile with its plugin."""
    dry = run(tiny_study, "--dry-run", "--profile", f"profiles/{name}")
    assert dry.returncode == 0, dry.stderr
    # the steps are grouped: the plan lists no step of its own for these
    assert "Group job prepare" in dry.stdout + dry.stderr
    assert "Group job finish" in dry.stdout + dry.stderr


def test_every_profile_groups_the_same_rules_and_every_rule_exists():
    rules = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        rules.update(re.findall(r"^ *rule (\w+):", path.read_text(), flags=re.M))
    groups = {
        path.parent.name: known["groups"]
        for path in (ROOT / "profiles").glob("*/config.yaml")
        if "groups" in (known := load_yaml(path))
    }
    assert set(groups) == {"slurm", "lsf", "sge", "kubernetes", "aws-batch"}
    groups["nodes of the tests"] = load_yaml(ROOT / "tests/cluster/nodes/config.yaml")["groups"]
    for name, found in groups.items():
        assert found == groups["slurm"], name
    assert set(groups["slurm"]) <= rules
