"""Tables as monitoring writes them, made by hand with every case that a page must show."""

import math

import numpy as np
import pandas as pd
import pytest

from evigil.reports.inputs import Block, Facts

MU, TAU2, SIGMA2, Z = 0.35, 0.46, 0.14, 2.386
RULES = ("single", "peb")


def measure(k: int, n: int) -> dict:
    share = k / n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    return {
        "estimate": share,
        "low": max(0.0, share - half),
        "high": min(1.0, share + half),
        "k": k,
        "n": n,
    }


EVALUATION = {
    "primary_rule": "peb",
    "cross_fitted": {"folds": 5, "by": "patient", "seed": 1},
    "notes": ["3 draws for symptoms or imaging are left out"],
    "rules": {
        rule: {
            "specificity_per_test": measure(148, 160),
            "specificity_per_patient": measure(38, 40),
            "sensitivity_per_patient": measure(k, 12),
            "lead_days": {
                "estimate": 91.0,
                "low": 40.0,
                "high": 160.0,
                "q1": 62.0,
                "q3": 133.5,
                "k": k,
                "n": 12,
            },
        }
        for rule, k in (("peb", 8), ("single", 5))
    },
}


def reference(markers: list[str]) -> dict:
    one = {
        "mu": MU,
        "tau2": TAU2,
        "sigma2": SIGMA2,
        "loglik": -299.6,
        "method": "reml",
        "n_patients": 40,
        "n_draws": 160,
        "false_positive_rate": {
            "estimate": 0.056,
            "low": 0.02,
            "high": 0.11,
            "nominal": 0.05,
            "rule": "peb",
            "visits": 6,
        },
        "cautions": [
            "the reference has 40 patients; below 50 the rate of false alarms is uncertain"
        ],
        "limits": {"specificity": 0.95, "per": "patient", "planned_visits": 6, "z": 2.38617},
        "refused": {"single": None, "peb": None},
        "ids_sha256": "9f2c" * 16,
        "version": "0.1.0",
    }
    return dict.fromkeys(markers, one)


def visit_rows(
    patient: str,
    days: list[float],
    y: list[float | None],
    marker: str = "PSA",
    calls: dict[int, tuple[str, str, str]] | None = None,
    log: bool = True,
    named: bool = True,
) -> list[dict]:
    """Rows of visits.tsv by the PEB formulas; `calls` sets call, gate and reasons of a visit."""
    rows, past = [], []
    for i, (day, value) in enumerate(zip(days, y, strict=True)):
        n = len(past)
        weight = n * TAU2 / (n * TAU2 + SIGMA2)
        expected = MU * (1 - weight) + (np.mean(past) * weight if n else 0.0)
        sd = math.sqrt(SIGMA2 + TAU2 * (1 - weight))
        z = None if value is None else (value - expected) / sd
        call = "no_significant_change"
        if z is not None and z > 1.645:
            call = "alert" if z > Z else "rising"
        call, gate, reasons = (calls or {}).get(i, (call, "pass" if named else "", ""))
        judged = call not in ("not_monitored", "not_reportable")
        own = math.exp if log else float
        rows.append(
            {
                "patient": patient,
                "marker": marker,
                "sample": f"{patient}_d{day:.0f}" if named else None,
                "day": day,
                "value": None if value is None else own(value),
                "y": value,
                "below_detection": 0,
                "gate": gate or None,
                "in_baseline": int(judged and call != "alert"),
                "expected": own(expected) if judged else None,
                "threshold": own(expected + Z * sd) if judged else None,
                "z": z if judged else None,
                "risk": None,
                "call": call,
                "reasons": reasons or None,
                "score_source": "series" if log else "oof",
            }
        )
        if judged and value is not None:
            past.append(value)
    return rows


def rule_rows(visits: pd.DataFrame, log: bool) -> pd.DataFrame:
    names = ["patient", "marker", "sample", "day"]
    judged = visits[visits["threshold"].notna()]
    limit = MU + Z * math.sqrt(TAU2 + SIGMA2)
    limit = math.exp(limit) if log else limit
    parts = [
        judged[names].assign(rule="peb", statistic=judged["z"], threshold=Z, alarm=judged["z"] > Z),
        judged[names].assign(
            rule="single", statistic=judged["value"], threshold=limit, alarm=judged["value"] > limit
        ),
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["patient", "marker", "day", "rule"])


