"""Names of the simulated miRNAs."""

import os
from pathlib import Path

import pandas as pd
import pytest

from evigil.simulate.names import feature_names

SHARED = Path(os.environ.get("EVIGIL_SHARED", "../shared/data"))


def test_names_are_unique_and_begin_with_the_panels():
    names = feature_names(800)
    assert len(set(names)) == 800
    assert {"hsa-miR-451a", "hsa-let-7a-5p", "hsa-miR-223-3p"} <= set(names[:23])
    assert all(name.startswith(("hsa-miR-", "hsa-let-7")) for name in names)


def test_names_beyond_the_known_ones_are_openly_invented():
    names = feature_names(2400)
    assert len(set(names)) == 2400
    assert names[-1].startswith("sim-miR-")


def test_panels_and_names_are_those_of_the_sources():
    panel = SHARED / "panels" / "blood_cell_mirna.tsv"
    mature = SHARED / "reference" / "hsa_mature.fa"
    if not (panel.is_file() and mature.is_file()):
        pytest.skip(f"no real data in {SHARED}")
    assert feature_names(23) == list(pd.read_csv(panel, sep="\t")["mirna"])
    lines = mature.read_text().splitlines()
    annotated = {line[1:].split()[0] for line in lines if line.startswith(">")}
    assert set(feature_names(800)) <= annotated
