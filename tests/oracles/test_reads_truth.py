"""FASTQ to counts beside the truth of the simulator, for each kind of library."""

import numpy as np
import pandas as pd
import pytest

from evigil.reads.digest import digest
from evigil.reads.library import Library
from evigil.reads.protocols import load_protocols
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.reads import LibraryDesign, sequence_library
from evigil.smallrna.assign import assign

READS = 200_000


@pytest.fixture(scope="module")
def bundle():
    return load_reference(BUNDLED)


@pytest.mark.parametrize(
    ("kit", "protocol", "cycles", "copies"),
    [
        ("truseq", "truseq", 51, 0.0),
        ("nextflex", "nextflex_4n", 60, 0.0),
        ("qiaseq", "qiaseq", 75, 1.0),
    ],
)
def test_matures_are_counted_as_they_were_made(kit, protocol, cycles, copies, bundle, tmp_path):
    mature = (bundle.features["biotype"] == "miRNA").to_numpy()
    names = bundle.features["name"][mature]
    levels = pd.Series(np.random.default_rng(5).lognormal(0, 2.5, len(names)), names)
    design = LibraryDesign(kit=kit, reads=READS, cycles=cycles, copies=copies)
    library = sequence_library(levels, bundle, design, np.random.default_rng(7))
    fastq = tmp_path / "reads.fastq"
    fastq.write_bytes(library.fastq)
    digested = digest([Library(str(fastq))], load_protocols())
    assert (digested.protocol, digested.verdict) == (protocol, "fits")
    assigned = assign(digested, bundle)
    observed = pd.Series(assigned.counts["X"].to_numpy()[mature], list(names))
    made = library.truth[library.truth["biotype"] == "miRNA"]
    true = made.groupby("feature")["molecules"].sum().reindex(observed.index, fill_value=0)
    assert 0.99 <= observed.sum() / true.sum() <= 1.01
    seen = (true > 0) | (observed > 0)
    distance = ((observed - true).abs() / (observed + true))[seen]
    assert distance.mean() <= 0.04  # sRNAbench .042, miRge3 .119
    assert ((true == 0) & (observed >= 5)).sum() <= 5
    molecules = library.truth.query("biotype != 'dimer'")["molecules"].sum()
    assert abs(digested.molecules.sum() / molecules - 1) <= 0.02
    assert sum(assigned.ledger.values()) + sum(digested.fates.values()) == READS
