"""The reference takes in what is free of the disease beyond doubt."""

import pandas as pd
import pytest

from evigil.monitoring.admission import admission, event_days
from evigil.monitoring.draws import draws_from_series, prepare
from evigil.monitoring.options import Options


def admit(series, people, rows: list[dict], facts: list[dict], minimum: float = 365) -> list:
    rows = [{"patient": "a", "value": 1, "reference": True, **row} for row in rows]
    options = Options(min_follow_up_days=minimum)
    table = prepare(draws_from_series(series(rows)), people(facts), options)
    return admission(table, options).tolist()


def test_follow_up_after_the_draw(series, people):
    facts = [{"patient": "a", "last_follow_up": 465}]
    short = "less than 365 days of follow-up after it"
    days = [{"day": d} for d in (99.5, 100, 100.5)]
    assert admit(series, people, days, facts) == ["", "", short]
    assert admit(series, people, days, facts, minimum=0) == ["", "", ""]


def test_without_follow_up_the_last_row_stands(series, people):
    rows = [{"day": 0}, {"day": 35}, {"day": 400, "reference": False}]
    found = admit(series, people, rows, [])
    assert found[:2] == ["", ""] and pd.isna(found[2])


@pytest.mark.parametrize(
    "fact",
    [
        {"recurrence": 5000},
        {"death": 5000},
        {"death": 5000, "death_cause": "cancer"},
        {"death_cause": "Disease progression"},
        # words of a disease name, or of a denial of something else, clear nothing
        {"death": 5000, "death_cause": "non-small cell lung cancer"},
        {"death": 5000, "death_cause": "Non-Hodgkin lymphoma"},
        {"death": 5000, "death_cause": "lung cancer, no other cause"},
        {"death": 5000, "death_cause": "melanoma"},
    ],
)
def test_recurrence_and_disease_death_at_any_time(series, people, fact):
    found = admit(series, people, [{"day": 0}], [{"patient": "a", "last_follow_up": 9999, **fact}])
    assert "patient" in found[0]


def test_a_recurrence_in_a_later_status_counts(series, people):
    rows = [{"day": 0}, {"day": 900, "status": "recurrence", "reference": False}]
    assert admit(series, people, rows, [])[0] == "patient with recurrence"


@pytest.mark.parametrize("cause", ["accident", "other", "non-cancer", "heart disease"])
def test_another_death_does_not(series, people, cause):
    facts = [{"patient": "a", "death": 900, "death_cause": cause, "last_follow_up": 900}]
    assert admit(series, people, [{"day": 0}], facts) == [""]


def test_on_or_before_treatment(series, people):
    rows = [{"day": d} for d in (0, 10, 20, 30, 40)]
    rows[4]["status"] = "on_treatment"
    facts = [{"patient": "a", "surgery": 10, "treatments": "x:15/20", "last_follow_up": 999}]
    out = "on or before treatment"
    assert admit(series, people, rows, facts) == [out, out, out, "", out]
    facts[0]["treatments"] = "x:15/"
    assert admit(series, people, rows[:4], facts) == [out] * 4


def test_the_event_is_the_recorded_one_or_the_first_draw_that_says_so(series, people):
    rows = [
        {"patient": p, "day": d, "value": 1, "status": "recurrence" if d else "disease_free"}
        for p in "ab"
        for d in (0, 50, 60)
    ]
    table = prepare(
        draws_from_series(series(rows)), people([{"patient": "b", "recurrence": 45}]), Options()
    )
    assert event_days(table).tolist() == [50] * 3 + [45] * 3
