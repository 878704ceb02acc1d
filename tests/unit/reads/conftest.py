"""Small FASTQ files for the tests of reads."""

import gzip
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evigil.reads.digest import Digest

TRUSEQ = "TGGAATTCTCGGGTGCCAAGG"

Write = Callable[..., str]


def fastq_text(sequences, quality: str = "I", end: str = "\n") -> bytes:
    """FASTQ of sequences, or of pairs of sequence and qualities."""
    records = []
    for number, read in enumerate(sequences):
        sequence, qualities = read if isinstance(read, tuple) else (read, quality * len(read))
        records += [f"@read{number}", sequence, "+", qualities]
    return "".join(line + end for line in records).encode()


def bgzf_blocks(data: bytes, size: int = 500) -> list[bytes]:
    """Blocks as bgzip writes them, each a gzip member that says its size, and the empty last."""
    blocks = []
    for start in [*range(0, len(data), size), len(data)]:
        part = data[start : start + size]
        squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = squeezer.compress(part) + squeezer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
        blocks.append(head + body + struct.pack("<II", zlib.crc32(part), len(part)))
    return blocks


@pytest.fixture
def bgzf() -> Callable[..., list[bytes]]:
    """Give the blocks of BGZF, the empty last among them."""
    return bgzf_blocks


@pytest.fixture
def write(tmp_path) -> Write:
    """Write bytes, or sequences as FASTQ, and give the path; gzip if the name says so."""

    def to_file(content, name: str = "reads.fastq.gz", **how: str) -> str:
        data = content if isinstance(content, bytes) else fastq_text(content, **how)
        path = Path(tmp_path / name)
        path.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
        return str(path)

    return to_file


@pytest.fixture
def sequences() -> Callable[[Digest], Counter[str]]:
    """Give the collapsed sequences of a digest with their reads."""

    def collapsed(result: Digest) -> Counter[str]:
        letters = np.array(list("ACGT"))
        found = np.split(letters[result.bases], result.offsets[1:-1])
        counts = zip(found, result.reads.tolist(), strict=False)
        return Counter({"".join(s): n for s, n in counts})

    return collapsed


@pytest.fixture
def random_bases() -> Callable[[int, int], list[str]]:
    """Give `number` random sequences of a length, the same each time."""

    def draw(number: int, length: int, seed: int = 5) -> list[str]:
        codes = np.random.default_rng(seed).integers(0, 4, (number, length))
        return ["".join("ACGT"[c] for c in row) for row in codes]

    return draw