def patient_rows(visits: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (patient, marker), group in visits.groupby(["patient", "marker"]):
        alarms = group.loc[group["call"] == "alert", "day"]
        last = group.iloc[-1]
        rows.append(
            {
                "patient": patient,
                "marker": marker,
                "n_visits": len(group),
                "last_day": last["day"],
                "last_value": last["value"],
                "last_call": last["call"],
                "first_alarm_day": alarms.min() if len(alarms) else None,
                "event_day": None,
                "next_day": None,
            }
        )
    return pd.DataFrame(rows)


def make_block(rows: list[dict], name: str = "watch", **settings: object) -> Block:
    visits = pd.DataFrame(rows)
    default = {"primary_rule": "peb", "scale": "log", "specificity": 0.95, "per": "patient"}
    return Block(
        name=name,
        settings=default | {"planned_visits": 6, "threshold": None, "classifier": None} | settings,
        visits=visits,
        rules=rule_rows(visits, log=not settings.get("classifier")),
        patients=patient_rows(visits),
        reference=reference(sorted(set(visits["marker"]))),
        evaluation=EVALUATION,
        manifest={"sha256": {"model.skops": "ab12" * 16}} if settings.get("classifier") else None,
        units={"PSA": "ng/ml"},
    )


NOT_YET = ("not_monitored", "pass", "drawn on or before the day of surgery")
DURING = ("not_monitored", "pass", "drawn on treatment; during FOLFOX")
FAILED = ("not_reportable", "fail", "transcriptome_reads 51,000 is below 100,000")
WARNED = ("no_significant_change", "warn", "")


@pytest.fixture(scope="session")
def builders() -> dict:
    """Hand the builders to the tests (test folders are no packages)."""
    return {"visit_rows": visit_rows, "block": make_block, "evaluation": EVALUATION, "facts": facts}


def facts(**more: object) -> Facts:
    days = pd.DataFrame(
        {
            "patient": ["P-01", "P-02", "treated_open"],
            "surgery": [14.0, None, None],
            "recurrence": [905.0, None, None],
            "recurrence_last_negative": [760.0, None, None],
            "treatments": ["FOLFOX:40/160", None, "imatinib:30/"],
        }
    )
    return Facts(project="demo", version="0.1.0", patient_days=days, **more)


@pytest.fixture(scope="session")
def cohort() -> tuple[list[Block], Facts]:
    return make_cohort()


def make_cohort() -> tuple[list[Block], Facts]:
    """Every case: calls, gates, one visit, forty, negative days, two markers, extremes."""
    rng = np.random.default_rng(1)
    rows = visit_rows(
        "P-01",
        [0, 100, 220, 310, 400, 495, 585, 680, 770, 880],
        [2.1, 1.0, 0.2, 0.32, 0.05, None, 0.4, 0.95, 1.75, 2.6],
        calls={0: NOT_YET, 1: DURING, 4: WARNED, 5: FAILED},
    )
    rows += visit_rows("P-02", [0], [0.4])
    rows += visit_rows("P-03", list(range(0, 40 * 61, 61)), list(rng.normal(0.3, 0.35, 40)))
    rows += visit_rows("neg_days", [-420.5, -200, -31.25, 0], [0.1, 0.4, 0.2, 1.3])
    rows += visit_rows("all-failed", [0, 30, 60], [None] * 3, calls=dict.fromkeys(range(3), FAILED))
    rows += visit_rows("treated_open", [0, 60, 90], [0.1, 0.2, 0.3], calls={1: DURING, 2: DURING})
    rows += visit_rows("huge", [0, 90, 180, 270], [14.2, 14.9, 25.1, 27.3])
    rows += visit_rows("tiny", [0, 90, 180], [-15.0, -14.2, -15.8])
    rows += visit_rows("two", [0, 90, 181, 270], [0.3, 0.2, 0.5, 0.6])
    rows += visit_rows("two", [0, 90, 181], [3.1, 3.3, 4.9], marker="CA-125 <&> β")
    rows += visit_rows("series", [0, 365, 730, 1100], [0.3, 0.2, 0.5, 2.9], named=False)
    scores = visit_rows(
        "P-01",
        [0, 220, 310, 400, 585, 770, 880],
        [0.1, -1.9, -2.2, -1.6, -1.8, 0.4, 1.2],
        marker="score",
        calls={0: NOT_YET},
        log=False,
    )
    quality = pd.DataFrame(
        {
            "sample": ["P-01_d400", "P-01_d400", "P-01_d495", "P-01_d495"],
            "layer": ["smallrna", "specimen"] * 2,
            "gate": ["warn", "warn", "fail", "fail"],
            "reasons": ["top_feature_share 61 % is above 50 %"] * 2
            + ["transcriptome_reads 51,000 is below 100,000"] * 2,
        }
    )
    blocks = [make_block(rows), make_block(scores, "tumour", classifier="crc", scale="linear")]
    return blocks, facts(quality=quality)
