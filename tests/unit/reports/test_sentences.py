"""The fixed texts."""

import pytest
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
    assert "middle half: 62 to 133.5 days" in told
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ()),
        ("", ()),
        (float("nan"), ()),
        ("drawn on treatment; during A, B", ("drawn on treatment", "during A, B")),
        (
            "transcriptome_reads, top_feature_share",
            ("outside limits: number of small-RNA reads, share of reads taken by one miRNA",),
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
