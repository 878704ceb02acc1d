"""Control charts: the limits of a textbook, the order of batches, and words where there are few."""

import numpy as np
import pandas as pd
import pytest

from evigil.quality.control_charts import CHARTS, control_charts

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: ten batches, one flow rate each
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def study(values: list[float], per_batch: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give gates and sheet of batches 1, 2, …, whose samples are spread evenly around a value."""
    spread = np.arange(per_batch) - (per_batch - 1) / 2
    names = [f"s{i:03d}" for i in range(len(values) * per_batch)]
    gates = pd.DataFrame(
        {
            "sample": names,
            "layer": "smallrna",
            "metric": "flow",
            "value": np.add.outer(values, spread).ravel(),
        }
    )
    batch = np.repeat([str(i + 1) for i in range(len(values))], per_batch)
    return gates, pd.DataFrame({"sample": names, "role": "sample", "batch": batch})


def test_limits_are_those_of_the_textbook():
    chart = control_charts(*study(FLOW, 3), [])
    assert list(chart) == CHARTS
    assert chart["value"].tolist() == pytest.approx(FLOW)
    first = chart.iloc[0]
    assert first["center"] == pytest.approx(50.81)
    assert first["range_limit"] == pytest.approx(3.267 * 1.8778, abs=1e-3)
    # the handbook's 45.8159 and 55.8041 with 3/1.128 for 2.66
    assert (first["lower"], first["upper"]) == pytest.approx((45.8159, 55.8041), abs=2e-3)
    assert (chart["signal"] == "").all() and (chart["n"] == 3).all()
    assert first["note"] == "provisional: limits of 10 levels, fewer than 20"
    assert chart["level"].tolist() == [str(i + 1) for i in range(10)]


def test_a_batch_that_jumps_is_found():
    steady = [10.0, 10.2, 9.9, 10.1, 10.0, 9.8] * 4
    chart = control_charts(*study([*steady, 13.0]), []).set_index("position")
    assert chart["signal"][25] == "level and range"
    assert (chart["signal"].drop(25) == "").all() and (chart["note"] == "").all()


def test_a_constant_attribute_gives_no_signal():
    chart = control_charts(*study([1 / 3] * 6), [])
    assert (chart["signal"] == "").all()
    assert chart["lower"].iloc[0] == pytest.approx(1 / 3)


def test_few_batches_have_points_but_no_limits():
    chart = control_charts(*study([1, 2, 3, 4]), [])
    assert chart[["center", "lower", "upper", "range_limit"]].isna().all(axis=None)
    assert set(chart["note"]) == {"4 levels of batch: limits need 5"}
    assert control_charts(*study([1]), [])["note"].tolist() == ["1 level of batch: limits need 5"]


def test_batches_follow_their_dates_where_all_draws_have_one():
    gates, sheet = study(FLOW)
    days = pd.date_range("2026-01-01", periods=10).strftime("%Y-%m-%d")[::-1]
    dated = control_charts(gates, sheet.assign(collected=days), [])
    assert dated["value"].tolist() == pytest.approx(FLOW[::-1])
    partly = days.to_series().mask(days == days[3]).tolist()
    assert control_charts(gates, sheet.assign(collected=partly), [])["level"].iloc[0] == "1"


def test_what_does_not_count_is_left_out():
    gates, sheet = study([1, 2, 3, 4, 5], 2)
    sheet["replicate_of"] = [np.nan, "s000"] * 5
    sheet.loc[8, "role"] = "blank"
    chart = control_charts(gates, sheet, [])
    assert chart["level"].tolist() == ["1", "2", "3", "4"] and (chart["n"] == 1).all()


def test_without_batches_or_values_there_is_no_row():
    gates, sheet = study(FLOW)
    for empty in (
        control_charts(gates, sheet.drop(columns="batch"), []),
        control_charts(gates.assign(value=np.nan), sheet, []),
        control_charts(gates, sheet.assign(batch=np.nan), []),
    ):
        assert empty.empty and list(empty) == CHARTS
    named = sheet.rename(columns={"batch": "gel"})
    assert set(control_charts(gates, named, ["gel"])["covariate"]) == {"gel"}
