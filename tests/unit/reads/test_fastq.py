"""What opening a FASTQ shows, in one line."""

import gzip

import pytest

from evigil.errors import UserError
from evigil.reads.fastq import Blocks, lacks_end, peek_fastq

GOOD = b"@a\nACGT\n+\nIIII\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fastq", GOOD),
        ("a.fq", GOOD.replace(b"\n", b"\r\n")),
        ("a.fastq.gz", gzip.compress(GOOD)),
        ("gzip_without_its_name.fastq", gzip.compress(GOOD)),
        ("a.fastq", b"@a\n\n+\n\n"),
        ("a.fastq", b"@a\n\n+"),
        ("a.fastq", GOOD[:-1]),
        ("a.fastq", b"@a\n" + b"A" * 70_000 + b"\n+\n" + b"I" * 70_000),
        ("a.fastq", b"@a\nacgturykmn.\n+\nIIIIIIIIIII\n"),
    ],
)
def test_files_that_are_fastq(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert peek_fastq(str(path)) is None


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.fastq", None, "no such file"),
        ("a.fastq", b"", "is empty"),
        ("a.fastq.gz", b"", "is empty"),
        ("a.fastq.gz", gzip.compress(b""), "is empty"),
        ("a.fastq", b"\n\n", "is empty"),
        ("a.fastq.gz", GOOD, "is not a gzip file, though its name ends in .gz"),
        ("a.fastq.bz2", b"BZh91AY", "is bzip2, not gzip; unpack it, or pack it with gzip"),
        ("a.fastq.zst", b"\x28\xb5\x2f\xfd ", "is zstd, not gzip; unpack it, or pack it with gzip"),
        ("a.fastq", b">a\nACGT\n", "is FASTA, not FASTQ"),
        ("a.fastq", b"a\nACGT\n+\nIIII\n", "read 1 does not start with @"),
        ("a.fastq", b"@a\nACGT\n", "read 1 is cut off"),
        (
            "a.fastq",
            b"@a\nACGT\nACGT\nIIII\n",
            "read 1 has a third line that does not start with +",
        ),
        (
            "a.fastq",
            b"@a\nACGT\n+\nIII\n",
            "read 1 has a sequence and qualities of different lengths",
        ),
        (
            "a.fastq",
            b"@a\nAC*T\n+\nIIII\n",
            "read 1 has '*' in its sequence; A, C, G, T and N are allowed",
        ),
        (
            "a.fastq.gz",
            gzip.compress(GOOD)[:14],
            "the gzip file is cut off; copy or download it again",
        ),
    ],
)
def test_files_that_are_not(tmp_path, name, content, fault):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert peek_fastq(str(path)) == f"{path}: {fault}"


def test_bgzf_that_was_cut_off_between_its_blocks(tmp_path, bgzf):
    """Whole records, each block right by itself: only the blocks' sizes show it."""
    path = tmp_path / "a.fastq.gz"
    blocks = bgzf(GOOD * 100, size=len(GOOD) * 30)
    fault = f"{path}: the gzip file is cut off; copy or download it again"
    for number, said in ((5, None), (4, None), (3, fault), (2, fault)):
        path.write_bytes(b"".join(blocks[:number]))
        assert peek_fastq(str(path)) == said
        assert lacks_end(str(path)) == (number < 5)
        if said is not None:
            with pytest.raises(UserError) as error:
                Blocks(str(path), 1000)
            assert str(error.value) == fault
    whole = b"".join(blocks)
    for kept in (20, len(blocks[0]) // 2):
        path.write_bytes(whole[:kept])
        assert peek_fastq(str(path)) == fault
    path.write_bytes(gzip.compress(GOOD) * 3)
    assert peek_fastq(str(path)) is None and not lacks_end(str(path))


def test_a_folder(tmp_path):
    assert peek_fastq(str(tmp_path)) == f"{tmp_path}: is a folder"


@pytest.mark.parametrize("size", [1, 5, 100])
def test_blocks_give_every_byte_whatever_their_size(tmp_path, size):
    path = tmp_path / "a.fastq.gz"
    path.write_bytes(b"".join(gzip.compress(GOOD) for _ in range(3)))
    taken = b""
    with Blocks(str(path), size) as blocks:
        while not blocks.ended:
            blocks.refill()
            # all but the last byte, as a parser may leave some
            kept = blocks.stop if blocks.ended else max(blocks.start, blocks.stop - 1)
            taken += bytes(blocks.buffer[blocks.start : kept])
            blocks.start = kept
        assert blocks.blank
    assert taken == 3 * GOOD + b"\n\n"
