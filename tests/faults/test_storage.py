"""Object storage that errs: short troubles are ridden out, after long ones the run resumes."""

import os
import runpy
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("config/reference.json", "data/counts.tsv.gz")


@pytest.fixture
def unreliable(s3) -> Iterator:
    """A server between the workflow and the storage; reliable until a test says otherwise."""
    Unreliable = runpy.run_path(str(Path(__file__).with_name("unreliable.py")))["Unreliable"]
    server = Unreliable(s3.url, share=0.0, seed=1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def stored(s3, tiny_study, unreliable, command) -> Callable[..., subprocess.CompletedProcess]:
    """Run the tiny study with inputs and results in a bucket, and jobs on this machine."""
    bucket = s3.bucket()
    s3.upload(tiny_study, INPUTS, bucket, "study")
    for name in INPUTS:
        (tiny_study / name).unlink()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    variables = inherited | s3.environment
    variables |= {
        "EVIGIL_STORAGE": f"s3://{bucket}/study",
        "AWS_ENDPOINT_URL": unreliable.url,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess:
        words = command(tiny_study, "--cores", "2", *arguments, "--profile", "profiles/s3")
        return subprocess.run(
            words, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300
        )

    run.results = lambda folder: s3.download(bucket, "study/results", folder)
    return run


def test_a_storage_that_errs_now_and_then_changes_nothing(
    tiny, stored, unreliable, tmp_path, checksums
):
    unreliable.share = 0.2
    done = stored()
    assert done.returncode == 0, done.stderr
    assert unreliable.failed >= 20
    assert checksums(stored.results(tmp_path / "results")) == checksums(tiny / "results")


def test_a_storage_that_goes_down_ends_the_run_and_it_resumes(
    tiny, stored, unreliable, tmp_path, checksums
):
    unreliable.last_stored = "results/smallrna/counts.h5ad"
    stopped = stored("quality", "--storage-s3-retries", "1")
    assert stopped.returncode != 0 and unreliable.failed > 0
    # Snakemake has no line of its own for it: the last one of its traceback says what happened
    assert "(503)" in stopped.stderr.strip().splitlines()[-1]
    refused = stored("quality")
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[-1].endswith("the storage answers 503 Service Unavailable")

    unreliable.last_stored, unreliable.share = None, 0.0
    done = stored("quality")
    assert done.returncode == 0, done.stderr
    whole = checksums(tiny / "results")
    found = checksums(stored.results(tmp_path / "results"))
    assert found == {name: whole[name] for name in found} and "quality/samples.tsv" in found
