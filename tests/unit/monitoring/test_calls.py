"""Calls: only of what was judged, and with the deciding reason first."""

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.baseline import baselines
from evigil.monitoring.calls import NO_JUDGEMENT, NOT_FINITE, call_visits
from evigil.monitoring.draws import draws_from_series, prepare
from evigil.monitoring.judge import judge
from evigil.monitoring.options import Options
from evigil.monitoring.peb import Parameters
from evigil.monitoring.reference import Reference, no_reference

KNOWN = {"psa": Reference(Parameters(0.0, 0.8, 0.2))}
UNKNOWN = {"psa": no_reference("no reference draw")}


@pytest.fixture
def table(series, people):
    rows = [
        {"patient": "a", "sample": f"a{i}", "day": 90 * i, "value": value, "status": status}
        for i, (value, status) in enumerate(
            [(1.0, "follow_up"), (2.0, "on_treatment"), (1.5, "follow_up"), (np.nan, "follow_up")]
        )
    ]
    gates = pd.DataFrame(
        {
            "sample": ["a0", "a1", "a2", "a3"],
            "layer": "specimen",
            "gate": ["warn", "warn", "fail", "warn"],
            "reasons": ["few reads", "few reads", "no reads", "few reads"],
        }
    )
    draws = draws_from_series(series(rows), gates)
    prepared = prepare(draws, people([{"patient": "a"}]), Options())
    return prepared.join(baselines(prepared))


def test_the_deciding_reason_comes_first(table):
    judged = judge(table, UNKNOWN, Options())
    found = call_visits(table, judged, UNKNOWN, Options())
    assert found["call"].tolist() == [
        *("indeterminate", "not_monitored", "not_reportable", "not_reportable")
    ]
    assert found["reasons"].tolist() == [
        "no reference draw; few reads",
        "drawn on treatment; few reads",
        "no reads",
        "no value; few reads",
    ]


@pytest.mark.parametrize("rule", ["peb", "single"])
def test_no_judgement_is_never_no_change(table, rule):
    options = Options(primary_rule=rule)
    judged = judge(table, KNOWN, options)
    assert call_visits(table, judged, KNOWN, options)["call"][0] == "no_significant_change"
    judged.loc[0, f"{rule}_alarm"] = np.nan
    found = call_visits(table, judged, KNOWN, options).loc[0]
    assert found["call"] == "indeterminate"
    assert found["reasons"] == f"{NO_JUDGEMENT}; few reads"


@pytest.mark.parametrize("rule", ["peb", "single"])
def test_a_limit_that_is_not_finite_judges_nothing(table, rule):
    options = Options(primary_rule=rule)
    huge = {"psa": Reference(Parameters(800.0, 0.8, 0.2))}
    judged = judge(table, huge, options)
    assert judged[["peb_alarm", "single_alarm"]].isna().all(axis=None)
    assert call_visits(table, judged, huge, options)["call"][0] == "indeterminate"


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_not_usable(series, people, scale, value):
    options = Options(scale=scale)
    rows = series([{"patient": "a", "day": 1, "value": value, "status": "follow_up"}])
    table = prepare(draws_from_series(rows), people([{"patient": "a"}]), options)
    assert not table["usable"].any() and table["y"].isna().all()
    table = table.join(baselines(table))
    found = call_visits(table, judge(table, KNOWN, options), KNOWN, options)
    assert found.loc[0].tolist() == ["not_reportable", NOT_FINITE]
