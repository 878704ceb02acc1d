"""The index page, whatever the study has."""

import pandas as pd
import pytest

from evigil.reports.index import (
    Classifier,
    call_counts,
    excluded_samples,
    gate_counts,
    patient_rows,
    what_ran,
    write_index,
)
from evigil.reports.inputs import Facts

QUALITY = pd.DataFrame(
    {
        "sample": ["a", "a", "b", "b", "c", "c"],
        "layer": ["smallrna", "specimen"] * 3,
        "gate": ["pass", "pass", "fail", "fail", "warn", "warn"],
        "reasons": [None, None, *["transcriptome_reads 51,000 is below 100,000"] * 2, None, None],
    }
)


def share(k, n):
    return {"estimate": k / n, "low": 0.1, "high": 0.9, "k": k, "n": n}


PERFORMANCE = {
    "headline": {"scheme": "nested_cv", "model": "smallrna", "reason": "caution: batch unknown"},
    "results": [
        {
            "scheme": "nested_cv",
            "model": "smallrna",
            "n_cases": 100,
            "n_controls": 50,
            "auc": {"estimate": 0.731, "low": 0.642, "high": 0.812, "method": "bootstrap"},
            "operating_points": [
                {
                    "specificity": 0.9,
                    "kind": "assured",
                    "estimable": True,
                    "reason": None,
                    "threshold": 1.0,
                    "sensitivity": share(31, 100),
                    "achieved_specificity": share(48, 50),
                },
                {
                    "specificity": 0.95,
                    "kind": "assured",
                    "estimable": False,
                    "reason": "not estimable: needs 59 controls, 40 are there",
                    "threshold": None,
                    "sensitivity": None,
                    "achieved_specificity": None,
                },
            ],
        },
        {
            "scheme": "held_out",
            "model": "smallrna",
            "n_cases": 20,
            "n_controls": 20,
            "auc": {"estimate": None, "reason": "one class only"},
            "operating_points": [],
        },
    ],
    "permutation": {"n": None, "p": None, "p_stratified": None, "reason": "not in this version"},
}


@pytest.fixture
def page(tmp_path):
    def make(facts, blocks=(), classifiers=(), patients=()):
        path = tmp_path / "index.html"
        write_index(facts, blocks, classifiers, patients, path)
        return path.read_text(encoding="utf-8")

    return make


def test_alerts_come_first(cohort):
    blocks, _ = cohort
    rows = patient_rows(blocks, ["P-01"])
    assert [(r.patient, r.marker, r.call) for r in rows] == [
        ("P-01", "PSA", "alert"),
        ("P-01", "classifier score", "alert"),
        ("huge", "PSA", "alert"),
        ("neg_days", "PSA", "alert"),
        ("series", "PSA", "alert"),
        ("two", "CA-125 <&> β", "alert"),
        ("two", "PSA", "no_significant_change"),
        ("P-02", "PSA", "no_significant_change"),
        ("P-03", "PSA", "no_significant_change"),
        ("tiny", "PSA", "no_significant_change"),
        ("all-failed", "PSA", "not_reportable"),
        ("treated_open", "PSA", "not_monitored"),
    ]
    assert [r.has_page for r in rows[:3]] == [True, True, False]
    assert call_counts(rows) == [
        ("alert", 5),
        ("no_significant_change", 3),
        ("not_reportable", 1),
        ("not_monitored", 1),
    ]


def test_what_ran_is_said(cohort):
    blocks, facts = cohort
    assert what_ran(facts, blocks, [Classifier("crc", PERFORMANCE)]) == [
        "Quality gates: 2 samples judged, 1 left out.",
        "Classifier crc: trained, and tested on people it was not trained on.",
        "Monitoring watch: CA-125 <&> β, PSA, 79 values of 10 people; "
        "primary rule personal limit (PEB).",
        "Monitoring tumour: the score of classifier crc, 7 values of 1 person; "
        "primary rule personal limit (PEB).",
    ]


def test_gates_are_counted_and_exclusions_named():
    counts = dict(gate_counts(QUALITY))
    assert list(counts) == ["specimen", "smallrna"]
    assert counts["specimen"] == {
        "pass": 1,
        "warn": 1,
        "fail": 1,
        "not_evaluable": 0,
        "not_supplied": 0,
    }
    assert excluded_samples(QUALITY) == [
        ("b", layer, "fail", ("number of small-RNA reads 51,000 is below 100,000",))
        for layer in ("smallrna", "specimen")
    ]
    assert (gate_counts(None), excluded_samples(None)) == ([], [])


def test_everything_together(cohort, page):
    blocks, facts = cohort
    html = page(facts, blocks, [Classifier("crc", PERFORMANCE)], ["P-01", "two"])
    assert '<a href="patients/P-01.html">P-01</a>' in html
    assert "patients/huge.html" not in html
    assert "0.73" in html
    assert ">needs 59 controls, 40 are there<" in html
    assert "Permutation test: not in this version." in html
    assert html.index("Nested cross-validation") < html.index("Locked hold-out")
    assert "Caution: batch unknown." in html
    assert "one class only" in html
    assert html.index("Classifier <span") < html.index("Monitoring <span")


