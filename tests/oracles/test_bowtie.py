"""The matcher without additions beside bowtie 1.3.1: the same places for every read."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from evigil.rna.load import load_reference
from evigil.rna.sequences import encode
from evigil.smallrna.matcher import Rules, match

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "reference"


def reads_of(bundle, rng, n):
    """Pieces of the references with none to two substitutions, and reads from nowhere."""
    found = set()
    for _ in range(n):
        sequence = bundle.sequence(int(rng.integers(len(bundle.references))))
        start = int(rng.integers(0, max(1, len(sequence) - 16)))
        read = list(sequence[start : start + int(rng.integers(16, 51))])
        for _ in range(int(rng.integers(0, 3))):
            read[int(rng.integers(len(read)))] = "ACGT"[rng.integers(4)]
        found.add("".join(read))
        found.add("".join("ACGT"[i] for i in rng.integers(0, 4, 16)))
    return sorted(s for s in found if len(s) >= 16)


def bowtie_hits(program, folder, bundle, reads):
    fasta = folder / "references.fa"
    rows = range(len(bundle.references))
    fasta.write_text("".join(f">{r}\n{bundle.sequence(r)}\n" for r in rows))
    quiet = {"check": True, "capture_output": True, "text": True}
    subprocess.run([f"{program}-build", "-q", fasta, folder / "index"], **quiet)
    (folder / "reads.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(reads)))
    command = [program, "-v", "1", "-a", "--best", "--strata", "--norc", "-f", "--quiet"]
    done = subprocess.run([*command, "-x", folder / "index", folder / "reads.fa"], **quiet)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {(int(c[0]), int(c[2]), int(c[3])) for c in lines}


@pytest.mark.parametrize("seed", [1])
def test_best_stratum_hit_sets_equal(require, tmp_path, seed):
    program = require("bowtie")
    bundle = load_reference(FOLDER)
    reads = reads_of(bundle, np.random.default_rng(seed), 10_000)
    found = match(*encode(reads), bundle, Rules(mismatches=1, additions=0, ranked=False))
    ours = {tuple(row) for row in found[:, :3].tolist()}
    assert len(ours) > 10_000
    assert ours == bowtie_hits(program, tmp_path, bundle, reads)
