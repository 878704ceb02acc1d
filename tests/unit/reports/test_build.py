"""What a patient's report says, before it is drawn."""

import dataclasses
import math

import pandas as pd
import pytest

from evigil.reports.build import Builder
from evigil.reports.context import Treatment


@pytest.fixture(scope="module")
def report(cohort):
    blocks, facts = cohort
    return Builder(blocks, facts).build


def test_header_facts(report):
    found = report("P-01")
    assert (found.patient, found.sample, found.last_day, found.n_draws) == (
        "P-01",
        "P-01_d880",
        880,
        10,
    )
    assert found.status == "RESEARCH USE ONLY"
    assert [(e.kind, e.day) for e in found.events] == [
        ("surgery", 14),
        ("recurrence_last_negative", 760),
        ("recurrence", 905),
    ]
    assert found.treatments == (Treatment("FOLFOX", 40, 160),)


def test_sections_follow_blocks_then_markers(report):
    assert [(s.block, s.marker) for s in report("P-01").sections] == [
        ("watch", "PSA"),
        ("tumour", "score"),
    ]
    assert [s.marker for s in report("two").sections] == ["CA-125 <&> β", "PSA"]


def test_visits_are_in_marker_units(report):
    section = report("P-01").sections[0]
    first = next(v for v in section.visits if v.limit is not None)
    assert first.value == pytest.approx(math.exp(0.2))
    # before any own draw the expectation is the population's
    assert first.expected == pytest.approx(math.exp(0.35))
    assert first.limit == pytest.approx(math.exp(0.35 + 2.386 * math.sqrt(0.6)))
    assert first.common_limit == pytest.approx(first.limit)
    assert section.y(first.limit) == pytest.approx(0.35 + 2.386 * math.sqrt(0.6))


def test_score_is_drawn_as_it_is(report):
    section = report("P-01").sections[1]
    assert section.is_score
    assert section.y(-1.9) == -1.9
    assert section.model_sha256 == "ab12" * 16


def test_failed_sample_has_no_value_and_says_why(report):
    failed = report("P-01").sections[0].visits[5]
    assert (failed.value, failed.call, failed.gate) == (None, "not_reportable", "fail")
    assert failed.reasons == ("number of small-RNA reads 51,000 is below 100,000",)


def test_a_value_of_a_failed_sample_is_not_reported(cohort, builders):
    row = builders["visit_rows"]("p", [0.0], [0.2], calls={0: ("not_reportable", "fail", "x")})[0]
    block = builders["block"]([row | {"y": None}, row | {"day": 9.0, "call": "alert"}])
    visit = Builder([block], cohort[1]).build("p").sections[0].visits[0]
    assert visit.value is None


def test_an_earlier_alert_is_not_overlooked(cohort, builders):
    rows = builders["visit_rows"]("p", [0, 50, 100, 150], [0.1, 0.2, 2.9, 0.2])
    section = Builder([builders["block"](rows)], cohort[1]).build("p").sections[0]
    assert section.call == "no_significant_change"
    assert section.earlier_alert == 100


def test_last_judged_draw_is_named_where_the_last_has_no_result(report):
    section = report("treated_open").sections[0]
    assert section.call == "not_monitored"
    assert section.last_judged is not None
    assert section.last_judged.day == 0
    assert report("P-01").sections[0].last_judged is None


def test_fixed_cut_off_is_named_in_any_rule(cohort, builders):
    rows = builders["visit_rows"]("p", [0, 50], [0.1, 0.2])

    def names(**settings):
        block = builders["block"](rows, **settings)
        section = Builder([block], cohort[1]).build("p").sections[0]
        return section.rule, section.limit_name, section.common_name

    assert names() == ("peb", "personal limit", "limit for all people")
    assert names(threshold=4.0) == ("peb", "personal limit", "fixed cut-off")
    assert names(threshold=4.0, primary_rule="single") == (
        "fixed",
        "fixed cut-off",
        "fixed cut-off",
    )
    assert names(primary_rule="single")[:2] == ("single", "limit for all people")


