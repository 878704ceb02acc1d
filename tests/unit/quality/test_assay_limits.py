"""Precision and limits per feature, from what the sheet marks."""

import numpy as np
import pandas as pd
import pytest

from evigil.analytical import analytical_cv
from evigil.quality.assay_limits import ASSAY, Layer, assay_limits, read_layers
from evigil.tables import read_table, write_matrix, write_table

LACKING = [
    "no replicates (replicate_of) at one dilution: no CV",
    "no specimen at three dilutions: no linearity",
    "reads do not follow the amount without spike-ins: no linearity",
    "fewer than two blanks (role blank): no LoB, LoD or LoQ",
    "no replicates of a diluted specimen: no LoD or LoQ",
]


def sheet(*rows):
    return pd.DataFrame(rows, columns=["sample", "role", "replicate_of", "dilution", "run"])


def matrix(samples, **features):
    return pd.DataFrame(features, index=samples["sample"], dtype=float)


def measure(layer, samples, usable=None):
    kept = set(samples["sample"]) if usable is None else usable
    return assay_limits({"x": layer}, samples, {"x": kept}).set_index("feature")


PAIRS = sheet(
    ("a", "sample", None, None, "r1"),
    ("a2", "sample", "a", None, "r2"),
    ("b", "sample", None, None, "r1"),
    ("b2", "sample", "b", 1, "r2"),
    ("c", "sample", None, None, "r1"),
)


def test_cv_by_hand():
    e = np.e
    values = matrix(PAIRS, f=[1, e**0.2, 5, 5 * e**0.4, 7], g=[1, np.nan, 3, 3, 9])
    table = measure(Layer(values, "linear"), PAIRS)
    # squared halves of the differences, twice: (.02 + .08) / 2
    assert table.loc["f", "cv_analytical"] == pytest.approx(np.sqrt(np.expm1(0.05)), rel=1e-12)
    assert table.loc["f", ["replicated", "replicates"]].tolist() == [2, 4]
    # 2 · .05 over the quantiles 7.3778 and .0506 of chi² with 2 degrees of freedom
    assert table.loc["f", "cv_low"] == pytest.approx(np.sqrt(np.expm1(0.1 / 7.377759)), rel=1e-6)
    assert table.loc["f", "cv_high"] == pytest.approx(np.sqrt(np.expm1(0.1 / 0.0506356)), rel=1e-5)
    assert table.loc["g", ["replicated", "cv_analytical", "reason"]].tolist() == [
        *(1, 0, "replicates are equal"),
    ]
    assert table.index[0] == "ALL" and table.loc["ALL", "unit"] == "intensity"
    assert table.loc["ALL", "cv_analytical"] == table["cv_analytical"].iloc[1:].median()
    log2 = measure(Layer(np.log2(values), "log2"), PAIRS)
    pd.testing.assert_frame_equal(log2, table)


def test_depth_of_counts_is_no_variance():
    rng = np.random.default_rng(0)
    counts = rng.integers(50, 5000, 80)
    values = pd.DataFrame([counts, 3 * counts, counts, counts, counts], index=PAIRS["sample"])
    table = measure(Layer(values.rename(columns="m{}".format), "counts"), PAIRS)
    assert table["cv_analytical"].max() < 1e-6 and table.loc["ALL", "unit"] == "reads"
    assert table.loc["ALL", "reason"] == "; ".join(LACKING[1:])


def test_a_replicate_that_failed_takes_no_part():
    values = matrix(PAIRS, f=[1, 2, 5, 9, 7])
    table = measure(Layer(values, "linear"), PAIRS, usable={"a", "b", "b2", "c"})
    assert table.loc["f", "replicated"] == 1
    assert table.loc["f", "cv_analytical"] == pytest.approx(np.sqrt(np.expm1(np.log(1.8) ** 2 / 2)))


SERIES = sheet(
    ("a", "sample", None, None, None),
    ("a1", "sample", "a", 1, None),
    ("a2", "sample", "a", 2, None),
    ("a3", "sample", "a", 2, None),
    ("a4", "sample", "a", 4, None),
    ("a5", "sample", "a", 4, None),
    ("n1", "blank", None, None, None),
    ("n2", "blank", None, None, None),
)


