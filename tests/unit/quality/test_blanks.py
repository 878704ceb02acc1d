"""Blanks: limits of what water brings, what of a sample is no more, and no verdict on the water."""

import numpy as np
import pandas as pd
import pytest

from evigil.gating import BLANK, excluded, gate_summary, measured, usable
from evigil.quality.assay_limits import Layer
from evigil.quality.blanks import (
    FEATURES,
    SAMPLES,
    blank_limits,
    blank_samples,
    set_apart,
    spare_blanks,
)
from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design


def study(blanks, samples, features=("a", "b", "c", "d"), **layer):
    names = [f"w{i}" for i in range(len(blanks))] + [f"s{i}" for i in range(len(samples))]
    values = pd.DataFrame([*blanks, *samples], names, list(features), dtype=float)
    role = ["blank"] * len(blanks) + ["sample"] * len(samples)
    sheet = pd.DataFrame({"sample": names, "role": role})
    return {"smallrna": Layer(values, layer.pop("scale", "counts"), **layer)}, sheet


def test_few_blanks_limit_by_the_largest():
    found = blank_limits(*study([[3, 0, 5, 1], [1, 0, 9, 0]], [[3, 7, 10, 0], [4, 0, 2, 1]]))
    assert found.features.columns.tolist() == [*FEATURES]
    table = found.features.set_index("feature")
    assert table.index.tolist() == ["a", "c", "d"]
    assert table["limit"].tolist() == [3, 9, 1] and set(table["rule"]) == {"maximum"}
    assert table["unit"].unique().tolist() == ["reads"]
    assert table[["detected", "at_or_below", "above", "blank_only"]].to_numpy().tolist() == [
        [2, 1, 1, 0],
        [2, 1, 1, 0],
        [1, 1, 0, 1],
    ]
    rows = found.samples.set_index("sample")
    assert rows.columns.tolist() == [c for c in SAMPLES if c != "sample"]
    assert rows["features"].tolist() == ["a", "c, d"]
    assert rows["flagged"].tolist() == [1, 2] and rows["detected"].tolist() == [3, 3]
    assert rows["flagged_share"].tolist() == pytest.approx([3 / 20, 3 / 7])


def test_five_blanks_have_a_limit_of_blank():
    blanks = [[1, 0], [2, 0], [3, 0], [4, 0], [5, 10]]
    table = blank_limits(*study(blanks, [[6, 1]], "ab")).features.set_index("feature")
    assert table.loc["a", "limit"] == pytest.approx(3 + 1.6448536 * np.sqrt(2.5))
    assert table.loc["b", "limit"] == pytest.approx(2 + 1.6448536 * np.sqrt(20))
    assert set(table["rule"]) == {"limit of blank"}


def test_spike_ins_bring_reads_to_copies_so_that_depth_does_not_matter():
    layers, sheet = study([[10, 10]], [[100, 100], [1, 5]], "ab")
    layer = layers["smallrna"]
    copies = pd.Series({"w0": 10.0, "s0": 0.5, "s1": 200.0})
    found = blank_limits({"smallrna": layer._replace(copies_per_read=copies)}, sheet)
    assert found.features["unit"].tolist() == ["copies"] * 2
    assert found.features["limit"].tolist() == [100, 100]
    # 50 copies are below; a sample of few reads, each of which is many copies, is above
    assert found.samples["flagged"].tolist() == [2, 0]
    # a blank without spike-ins is compared by reads; a sample without any is not compared
    by_reads = blank_limits({"smallrna": layer._replace(copies_per_read=copies.drop("w0"))}, sheet)
    assert by_reads.features["unit"].tolist() == ["reads"] * 2
    partly = blank_limits({"smallrna": layer._replace(copies_per_read=copies.drop("s1"))}, sheet)
    assert partly.features["samples"].tolist() == [1, 1]
    assert partly.samples["flagged"].tolist() == [2, 0]
    assert partly.samples["flagged_share"].isna().tolist() == [False, True]


def test_logarithms_are_undone():
    layers, sheet = study([[3, np.nan]], [[2, 1], [4, 2]], "ab", scale="log2")
    table = blank_limits(layers, sheet).features
    assert table[["feature", "limit", "above", "unit"]].to_numpy().tolist() == [
        ["a", 8.0, 1, "intensity"]
    ]


