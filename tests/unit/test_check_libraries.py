"""`evigil check` of FASTQ files: what there is, and what only a look at their ends shows."""

import gzip
import shutil
import struct
import zlib
from pathlib import Path

import pytest

from evigil.check import check
from evigil.errors import UserError

VALID = Path(__file__).parents[1] / "valid_study"
RECORD = b"@r\nTGAGGTAGTAGGTTGTATAGTT\n+\nIIIIIIIIIIIIIIIIIIIIII\n"


def block(content: bytes) -> bytes:
    """A block of BGZF."""
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = squeezer.compress(content) + squeezer.flush()
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(content), len(content))


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What check says of a study whose two samples have these files."""

    def run(*files: bytes) -> list[str]:
        base = Path(shutil.copytree(VALID, tmp_path / "study"))
        monkeypatch.chdir(base)
        config = base / "config.yaml"
        text = config.read_text().replace("  counts: counts.tsv", "  libraries: libraries.tsv")
        config.write_text(text)
        rows = ["sample\tfastq_1"]
        for sample, content in zip(("P1_a", "P2_a"), files, strict=True):
            (base / f"{sample}.fastq.gz").write_bytes(content)
            rows.append(f"{sample}\t{sample}.fastq.gz")
        (base / "libraries.tsv").write_text("\n".join(rows) + "\n")
        return check(config, base)

    return run


def test_files_are_counted(said):
    members = gzip.compress(RECORD) * 2
    whole = block(RECORD * 9) + block(RECORD) + block(b"")
    lines = [line for line in said(members, whole) if "fastq" in line.lower()]
    assert lines == ["smallrna: 2 FASTQ files of 2 samples"]


def test_bgzf_without_its_end_is_named(said):
    """Taken, as some programs write it so; but it may have been cut off."""
    lines = said(block(RECORD * 9) + block(RECORD), block(RECORD))
    assert [line for line in lines if line.startswith("note: P")] == [
        "note: P1_a.fastq.gz (and 1 more): BGZF without the empty block at its end; whole if "
        "bcl2fastq2 wrote it, else cut off"
    ]


def test_bgzf_that_was_cut_off_is_refused(said):
    with pytest.raises(UserError) as error:
        said(block(RECORD * 9) * 2, gzip.compress(RECORD))
    fault = "P1_a.fastq.gz: the gzip file is cut off; copy or download it again"
    assert fault in str(error.value).splitlines()
