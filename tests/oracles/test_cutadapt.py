"""Our inserts beside cutadapt's, on real files and on simulated reads with many errors.

Ours is one pass; the equivalent is two calls, since the kit's bases around the insert and its poor
3′ end go only once the adapter is off:

    cutadapt -a ADAPTER -e 0.1 -O 5 --discard-untrimmed
    cutadapt -u LEADING -u -TRAILING -q 10 -m 16 -M 50 --max-n 0

`-O 5`: an adapter of three bases, cutadapt's default, is in one read of 64 by chance.
"""

import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evigil.reads.digest import Digest, Library, digest
from evigil.reads.protocols import load_protocols

PROTOCOLS = load_protocols()
REAL = [
    ("truseq", "fastq/exrnaqc/RNA014937_S1_R1.fastq.gz"),
    ("truseq", "fastq/exrnaqc/RNA014939_S3_R1.fastq.gz"),
    ("nextflex_4n", "fastq/nextflex4n/sample01.fastq.gz"),
    ("nextflex_4n", "fastq/nextflex4n/sample06.fastq.gz"),
    ("qiaseq_no_umi", "fastq/qiaseq/mirtrace_QiaSeq_data.fastq.gz"),
]


def cutadapt(*arguments: str) -> None:
    program = Path(sys.executable).with_name("cutadapt")
    subprocess.run([program, "--quiet", "-j", "1", *arguments], check=True, capture_output=True)


def inserts_of_cutadapt(path: Path, name: str, folder: Path) -> Counter[str]:
    protocol = PROTOCOLS[name]
    cut, kept = str(folder / "cut.fastq"), folder / "kept.fastq"
    options = ["-a", protocol.adapter, "-e", "0.1", "-O", "5", "--discard-untrimmed"]
    cutadapt(*options, "-o", cut, str(path))
    around = ["-u", str(protocol.leading_bases), "-u", str(-protocol.trailing_bases)]
    limits = ["-q", "10", "-m", "16", "-M", "50", "--max-n", "0"]
    cutadapt(*around, *limits, "-o", str(kept), cut)
    return Counter(kept.read_text().splitlines()[1::4])


def inserts_of(result: Digest) -> Counter[str]:
    letters = np.array(list("ACGT"))
    found = np.split(letters[result.bases], result.offsets[1:-1])
    return Counter({"".join(s): int(n) for s, n in zip(found, result.reads, strict=True)})


def same_share(ours: Counter[str], theirs: Counter[str]) -> float:
    """Share of the reads, of the tool that kept more, that both kept with the same insert."""
    return (ours & theirs).total() / max(ours.total(), theirs.total())


@pytest.mark.parametrize(("name", "file"), REAL)
def test_real_inserts(shared, tmp_path, name, file):
    path = shared(file)
    ours = inserts_of(digest([Library(str(path))], PROTOCOLS, declared=name))
    theirs = inserts_of_cutadapt(path, name, tmp_path)
    assert theirs.total() > 3000
    assert same_share(ours, theirs) >= 0.9999  # measured: 1


def erroneous_reads(adapter: str, number: int, error: float, seed: int) -> list[str]:
    """Random inserts of 0–60 nt in reads of 51, with substitutions, insertions and deletions."""
    draw = np.random.default_rng(seed)
    reads = []
    for length in draw.integers(0, 60, number):
        perfect = "".join(draw.choice(list("ACGT"), length)) + adapter + "ACTCCAGTCACATCACGATC"
        read = []
        for base, chance in zip(perfect, draw.random(len(perfect)), strict=True):
            if chance < error:
                base = ("", base + draw.choice(list("ACGT")))[int(chance < error / 3)]
            elif chance < 3 * error:
                base = str(draw.choice(list("ACGTN")))
            read.append(base)
        reads.append("".join(read)[:51])
    return reads


@pytest.mark.parametrize("name", ["truseq", "qiaseq_no_umi", "nebnext", "poly_a"])
def test_adapters_with_many_errors(tmp_path, name):
    """With an error in every 17th base; in real files there is less to differ in."""
    path = tmp_path / "reads.fastq.gz"
    reads = erroneous_reads(PROTOCOLS[name].adapter, 4000, 0.02, seed=11)
    with gzip.open(path, "wt") as file:
        file.writelines(f"@{i}\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(reads))
    ours = inserts_of(digest([Library(str(path))], PROTOCOLS, declared=name))
    theirs = inserts_of_cutadapt(path, name, tmp_path)
    assert theirs.total() > 1000
    assert same_share(ours, theirs) >= 0.999  # measured: 1
