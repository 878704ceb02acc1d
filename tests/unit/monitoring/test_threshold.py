"""The single threshold keeps its specificity over the correlated visits of a patient."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from evigil.monitoring.options import Options
from evigil.monitoring.threshold import single_limit, stays_below


@pytest.mark.parametrize(("visits", "limit"), [(4, 2.234), (6, 2.386), (8, 2.490), (12, 2.630)])
def test_z_limit_shares_the_error_over_the_planned_visits(visits, limit):
    assert Options(planned_visits=visits).z_limit == pytest.approx(limit, abs=5e-4)


def test_z_limit_per_test():
    assert Options(per="test").z_limit == pytest.approx(1.6448536, abs=1e-6)


def test_independent_visits_have_a_closed_form():
    assert stays_below(1.2, 0.0, 0.0, 1.0, 6) == pytest.approx(ndtr(1.2) ** 6, abs=1e-12)
    limit = single_limit(0.5, 0.0, 4.0, 0.95, 6)
    assert limit == pytest.approx(0.5 + 2 * ndtri(0.95 ** (1 / 6)), abs=1e-10)


def test_visits_that_agree_wholly_are_one_visit():
    assert single_limit(0.0, 1.0, 1e-4, 0.95, 6) == pytest.approx(ndtri(0.95), abs=0.02)


def test_two_visits_are_a_bivariate_normal():
    from scipy.stats import multivariate_normal

    exact = multivariate_normal([0.3, 0.3], [[1.0, 0.8], [0.8, 1.0]]).cdf([1.5, 1.5])
    assert stays_below(1.5, 0.3, 0.8, 0.2, 2) == pytest.approx(exact, abs=1e-6)


def test_limit_is_kept_by_simulated_patients():
    rng = np.random.default_rng(5)
    y = np.sqrt(0.8) * rng.standard_normal((200_000, 1))
    y = y + np.sqrt(0.2) * rng.standard_normal((200_000, 6))
    kept = (y.max(axis=1) < single_limit(0.0, 0.8, 0.2, 0.95, 6)).mean()
    assert abs(kept - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 200_000)


def test_limits_of_many_parameters_at_once():
    many = single_limit([0.0, 1.0], [0.8, 0.1], [0.2, 0.5], 0.9, 4)
    assert many[0] == single_limit(0.0, 0.8, 0.2, 0.9, 4)
    assert many[1] == single_limit(1.0, 0.1, 0.5, 0.9, 4)


def test_single_beside_peb_has_its_specificity_per_patient():
    assert Options(per="test").single_target == (0.95**6, 6)
    assert Options(per="test", primary_rule="single").single_target == (0.95, 1)
    assert Options(planned_visits=8).single_target == (0.95, 8)


def test_a_classifier_is_linear_whatever_the_scale():
    assert Options.from_settings({"classifier": "crc", "scale": "log"}).scale == "linear"
    assert Options.from_settings({"reference": "old.json"}).reference_file == "old.json"
    assert Options.from_settings({"reference": {"status": ["disease_free"]}}).reference_file is None
