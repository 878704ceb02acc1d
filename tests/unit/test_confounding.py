"""What the audit's table means, in words."""

import pandas as pd
import pytest

from evigil.confounding import COLUMNS, finding, findings, read_confounding
from evigil.tables import write_table

OUTCOME = "classifiers.crc"


def table(*rows: dict) -> pd.DataFrame:
    known = {"outcome": OUTCOME, "kind": "technical", "note": None}
    return pd.DataFrame([known | row for row in rows], columns=list(COLUMNS))


RUN = {"covariate": "run", "association": 0.93, "overlap": 0.25, "verdict": "confounded"}
AGE = {"covariate": "age", "kind": "biological", "auc": 0.66, "verdict": "caution"}


def whole(verdict: str, note: str | None = None) -> dict:
    return {"covariate": "ALL", "verdict": verdict, "note": note}


def test_a_confounded_outcome_says_by_what_and_what_is_lacking():
    found = finding(table(RUN, AGE, whole("confounded")), OUTCOME)
    assert found.confounded and found.doubtful
    assert found.reason == (
        "confounded: cases and controls differ in run (V 0.93, overlap 0.25); "
        "caution: cases and controls differ in age (AUC 0.66)"
    )
    assert found.no_headline == (
        f"{found.reason}; a figure from random folds would be of that as much as of the condition, "
        "and figures with each level left out, and within levels, are not available in version 0.1"
    )


def test_biological_confounding_asks_for_other_figures():
    found = finding(table(AGE | {"verdict": "confounded"}, whole("confounded")), OUTCOME)
    assert "figures among people who are alike in it are not" in found.no_headline
    assert "left out" not in found.no_headline


@pytest.mark.parametrize(
    ("rows", "verdict", "reason"),
    [
        ([AGE], "caution", "caution: cases and controls differ in age (AUC 0.66)"),
        ([], "caution: batch not recorded", "caution: batch not recorded"),
        (
            [AGE],
            "caution: batch not recorded",
            "caution: cases and controls differ in age (AUC 0.66); caution: batch not recorded",
        ),
        ([], "clear", "clear: no recorded covariate separates cases from controls"),
        ([], "not_evaluable", "not evaluable: age, site"),
    ],
)
def test_every_verdict_has_words(rows, verdict, reason):
    note = {
        "caution: batch not recorded": "caution: age; batch not recorded",
        "not_evaluable": "not evaluable: age, site",
    }.get(verdict)
    found = finding(table(*rows, whole(verdict, note)), OUTCOME)
    assert (found.verdict, found.reason, found.no_headline) == (verdict, reason, "")
    assert found.doubtful == (verdict != "clear")


def test_what_is_not_audited_has_no_finding():
    assert finding(table(whole("clear")), "differential.age").verdict == ""
    assert not finding(table(whole("clear")), "differential.age").doubtful


def test_the_table_is_read_as_it_was_written(tmp_path):
    written = table(RUN, whole("confounded"), whole("clear") | {"outcome": "differential.crc"})
    write_table(written, tmp_path / "confounding.tsv")
    found = findings(read_confounding(tmp_path / "confounding.tsv"))
    assert {name: one.verdict for name, one in found.items()} == {
        OUTCOME: "confounded",
        "differential.crc": "clear",
    }