def test_a_marker_has_its_own_evaluation(cohort, builders):
    rows = builders["visit_rows"]("p", [0, 50], [0.1, 0.2])
    block = builders["block"](rows)
    none = {"estimate": None, "reason": "too few"}
    own = {"peb": {"specificity_per_patient": none}}
    block.evaluation.setdefault("rules", {})
    object.__setattr__(
        block, "evaluation", {**block.evaluation, "markers": {"PSA": {"rules": own}}}
    )
    section = Builder([block], cohort[1]).build("p").sections[0]
    assert "could not be estimated: too few" in section.performance[0]


def test_quality_of_the_patients_samples(report):
    assert [(q.sample, q.layer, q.gate) for q in report("P-01").quality] == [
        ("P-01_d400", "specimen", "warn"),
        ("P-01_d400", "smallrna", "warn"),
        ("P-01_d495", "specimen", "fail"),
        ("P-01_d495", "smallrna", "fail"),
    ]
    assert report("P-02").quality == ()


def test_a_patient_without_a_draw_has_no_section(report):
    empty = report("nobody")
    assert (empty.sections, empty.last_day, empty.sample) == ((), None, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (None, ()),
        ("A:10/20", (Treatment("A", 10, 20),)),
        ("A:10/", (Treatment("A", 10, None),)),
        ("A:-3/5; B b:7.5/9", (Treatment("A", -3, 5), Treatment("B b", 7.5, 9))),
    ],
)
def test_treatments_are_those_of_the_sheet(cohort, builders, text, expected):
    days = pd.DataFrame({"patient": ["p"], "treatments": [text]})
    facts = dataclasses.replace(cohort[1], patient_days=days)
    assert Builder(cohort[0], facts).build("p").treatments == expected


def build(cohort, builders, y, calls=None, recurrence=None, **facts):
    days = pd.DataFrame({"patient": ["p"], "recurrence": [recurrence]})
    rows = builders["visit_rows"]("p", [100.0 * i for i in range(len(y))], y, calls=calls)
    study = dataclasses.replace(builders["facts"](**facts), patient_days=days)
    return Builder([builders["block"](rows)], study).build("p").sections[0]


def test_a_second_alert_is_not_told_to_be_confirmed(cohort, builders):
    first = build(cohort, builders, [0.1, 2.9])
    assert first.meaning == "Above personal limit; confirm with a second draw."
    skip = {2: ("not_reportable", "fail", "x")}
    for y, calls in (([0.1, 2.9, 4.5], {}), ([0.1, 2.9, None, 4.5], skip)):
        again = build(cohort, builders, y, calls)
        assert again.meaning == "Above personal limit; second alert in a row."


def test_a_draw_after_recurrence_says_so(cohort, builders):
    late = build(cohort, builders, [0.1, 0.2, 2.9], recurrence=150.0)
    assert late.meaning == (
        "Above personal limit. This draw came after recurrence was found on day 150."
    )
    assert late.alarmed_late
    on_the_day = build(cohort, builders, [0.1, 0.2, 2.9], recurrence=200.0)
    assert "confirm with a second draw" in on_the_day.meaning and not on_the_day.alarmed_late


def test_a_quality_warning_is_no_reason_of_a_result(cohort, builders):
    quality = pd.DataFrame(
        {
            "sample": ["p_d100", "p_d200"],
            "layer": "specimen",
            "gate": ["warn", "fail"],
            "reasons": "top_feature_share 61 % is above 50 %",
        }
    )
    calls = {
        1: ("not_monitored", "warn", "drawn on treatment; top_feature_share 61 % is above 50 %"),
        2: ("not_reportable", "fail", "top_feature_share 61 % is above 50 %"),
    }
    found = build(cohort, builders, [0.1, 0.2, None], calls, quality=quality)
    assert found.visits[1].reasons == ("drawn on treatment",)
    assert found.why == ("share of reads taken by one small RNA 61 % is above 50 %",)