def test_only_a_series(cohort, page):
    blocks, _ = cohort
    html = page(Facts(project="p", version="0.1.0"), blocks[:1], (), ["P-01"])
    assert "Sample quality</h2>" not in html
    assert "Classifier <span" not in html
    assert "Lead time is not survival benefit." in html


def test_only_a_classifier(page):
    facts = Facts(project="p", version="0.1.0", quality=QUALITY)
    html = page(facts, (), [Classifier("crc", PERFORMANCE)])
    assert "Monitoring <span" not in html
    assert 'id="patients"' not in html


def test_only_quality(page):
    html = page(Facts(project="p", version="0.1.0", quality=QUALITY))
    assert "number of small-RNA reads 51,000 is below 100,000" in html
    assert 'id="limitations"' not in html


def test_no_headline_is_said(page):
    performance = {"headline": {"scheme": None, "model": None, "reason": "confounded"}}
    html = page(Facts(project="p", version="0"), (), [Classifier("crc", performance)])
    assert "No headline figure." in html
    assert "Confounded." in html


def test_roc_picture_is_inside_the_page(page, tmp_path):
    roc = tmp_path / "roc.svg"
    roc.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    html = page(Facts(project="p", version="0"), (), [Classifier("crc", PERFORMANCE, roc)])
    assert 'src="data:image/svg+xml;base64,PHN2Zy' in html
    assert "roc.svg" not in html


def test_the_mean_over_repeats_is_told_from_the_first_repeat(page):
    point = PERFORMANCE["results"][0]["operating_points"][0]
    rate = {"estimate": 0.69, "low": 0.54, "high": 0.88, "k": 22, "n": 30, "repeats": 5}
    absent = {"estimate": None, "low": None, "high": None, "k": 0, "n": 0, "repeats": 5}
    result = PERFORMANCE["results"][0] | {
        "auc": {
            "estimate": 1.0,
            "low": None,
            "high": None,
            "reason": "not estimable: complete separation",
        },
        "operating_points": [
            point
            | {
                "sensitivity": rate,
                "achieved_specificity": absent | {"reason": "not estimable: no control"},
            }
        ],
    }
    text = page(
        Facts("demo", "0.1.0"), classifiers=[Classifier("crc", PERFORMANCE | {"results": [result]})]
    ).replace("\N{NO-BREAK SPACE}", " ")
    assert 'mean of 5 repeats</span><span class="note">first repeat: 22 of 30, 54 % to 88 %' in text
    assert "interval not estimable: complete separation" in text and "1.00 to 1.00" not in text
    assert 'not estimable<span class="note">no control</span>' in text


def test_an_alert_after_recurrence_is_marked(cohort, builders, page):
    rows = builders["visit_rows"]("p", [0, 100], [0.1, 2.9])
    block = builders["block"](rows)
    block.patients["event_day"] = 50.0
    assert "after recurrence" in page(cohort[1], [block])
    block.patients["event_day"] = 100.0
    assert "after recurrence" not in page(cohort[1], [block])


def test_a_score_has_one_name(cohort, builders, page):
    rows = builders["visit_rows"]("p", [0, 100], [0.1, 0.2], marker="smallrna", log=False)
    block = builders["block"](rows, "watch", classifier="crc", scale="linear")
    text = page(cohort[1], [block])
    assert "mallrna:" not in text and ">smallrna<" not in text
    assert "Classifier score: the reference has 40 patients" in text


AUDIT = pd.DataFrame(
    [
        ("classifiers.crc", "run", "technical", 0.93, 0.25, None, "confounded", ""),
        ("classifiers.crc", "ALL", None, None, None, None, "confounded", "confounded by: run"),
        ("differential.crc", "ALL", None, None, None, None, "clear", ""),
    ],
    columns=["outcome", "covariate", "kind", "association", "overlap", "auc", "verdict", "note"],
)


def test_the_audit_stands_on_top(page):
    html = page(Facts(project="p", version="0", quality=QUALITY, confounding=AUDIT))
    assert "Classifier crc</strong>: Confounded: cases and controls differ in run (V 0.93, " in html
    assert "Contrast crc</strong>: Clear: no recorded covariate" in html
    assert html.index("Confounding audit") < html.index("What ran")
    assert html.count('class="warning"') == 1


def test_a_confounded_study_shows_no_figure_of_random_folds(page, tmp_path):
    roc = tmp_path / "roc.svg"
    roc.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    hold_out = PERFORMANCE["results"][0] | {"scheme": "held_out"}
    performance = PERFORMANCE | {
        "headline": {"scheme": None, "model": None, "reason": "confounded: by run"},
        "verdict": "confounded",
        "results": [PERFORMANCE["results"][0], hold_out],
    }
    html = page(Facts(project="p", version="0"), (), [Classifier("crc", performance, roc)])
    assert "No headline figure." in html and "Confounded: by run." in html
    assert "ROC curve" not in html
    assert html.count(">AUC<") == 1  # of the hold-out


def test_samples_in_doubt_are_named(page):
    facts = Facts(project="p", version="0", quality=QUALITY, doubts=("a: changed places with b",))
    html = page(facts)
    assert "whose identity is in doubt" in html and "a: changed places with b" in html
