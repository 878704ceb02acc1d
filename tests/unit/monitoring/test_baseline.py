"""A baseline takes in what is comparable, and only from the past."""

import pandas as pd

from evigil.monitoring.baseline import baselines
from evigil.monitoring.draws import draws_from_series, prepare
from evigil.monitoring.options import Options


def prepared(series, rows: list[dict], gates: pd.DataFrame | None = None) -> pd.DataFrame:
    rows = [{"patient": "a", "day": i, "value": 1, **row} for i, row in enumerate(rows)]
    return prepare(
        draws_from_series(series(rows), gates), pd.DataFrame({"patient": ["a"]}), Options()
    )


def test_each_draw_has_those_before_it(series):
    found = baselines(prepared(series, [{}, {}, {}]))
    assert found["before"].tolist() == [0, 1, 2]
    assert found["series"].nunique() == 1 and (found["restart"] == "").all()


def test_failed_and_unmonitored_draws_never_enter(series):
    rows = [{"status": "pre_treatment"}, {}, {"sample": "bad"}, {}, {"value": None}, {}]
    gates = pd.DataFrame(
        {
            "sample": ["bad"],
            "layer": "specimen",
            "gate": ["not_evaluable"],
            "reasons": ["few reads"],
        }
    )
    found = baselines(prepared(series, rows, gates))
    assert found["in_baseline"].tolist() == [False, True, False, True, False, True]
    assert found["before"].tolist() == [0, 0, 0, 1, 0, 2]


def test_draws_of_one_day_do_not_count_for_each_other(series):
    found = baselines(prepared(series, [{"day": d} for d in (0, 5, 5, 5, 6)]))
    assert found["before"].tolist() == [0, 1, 1, 1, 4]


def test_a_change_of_method_restarts_with_its_reason(series):
    rows = [
        {"kit": "A"},
        {"kit": "A"},
        {"kit": "B"},
        {},  # not said: the last one holds
        {"kit": "B", "instrument": "X"},  # first said: no change is known
        {"kit": "C", "instrument": "Y"},
    ]
    found = baselines(prepared(series, rows))
    assert found["before"].tolist() == [0, 1, 0, 1, 2, 0]
    assert found["restart"].tolist() == [
        "",
        "",
        "baseline restarted: kit changed from A to B",
        "",
        "",
        "baseline restarted: kit changed from B to C, instrument changed from X to Y",
    ]


def test_a_failed_draw_with_another_kit_restarts_nothing(series):
    rows = [{"kit": "A"}, {"kit": "B", "sample": "bad"}, {"kit": "A"}]
    gates = pd.DataFrame(
        {"sample": ["bad"], "layer": "specimen", "gate": ["fail"], "reasons": [""]}
    )
    found = baselines(prepared(series, rows, gates))
    assert found["before"].tolist() == [0, 0, 1]
    assert (found["restart"] == "").all()


def test_patients_and_markers_have_their_own(series):
    rows = [{"patient": p, "marker": m, "day": d} for d in (0, 1) for p in "ab" for m in ("x", "y")]
    found = baselines(prepared(series, rows))
    assert found["before"].tolist() == [0, 1] * 4
    assert found["series"].nunique() == 4


def test_nothing_enters(series):
    found = baselines(prepared(series, [{"status": "on_treatment"}]))
    assert found["in_baseline"].tolist() == [False]
