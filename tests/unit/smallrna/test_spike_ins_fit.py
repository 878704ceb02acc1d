import numpy as np
import pandas as pd
import pytest

from evigil.smallrna.spike_ins import COPIES_PER_AMOL, fit_spike_ins

AMOUNTS = pd.DataFrame({"name": ["c", "a", "b", "unknown"], "amount": [100, 1, 10, np.nan]})


def reads_of(sample, **counts):
    return pd.DataFrame({"sample": sample, "name": [*counts], "reads": [*counts.values()]})


def test_an_exact_line():
    samples = pd.DataFrame({"sample": ["s"], "input_volume_ml": [0.5]})
    table = fit_spike_ins(reads_of("s", a=20, b=200, c=2000, unknown=7), AMOUNTS, samples)
    assert table["spike_in"].tolist() == ["a", "b", "c", "unknown"]
    assert table["reads"].tolist() == [20, 200, 2000, 7]
    assert table["expected_reads"].iloc[:3].tolist() == pytest.approx([20, 200, 2000])
    row = table.iloc[0]
    assert row[["spike_ins_used", "slope", "r_squared"]].tolist() == pytest.approx([3, 1, 1])
    assert row["intercept"] == pytest.approx(np.log10(20))
    assert row["copies_per_read"] == pytest.approx(COPIES_PER_AMOL / 20)
    assert row["copies_per_read_per_ml"] == pytest.approx(COPIES_PER_AMOL / 10)


def test_against_numpy_with_a_missing_spike_in():
    amounts = pd.DataFrame({"name": list("abcde"), "amount": [1, 3, 10, 40, 90]})
    counts = {"a": 0, "b": 5, "c": 31, "d": 80, "e": 300}
    table = fit_spike_ins(reads_of("s", **counts), amounts, pd.DataFrame({"sample": ["s"]}))
    x, y = np.log10([3, 10, 40, 90]), np.log10([5, 31, 80, 300])
    slope, intercept = np.polyfit(x, y, 1)
    row = table.iloc[0]
    assert row["slope"] == pytest.approx(slope) and row["intercept"] == pytest.approx(intercept)
    assert row["r_squared"] == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
    assert row["spike_ins_used"] == 4 and table["reads"].tolist() == [0, 5, 31, 80, 300]
    assert np.isnan(row["copies_per_read_per_ml"])


def test_too_little_makes_no_line_and_no_reads_no_copies():
    reads = pd.concat([reads_of("two", a=5, b=50), reads_of("other", x=3)])
    samples = pd.DataFrame({"sample": ["two", "none"], "input_volume_ml": [np.nan, 1.0]})
    table = fit_spike_ins(reads, AMOUNTS, samples)
    assert table["sample"].tolist() == ["none"] * 4 + ["two"] * 4
    assert table[["slope", "intercept", "r_squared", "expected_reads"]].isna().all(axis=None)
    by_sample = table.drop_duplicates("sample").set_index("sample")
    assert by_sample.loc["two", "copies_per_read"] == pytest.approx(COPIES_PER_AMOL / 5)
    assert np.isnan(by_sample.loc["none", "copies_per_read"])
    assert by_sample["spike_ins_used"].tolist() == [0, 2]


def test_equal_amounts_make_no_line():
    amounts = pd.DataFrame({"name": list("abc"), "amount": [0.1, 0.1, 0.1]})
    table = fit_spike_ins(reads_of("s", a=3, b=4, c=7), amounts, pd.DataFrame({"sample": ["s"]}))
    assert table["slope"].isna().all() and table["copies_per_read"].notna().all()
