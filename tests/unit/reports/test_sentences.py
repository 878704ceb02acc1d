"""The fixed texts."""

import pytest

from evigil.metrics import METRIC_NAMES
from evigil.reports import sentences

NB = "\N{NO-BREAK SPACE}"


def measure(estimate, low, high, k, n):
    return {"estimate": estimate, "low": low, "high": high, "k": k, "n": n}


def test_specificity_is_told_as_people_with_an_alarm():
    told = sentences.natural_frequency(
        measure(0.95, 0.83, 0.99, 38, 40), "people without recurrence", "had an alarm", alarm=False
    )
    assert told == (
        "Of 100 people without recurrence, about 5 had an alarm (2 of 40 in this study; "
        f"95{NB}% interval 1 to 17 of 100)."
    )


def test_sensitivity_is_told_with_its_counts():
    told = sentences.natural_frequency(
        measure(2 / 3, 0.35, 0.9, 8, 12), "people with recurrence", "had an alarm", alarm=True
    )
    assert told == (
        "Of 100 people with recurrence, about 67 had an alarm (8 of 12 in this study; "
        f"95{NB}% interval 35 to 90 of 100)."
    )


@pytest.mark.parametrize("alarm", [True, False])
def test_what_cannot_be_estimated_says_why(alarm):
    told = sentences.natural_frequency(
        {"estimate": None, "k": None, "n": None, "reason": "no patient with recurrence"},
        "people with recurrence",
        "had an alarm",
        alarm=alarm,
    )
    assert told == (
        "How many people with recurrence had an alarm could not be estimated: "
        "no patient with recurrence."
    )


def test_small_shares_are_not_told_as_none():
    assert sentences.per_hundred(0.003) == "fewer than 1"
    assert sentences.per_hundred(0.0) == "0"


def test_lead_time_has_its_counts_and_its_limit():
    told = sentences.lead_time(
        {"estimate": 91.0, "low": 40, "high": 160, "q1": 62.0, "q3": 133.5, "k": 8, "n": 12}
    )
    assert "8 of 12 people with recurrence" in told
    assert "median of 91 days" in told
    assert "middle half: 62 to 134 days" in told
    assert told.endswith("Lead time is not survival benefit.")
    assert "could not be estimated: no alarm" in sentences.lead_time(
        {"estimate": None, "k": 0, "n": 3, "reason": "no alarm"}
    )


def test_meaning_names_the_limit_of_the_rule():
    assert sentences.meaning("alert", "peb") == "Above personal limit; confirm with a second draw."
    assert sentences.meaning("alert", "fixed") == (
        "Above the fixed cut-off; confirm with a second draw."
    )
    assert "this does not exclude recurrence" in sentences.meaning("no_significant_change", "peb")


def test_no_reportable_value_is_not_always_the_samples_fault():
    assert "quality control" in sentences.meaning("not_reportable", "peb", "fail")
    assert "quality" not in sentences.meaning("not_reportable", "peb", "not_supplied")


def test_one_limit_for_all_says_nothing_of_a_persons_variation():
    assert sentences.meaning("no_significant_change", "single") == (
        "Not above the limit for all people; this does not exclude recurrence."
    )


def test_every_metric_has_plain_words():
    assert set(METRIC_NAMES) == set(sentences.METRICS)


def test_long_times_are_told_in_months_too():
    assert sentences.duration(1321.5) == "1,322 days (about 43 months)"
    assert sentences.duration(30) == "30 days"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ()),
        ("", ()),
        (float("nan"), ()),
        ("drawn on treatment; during A, B", ("drawn on treatment", "during A, B")),
        (
            "transcriptome_reads 51,000 is below 100,000; top_feature_share 61 % is above 50 %",
            (
                "number of small-RNA reads 51,000 is below 100,000",
                "share of reads taken by one small RNA 61 % is above 50 %",
            ),
        ),
        ("kit changed from k_1 to k_2", ("kit changed from k_1 to k_2",)),
    ],
)
def test_reasons_in_plain_words(text, words):
    assert sentences.reasons(text) == words


def test_rule_is_explained_with_its_aim():
    block = {"specificity": 0.975, "per": "patient", "planned_visits": 8}
    assert "97.5 of 100 people without recurrence have no alarm over 8 planned visits" in (
        sentences.rule_text("peb", block)
    )
    assert "of 100 draws" in sentences.rule_text("single", {"per": "test"})
    assert "fixed cut-off" in sentences.rule_text("fixed", {})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nested_cv", "nested cross-validation"),
        ("leave_out:site", "leaving out one site at a time"),
        ("within:batch", "within each batch"),
    ],
)
def test_schemes_in_words(name, words):
    assert sentences.scheme(name) == words
