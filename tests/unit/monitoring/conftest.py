"""Small series for the tests of monitoring."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

FACTS = ["surgery", "recurrence", "recurrence_last_negative", "death", "last_follow_up"]


def make_series(rows: list[dict]) -> pd.DataFrame:
    """Columns of Study.monitoring_series; what a row leaves out is missing."""
    columns = ["patient", "marker", "sample", "day", "value", "status", "visit_reason", "run"]
    columns += ["kit", "isolation_method", "instrument", "group", "reference"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    table["marker"] = table["marker"].fillna("psa")
    return table.assign(reference=table["reference"].eq(True))


def make_patients(rows: list[dict]) -> pd.DataFrame:
    """Columns of Study.patient_days."""
    table = pd.DataFrame(rows).reindex(columns=["patient", *FACTS, "death_cause", "treatments"])
    return table.astype(dict.fromkeys(FACTS, float))


@pytest.fixture
def series() -> Callable[[list[dict]], pd.DataFrame]:
    return make_series


@pytest.fixture
def people() -> Callable[[list[dict]], pd.DataFrame]:
    return make_patients


@pytest.fixture(scope="session")
def cohort() -> tuple[pd.DataFrame, pd.DataFrame]:
    """60 disease-free patients with 4 draws, 8 followed with 6 draws of whom 4 recur."""
    rng = np.random.default_rng(11)
    rows, facts = [], []
    for i in range(60):
        level = rng.normal(0, 0.9)
        rows += [
            {
                "patient": f"r{i:02d}",
                "sample": f"r{i:02d}-{j}",
                "day": 90.0 * j,
                "value": float(np.exp(level + rng.normal(0, 0.45))),
                "status": "disease_free",
                "reference": True,
            }
            for j in range(4)
        ]
        facts.append({"patient": f"r{i:02d}", "last_follow_up": 900.0})
    for i in range(8):
        level, recurs = rng.normal(0, 0.9), i < 4
        rows += [
            {
                "patient": f"f{i}",
                "sample": f"f{i}-{j}",
                "day": 90.5 * j - 10,
                "value": float(np.exp(level + rng.normal(0, 0.45) + recurs * max(0, j - 2))),
                "status": "follow_up",
            }
            for j in range(6)
        ]
        facts.append({"patient": f"f{i}", "recurrence": 460.0 if recurs else np.nan})
    return make_series(rows), make_patients(facts)
