"""The world that PEB is made for, where its sensitivities can be computed (docs/methods.md)."""

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.run import monitor

VISITS, CASES, CONTROLS = 6, 4000, 4000


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """τ² .8, σ² .2, onset uniform on (2, 5) at visits 0 to 5, then +1 a visit; μ is 0."""
    rng = np.random.default_rng(20260101)
    n, visit = CASES + CONTROLS, np.arange(VISITS)
    case = np.arange(n) < CASES
    onset = np.where(case, rng.uniform(2, 5, n), np.inf)
    y = np.sqrt(0.8) * rng.standard_normal((n, 1)) + np.sqrt(0.2) * rng.standard_normal((n, VISITS))
    y = y + np.clip(visit - onset[:, None], 0, None)
    names = np.char.add("p", np.arange(n).astype(str))
    series = pd.DataFrame(
        {
            "patient": np.repeat(names, VISITS),
            "marker": "score",
            "day": np.tile(visit * 100.0, n),
            "value": y.ravel(),
            "reference": np.repeat(~case, VISITS),
        }
    )
    recurrence = np.where(case, 100.0 * VISITS, np.nan)
    return draws_from_series(series), pd.DataFrame({"patient": names, "recurrence": recurrence})


@pytest.mark.slow
def test_sensitivities_and_specificities(world):
    settings = {"scale": "linear", "reference_min_follow_up_days": 0}
    rules = monitor(*world, settings).evaluation["rules"]
    for rule, sensitivity in (("peb", 0.620), ("single", 0.337)):
        found = rules[rule]
        assert found["sensitivity_per_patient"]["estimate"] == pytest.approx(sensitivity, abs=0.02)
        # 4,000 controls: four standard errors of .05.
        assert found["specificity_per_patient"]["estimate"] == pytest.approx(0.95, abs=0.014)