def test_spike_ins_make_reads_amounts():
    counts = matrix(SERIES, f=[80, 80, 80, 80, 80, 80, 4, 8], g=1000)
    copies = pd.Series([4, 4, 2, 2, 1, 1, 1, 1.0], index=SERIES["sample"])
    table = measure(Layer(counts, "counts", copies), SERIES)
    f = table.loc["f"]
    assert f["unit"] == "copies" and f[["levels", "blanks", "low_replicates"]].tolist() == [3, 2, 2]
    assert f["slope"] == pytest.approx(1)
    assert f["lob"] == pytest.approx(6 + 1.6448536 * np.sqrt(8))
    assert f["lod"] == f["lob"]  # equal low samples
    assert f["loq"] == 80
    assert np.isnan(f["cv_within_run"])  # nothing is known of runs
    assert table.loc["ALL", "reason"] == ""
    reads = measure(Layer(counts, "counts"), SERIES)
    assert np.isnan(reads.loc["f", "slope"]) and reads.loc["f", "unit"] == "reads"
    assert reads.loc["f", "lob"] == f["lob"]
    assert reads.loc["ALL", "reason"] == LACKING[2]


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("scale", ["counts", "linear", "log2"])
def test_nothing_marked(n, scale):
    samples = pd.DataFrame({"sample": [f"s{i}" for i in range(n)]})
    values = pd.DataFrame(7.0, index=samples["sample"], columns=["f", "g"])
    table = assay_limits({"x": Layer(values, scale)}, samples, {"x": samples["sample"]})
    assert table.columns.tolist() == [*ASSAY]
    assert table["feature"].tolist() == ["ALL"]
    expected = [text for text in LACKING if scale == "counts" or "reads" not in text]
    assert table["reason"].tolist() == ["; ".join(expected)]
    assert assay_limits({}, samples, {}).shape == (0, len(ASSAY))


def test_blanks_alone_and_replicates_without_a_read():
    samples = sheet(*[(f"n{i}", "blank", None, None, None) for i in range(3)])
    table = measure(Layer(matrix(samples, f=[0, 0, 3]), "counts"), samples, usable=set())
    assert table.loc["f", "lob"] == pytest.approx(1 + 1.6448536 * np.sqrt(3))
    zeros = measure(Layer(matrix(PAIRS, f=0), "counts"), PAIRS)
    assert zeros.index.tolist() == ["ALL"]


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.poisson(50, (8, 60)), index=SERIES["sample"]).rename(columns=str)
    plain = measure(Layer(values, "counts"), SERIES)
    order = rng.permutation(8)
    again = measure(Layer(values.iloc[order[::-1]], "counts"), SERIES.iloc[order])
    pd.testing.assert_frame_equal(plain, again)


def test_the_cv_of_a_marker(tmp_path):
    values = matrix(PAIRS, f=[1, 2, 5, 9, 7], g=[1, np.nan, np.nan, 1, 1])
    write_table(
        assay_limits({"x": Layer(values, "linear")}, PAIRS, {"x": PAIRS["sample"]}),
        tmp_path / "limits.tsv",
    )
    limits = read_table(tmp_path / "limits.tsv")
    assert analytical_cv(limits, "f") == limits["cv_analytical"].iloc[1]
    assert [analytical_cv(limits, name) for name in ("g", "h", "ALL")] == [None, None, None]
    twice = pd.concat([limits, limits.assign(layer="y")])
    assert analytical_cv(twice, "f") is None


def test_layers_are_read_with_what_a_read_stands_for(tmp_path):
    values = matrix(PAIRS, f=[1, 2, 5, 9, 7])
    write_matrix(values, tmp_path / "m")
    spikes = pd.DataFrame({"sample": ["a", "a", "b"], "copies_per_read": [2.0, 2.0, np.nan]})
    write_table(spikes, tmp_path / "spike_ins.tsv")
    path = tmp_path / "m.h5ad"
    scales = {"smallrna": "counts", "other": "log2"}
    found = read_layers({"smallrna": path, "other": path}, scales, tmp_path / "spike_ins.tsv")
    assert [layer.scale for layer in found.values()] == ["counts", "log2"]
    assert found["smallrna"].copies_per_read.dropna().to_dict() == {"a": 2}
    assert found["other"].copies_per_read is None
    assert read_layers({"smallrna": path}, scales, None)["smallrna"].copies_per_read is None
