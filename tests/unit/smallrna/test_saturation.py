import numpy as np
import pytest

from evigil.smallrna.saturation import seen_share


def test_all_of_a_library_is_what_was_counted():
    counts = np.array([0, 4, 5, 6, 10**7])
    assert seen_share(counts, np.array([1.0])).tolist() == [[0, 0, 1, 1, 1]]


def test_against_the_binomial_distribution():
    from scipy.stats import binom

    counts = np.array([0, 1, 5, 7, 7, 40, 2_000, 3_000_000])
    shares = np.array([0.001, 0.02, 0.3, 0.9])
    expected = binom.sf(4, counts[None, :], shares[:, None])
    assert seen_share(counts, shares) == pytest.approx(expected, abs=1e-10)
    once = binom.sf(0, counts[None, :], shares[:, None])
    assert seen_share(counts, shares, least=1) == pytest.approx(once, abs=1e-10)


def test_the_curve_rises_and_is_what_resampling_gives():
    rng = np.random.default_rng(5)
    counts = rng.geometric(0.02, 400)
    shares = np.array([0.05, 0.2, 0.6])
    curve = seen_share(counts, shares).sum(axis=1)
    drawn = [(rng.binomial(counts, s, (500, 400)) >= 5).sum(axis=1).mean() for s in shares]
    assert curve == pytest.approx(drawn, abs=1.5)
    assert (np.diff(curve) > 0).all()
