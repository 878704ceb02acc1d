"""What a patient's report says, before it is drawn."""

import math

import pytest

from evigil.reports.build import Builder, parse_treatments
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
        ("A:-3/5; B:b:7.5/9", (Treatment("A", -3, 5), Treatment("B:b", 7.5, 9))),
    ],
)
def test_treatments(text, expected):
    assert parse_treatments(text) == expected
