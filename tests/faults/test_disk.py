"""A disk that is full or read-only is one line; the same command resumes when it is mended."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Mount = Callable[..., Path]
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount something over a folder until the test ends, or skip where that is not allowed."""
    mounted: list[Path] = []

    def over(folder: Path, *arguments: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True)
        if done.returncode:
            reason = f"no folder can be mounted here: {done.stderr.strip()}"
            if "mount" in os.environ.get("EVIGIL_REQUIRE", "").split(","):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        mounted.append(folder)
        return folder

    yield over
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def tmpfs(size: str) -> list[str]:
    return ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]


def said(done: subprocess.CompletedProcess[str], ending: str) -> set[str]:
    """Return the lines that end so; none of the output is a traceback."""
    lines = (done.stdout + done.stderr).splitlines()
    assert "Traceback (most recent call last):" not in lines
    return {line for line in lines if line.endswith(ending)}


def test_a_disk_that_fills_up_is_one_line_and_the_run_resumes(
    tiny, tiny_study, mount, run, checksums
):
    """The disk of the results fills up in the first step, then in a later one."""
    results = mount(tiny_study / "results", *tmpfs("40k"))
    full = ": cannot be written or read (No space left on device)"

    first = run(tiny_study, "--cores", "1", "smallrna")
    assert first.returncode != 0
    assert said(first, full) == {f"results/smallrna/counts.h5ad{full}"}
    assert list(results.rglob("*.h5ad")) == list(results.rglob("*.part")) == []

    # room for the counts and the provenance and little more
    sizes = [p.stat().st_size for p in (tiny / "results").glob("[ps][rm]*/*")]
    remount(results, f"size={sum(-(-size // PAGE) for size in sizes) * PAGE + 2 * PAGE}")
    second = run(tiny_study, "--cores", "2", "--keep-going")
    assert second.returncode != 0
    assert said(second, full)
    whole = checksums(tiny / "results")
    left = checksums(results)
    assert "smallrna/counts.h5ad" in left
    assert {name: whole[name] for name in left if name in whole} == {
        name: found for name, found in left.items() if "/repeats/" not in name
    }

    remount(results, "size=100m")
    done = run(tiny_study, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert checksums(results) == whole


def test_a_working_directory_that_is_full_is_told(tiny, tmp_path, mount, run, checksums):
    """Snakemake's own records are on the full disk as well."""
    directory = mount(tmp_path / "full", *tmpfs("20m"))
    for folder in ("config", "data"):
        shutil.copytree(tiny / folder, directory / folder)
    (directory / "ballast").write_bytes(bytes(shutil.disk_usage(directory).free - 20 * PAGE))
    stopped = run(directory, "--cores", "2", "quality")
    assert stopped.returncode != 0
    assert any("No space left on device" in line for line in stopped.stderr.splitlines())
    assert "Traceback" not in stopped.stderr

    (directory / "ballast").unlink()
    done = run(directory, "--cores", "2", "quality")
    assert done.returncode == 0, done.stderr
    whole = checksums(tiny / "results")
    found = checksums(directory / "results")
    assert found == {name: whole[name] for name in found} and "quality/samples.tsv" in found


def test_a_results_folder_that_is_read_only_is_one_line(tiny, tiny_study, mount, run, checksums):
    results = tiny_study / "results"
    results.mkdir()
    mount(results, "--bind", str(results))
    remount(results, "bind,ro")
    refused = run(tiny_study, "--cores", "1", "quality")
    assert refused.returncode != 0
    assert said(refused, "with --directory") == {
        "results: cannot be written (read-only, or no permission for results); make it writable, "
        "or run elsewhere with --directory"
    }
    assert list(results.iterdir()) == []
    # a plan needs nothing to be written
    planned = run(tiny_study, "--dry-run", "quality")
    assert planned.returncode == 0 and "quality_gates" in planned.stdout

    remount(results, "bind,rw")
    done = run(tiny_study, "--cores", "2", "quality")
    assert done.returncode == 0, done.stderr
    whole = checksums(tiny / "results")
    found = checksums(results)
    assert found == {name: whole[name] for name in found} and "quality/samples.tsv" in found
