"""Red cells and platelets, from the counts of one sample."""

import numpy as np
import pandas as pd
import pytest

from evigil.rna.paths import PANELS
from evigil.smallrna.blood import blood_metrics
from evigil.tables import read_table

REFERENCE = read_table(PANELS).set_index("mirna")


def sample(**change):
    """The reference itself as counts, ten times deeper; panels raised by a factor."""
    counts = (10 * REFERENCE["reference_cpm"]).round()
    for panel, factor in change.items():
        counts[REFERENCE["panel"] == panel] *= factor
    return counts.to_frame("s").T.assign(**{"hsa-miR-23a-3p": 800.0})


def test_lists():
    sizes = REFERENCE["panel"].value_counts().to_dict()
    assert sizes == {"background": 315, "haemolysis": 20, "platelet": 3}
    assert not REFERENCE.index.duplicated().any()


def test_raised_panels_raise_their_index_alone():
    plain, red = blood_metrics(sample()).iloc[0], blood_metrics(sample(haemolysis=8)).iloc[0]
    assert red["haemolysis_index"] - plain["haemolysis_index"] == pytest.approx(3, abs=0.05)
    assert red["platelet_index"] == pytest.approx(plain["platelet_index"], rel=0.03)
    platelets = blood_metrics(sample(platelet=4)).iloc[0]
    assert platelets["platelet_index"] / plain["platelet_index"] == pytest.approx(4, rel=0.05)
    assert plain["mir_451a_23a"] == pytest.approx(np.log2(56026 / 800), abs=0.01)


def test_a_sample_alone_is_as_in_the_cohort():
    both = pd.concat([sample().rename({"s": "a"}), sample(haemolysis=3).rename({"s": "b"})])
    pd.testing.assert_frame_equal(blood_metrics(both).loc[["b"]], blood_metrics(both.loc[["b"]]))


def test_too_little_to_compare():
    few = sample()
    few[few < 4000] = 0  # a shallow library: most of the background has no read
    assert blood_metrics(few)[["haemolysis_index", "platelet_index"]].isna().all(axis=None)
    other = pd.DataFrame({"gene": [5.0]}, index=["s"])
    assert blood_metrics(other).isna().all(axis=None)


def test_real_plasma_ev(shared):
    counts = pd.read_csv(shared("counts/gse71008/mature_mirna_counts.tsv"), sep="\t", index_col=0).T
    index = blood_metrics(counts)["haemolysis_index"]
    # between the −.47 and .64 that the published form gives by its choices
    assert index.median() == pytest.approx(0.28, abs=0.05)
    assert (index > 1.9).sum() == 1
