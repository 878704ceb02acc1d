"""What a reference of n patients really achieves."""

import pytest

from evigil.monitoring.achieved import false_positive_rate
from evigil.monitoring.options import Options
from evigil.monitoring.peb import Parameters

WORLD = Parameters(0.0, 0.8, 0.2)
# For a reference of n people where the nominal rate is .265: 5 % and 95 % points.
TABLE = {10: (0.12, 0.47), 20: (0.16, 0.39), 50: (0.19, 0.32), 100: (0.21, 0.31)}


def test_nominal_rates():
    per_test = false_positive_rate(WORLD, [4] * 40, "peb", Options(per="test"), seed=1)
    assert per_test["nominal"] == pytest.approx(1 - 0.95**6, abs=1e-12)
    for rule in ("peb", "single"):
        found = false_positive_rate(WORLD, [4] * 40, rule, Options(), seed=1)
        assert found["nominal"] == pytest.approx(0.05, abs=1e-9)
        assert found["low"] < found["estimate"] < found["high"]


def test_the_same_seed_gives_the_same_numbers():
    rates = [false_positive_rate(WORLD, [4] * 30, "peb", Options(), seed=s) for s in (3, 3, 4)]
    assert rates[0] == rates[1] != rates[2]


def test_more_patients_less_uncertainty():
    few, many = (false_positive_rate(WORLD, [4] * n, "peb", Options(), 1) for n in (30, 1000))
    assert many["high"] - many["low"] < 0.35 * (few["high"] - few["low"])
    assert many["estimate"] == pytest.approx(0.05, abs=0.003)


@pytest.mark.slow
@pytest.mark.parametrize("n", TABLE)
def test_spread_of_the_rate_by_size_of_the_reference(n, monkeypatch):
    monkeypatch.setattr("evigil.monitoring.achieved.REPLICATES", 3000)
    found = false_positive_rate(WORLD, [4] * n, "peb", Options(per="test"), seed=20260101)
    assert (found["low"], found["high"]) == pytest.approx(TABLE[n], abs=0.025)
