"""Layers that nothing is judged of: who has a value in one passes."""

import numpy as np
import pandas as pd

from evigil.config import DEFAULT_GATES
from evigil.quality.run import gate, held


def gates(**layers):
    samples = pd.DataFrame({"sample": ["a", "b", "c"], "reference": True, "role": "sample"})
    found = gate(samples, None, DEFAULT_GATES, **layers).samples
    found = found[found["layer"] != "specimen"]
    return {layer: list(rows["gate"]) for layer, rows in found.groupby("layer")}


def test_a_sample_with_a_value_passes_and_one_without_has_none():
    lipids = pd.DataFrame({"x": [1.0, np.nan], "y": [np.nan, np.nan]}, ["a", "b"])
    assert held({"lipids": lipids}) == {"lipids": ["a"]}
    assert gates(others=held({"lipids": lipids})) == {
        "lipids": ["pass", "not_supplied", "not_supplied"]
    }


def test_a_plain_matrix_of_proteins_passes():
    values = pd.DataFrame({"P1": [1.0, 2.0], "P2": [np.nan, 3.0]}, ["a", "c"])
    measured = pd.DataFrame({"sample": ["a", "c"], "format": "matrix", "proteins": [1, 2]})
    assert gates(proteins=measured, intensities=values) == {
        "proteomics": ["pass", "not_supplied", "pass"]
    }
