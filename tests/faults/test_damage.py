"""Inputs that vanish and results that are damaged: one line says which file; the run resumes."""

import os

import pytest

DAMAGED = "{}: is damaged, or was changed since it was written; delete it and run again"


def without_its_end(content: bytes) -> bytes:
    """Cut a table at the end of a line, where it is a table still."""
    return content[: content.rindex(b"\n", 0, len(content) // 2) + 1]


def with_a_bit_flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("name", "damage", "target"),
    [
        ("results/smallrna/counts.h5ad", with_a_bit_flipped, "all"),
        ("results/classifiers/crc/model/model.skops", with_a_bit_flipped, "all"),
        # `all` makes the scores again, since it needs the repeats that went when they were made
        ("results/classifiers/crc/scores.tsv", without_its_end, "monitoring"),
    ],
)
def test_a_damaged_result_is_never_used(name, damage, target, tiny, copy, run, checksums):
    path = copy / name
    path.write_bytes(damage(path.read_bytes()))
    stopped = run(copy, "--cores", "2", target)
    assert stopped.returncode != 0
    assert DAMAGED.format(name) in stopped.stderr.splitlines()
    assert "Traceback" not in stopped.stderr
    whole = checksums(tiny / "results")
    left = checksums(copy / "results")
    changed = {found for found in left if found in whole and left[found] != whole[found]}
    assert changed == {name.removeprefix("results/")}

    path.unlink()
    done = run(copy, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert checksums(copy / "results") == whole


def test_a_damaged_intermediate_is_never_used(tiny, tiny_study, run, checksums):
    """A repeat of the cross-validation is there only while a run goes on."""
    begun = run(tiny_study, "--cores", "2", "--until", "classifier_repeat")
    assert begun.returncode == 0, begun.stderr
    name = "results/classifiers/crc/repeats/1.json"
    path = tiny_study / name
    path.write_bytes(
        path.read_bytes().replace(b'"score": 1', b'"score": 2').replace(b"0.1", b"0.2")
    )
    stopped = run(tiny_study, "--cores", "2")
    assert stopped.returncode != 0
    assert DAMAGED.format(name) in stopped.stderr.splitlines()
    assert "Traceback" not in stopped.stderr

    path.unlink()
    done = run(tiny_study, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert checksums(tiny_study / "results") == checksums(tiny / "results")


def test_a_damaged_result_that_nothing_reads_is_told_at_the_end(copy, run):
    """It keeps its time, as on a disk that fails: Snakemake has no reason to make it again."""
    path = copy / "results/classifiers/crc/performance.json"
    times = path.stat()
    path.write_bytes(with_a_bit_flipped(path.read_bytes()))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    done = run(copy, "--cores", "1", "quality", "--forcerun", "quality_gates")
    assert DAMAGED.format("results/classifiers/crc/performance.json") in done.stdout.splitlines()


def test_an_input_that_vanishes_is_one_line(tiny, tiny_study, launch, run, checksums):
    """The reference of monitoring goes while the first steps run."""
    reference = tiny_study / "config" / "reference.json"
    content = reference.read_bytes()
    begun = launch(tiny_study)
    assert begun.wait_for((tiny_study / "results/quality/samples.tsv").exists)
    reference.unlink()
    assert not begun.wait_for(lambda: False)
    assert begun.process.returncode != 0
    assert "Traceback" not in begun.text
    assert "\nconfig/reference.json (missing locally" in begun.text

    refused = run(tiny_study, "--cores", "2")
    assert "config/reference.json: no such file" in refused.stderr
    reference.write_bytes(content)
    done = run(tiny_study, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert checksums(tiny_study / "results") == checksums(tiny / "results")
