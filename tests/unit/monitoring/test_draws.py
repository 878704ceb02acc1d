"""Draws from series and scores; what makes a draw usable or unmonitored."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.monitoring.draws import COLUMNS, draws_from_scores, draws_from_series, prepare
from evigil.monitoring.options import Options


def test_gates_join_by_sample(series):
    table = series([{"patient": "a", "sample": s, "day": 0, "value": 1} for s in ("x", "y", "z")])
    gates = pd.DataFrame(
        {
            "sample": ["x", "x", "y"],
            "layer": ["specimen", "smallrna", "specimen"],
            "gate": ["fail", "pass", "warn"],
            "reasons": ["too few reads", "", "haemolysis"],
        }
    )
    draws = draws_from_series(table, gates)
    assert list(draws.columns) == COLUMNS
    assert draws["gate"].tolist() == ["fail", "warn", "not_supplied"]
    assert draws["reasons"].tolist() == ["too few reads", "haemolysis", ""]
    usable = prepare(draws, pd.DataFrame({"patient": ["a"]}), Options())["usable"]
    assert usable.tolist() == [False, True, True]


def test_series_without_samples_or_gates(series):
    draws = draws_from_series(series([{"patient": "a", "day": 0, "value": 1}]))
    assert draws.loc[0, "gate"] == "not_supplied"
    assert draws.loc[0, "score_source"] == "series"


def test_scores_are_values_of_the_models_marker():
    scores = pd.DataFrame(
        {
            "sample": ["x", "y"],
            "patient": ["a", "a"],
            "day": [0.0, 1.0],
            "model": "smallrna",
            "score": [-1.5, np.nan],
            "probability": [0.2, np.nan],
            "threshold": 0.0,
            "positive": [0, np.nan],
            "score_source": "locked",
            "layers_used": "smallrna",
            "gate": ["pass", "fail"],
            "reasons": [np.nan, "library size"],
        }
    )
    samples = pd.DataFrame(
        {
            "sample": ["x", "y"],
            "patient": "a",
            "day": [0.0, 1.0],
            "status": "disease_free",
            "visit_reason": np.nan,
            "kit": "A",
            "isolation_method": np.nan,
            "isolation_instrument": "I",
            "run": np.nan,
            "reference": [True, False],
        }
    )
    draws = draws_from_scores(scores, samples)
    assert list(draws.columns) == COLUMNS
    assert draws["marker"].tolist() == ["smallrna", "smallrna"]
    assert draws["instrument"].tolist() == ["I", "I"]
    assert draws["reasons"].tolist() == ["", "library size"]
    table = prepare(draws, pd.DataFrame({"patient": ["a"]}), Options(scale="linear"))
    assert table["usable"].tolist() == [True, False]
    assert table["y"].iloc[0] == -1.5 and np.isnan(table["y"].iloc[1])


def test_a_value_without_logarithm_is_named(series):
    draws = draws_from_series(series([{"patient": "a", "day": 2.5, "value": 0}]))
    message = (
        "monitoring: patient a, marker psa, day 2.5: value 0 has no logarithm; values above 0 are "
        "allowed, or set scale: linear"
    )
    with pytest.raises(UserError) as error:
        prepare(draws, pd.DataFrame({"patient": ["a"]}), Options())
    assert str(error.value) == message
    linear = prepare(draws, pd.DataFrame({"patient": ["a"]}), Options(scale="linear"))
    assert linear["y"].tolist() == [0]


def test_status_and_surgery_say_what_is_not_monitored(series, people):
    rows = [
        {"patient": "a", "day": 0, "value": 1},
        {"patient": "a", "day": 10, "value": 1},
        {"patient": "a", "day": 11, "value": 1, "status": "on_treatment"},
        {"patient": "a", "day": 12, "value": 1, "status": "disease_free"},
        {"patient": "b", "day": 0, "value": 1, "status": "pre_treatment"},
        {"patient": "c", "day": 0, "value": 1},
    ]
    facts = people([{"patient": "a", "surgery": 10, "treatments": "FOLFOX:11/11.5;aspirin:12/"}])
    table = prepare(draws_from_series(series(rows)), facts, Options())
    before = "drawn on or before the day of surgery"
    assert table["unmonitored"].tolist() == [
        before,
        before,
        "drawn on treatment",
        "",
        "drawn before treatment",
        "",
    ]
    assert table["treatment"].tolist() == ["", "", "FOLFOX", "aspirin", "", ""]


def test_chosen_markers(series):
    table = series(
        [{"patient": "a", "marker": m, "day": 0, "value": 1} for m in ("cea", "psa", "afp")]
    )
    kept = prepare(
        draws_from_series(table), pd.DataFrame({"patient": ["a"]}), Options(markers=("psa",))
    )
    assert kept["marker"].tolist() == ["psa"]


def test_categories_of_a_sheet_are_plain_text_here(series):
    table = series([{"patient": p, "day": 0, "value": 1, "kit": "A"} for p in "ab"])
    typed = table.astype({"patient": "category", "kit": "category", "status": "category"})
    people = pd.DataFrame({"patient": ["a", "b"]}).astype("category")
    plain = prepare(draws_from_series(table), people.astype(object), Options())
    assert prepare(draws_from_series(typed), people, Options()).equals(plain)