def test_long_lists_are_cut():
    features = [f"f{i:02d}" for i in range(25)]
    found = blank_limits(*study([[30] * 25], [list(range(1, 26))], features))
    named = found.samples["features"].iloc[0]
    assert named.startswith("f24, f23, f22") and named.endswith("f05 and 5 more")


@pytest.mark.parametrize(("blanks", "samples"), [([], [[1, 2, 3, 4]]), ([], [])])
def test_without_blanks_there_is_nothing_to_say(blanks, samples):
    found = blank_limits(*study(blanks, samples))
    assert found.features.columns.tolist() == [*FEATURES] and found.features.empty
    assert found.samples.columns.tolist() == [*SAMPLES] and found.samples.empty
    assert blank_limits({}, pd.DataFrame({"sample": [], "role": []})).features.empty


def test_blanks_alone_say_what_they_hold_and_drop_nothing():
    found = blank_limits(*study([[1, 0, 0, 2]], []))
    assert found.features["feature"].tolist() == ["a", "d"]
    assert found.features["blank_only"].tolist() == [0, 0] and found.samples.empty


def test_an_empty_blank_has_no_limits():
    found = blank_limits(*study([[0, 0, 0, 0]], [[1, 2, 3, 4]]))
    assert found.features.empty and found.samples["flagged"].tolist() == [0]


def test_order_does_not_matter():
    layers, sheet = study([[3, 0, 5, 1], [1, 0, 9, 0]], [[3, 7, 10, 0], [4, 0, 2, 1]])
    turned = {"smallrna": Layer(layers["smallrna"].values.iloc[::-1, ::-1], "counts")}
    for one, other in zip(blank_limits(layers, sheet), blank_limits(turned, sheet), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_planted_reagents_are_found_and_hardly_anything_else():
    design = Design(
        cases=6, controls=6, followed=0, recurring=0, reference=2, features=400, affected=20,
        blanks=6, sequenced=0,
    )  # fmt: skip
    cohort = make_cohort(design, 2)
    sheet = cohort.samples.assign(role=cohort.samples["role"])
    found = blank_limits({"smallrna": Layer(cohort.counts, "counts")}, sheet)
    dropped = found.features.query("blank_only == 1")["feature"]
    planted = set(cohort.truth["faults"].query("fault == 'blank_only'")["feature"])
    assert planted <= set(dropped) and len(dropped) <= len(planted) + 4
    usual = ~found.samples["sample"].isin(cohort.truth["faults"]["sample"])
    assert found.samples["flagged_share"][usual].max() < 0.001


def test_blanks_are_not_judged():
    gates = pd.DataFrame(
        {
            "sample": ["w", "w", "s"],
            "limit": [100.0, np.nan, 100.0],
            "verdict": ["fail", "not_supplied", "fail"],
            "reason": ["too few", "no reads", "too few"],
        }
    )
    found = spare_blanks(gates, {"w"})
    assert found["verdict"].tolist() == ["", "not_supplied", "fail"]
    assert found["reason"].tolist() == [BLANK, "no reads", "too few"]
    assert found["limit"].isna().tolist() == [True, True, False]
    sheet = pd.DataFrame({"sample": ["w", "s"], "role": ["blank", "sample"]})
    assert blank_samples(sheet) == {"w"} and blank_samples(sheet[["sample"]]) == set()


def test_a_blank_is_never_fitted_on_and_no_sample_that_was_left_out():
    columns = ["sample", "layer", "gate", "reasons"]
    rows = [
        ["s", "smallrna", "pass", ""],
        ["s", "specimen", "pass", ""],
        ["w", "smallrna", "pass", ""],
        ["w", "specimen", "not_supplied", "not supplied"],
    ]
    apart = set_apart(pd.DataFrame(rows, columns=columns), {"w"})
    assert apart["gate"].tolist() == ["pass", "pass", "not_evaluable", "not_supplied"]
    assert apart["reasons"].tolist() == ["", "", BLANK, "not supplied"]
    assert usable(apart, "smallrna") == {"s"}
    assert excluded(apart).empty and set(measured(apart)["sample"]) == {"s"}
    assert gate_summary(apart) == [
        "smallrna: 1 pass",
        "specimen: 1 pass",
        "blanks: 1, measured and not judged",
    ]
