"""REML beside lme4 (real data) and statsmodels (simulated, unbalanced)."""

import numpy as np
import pandas as pd
import pytest

from evigil.stats.mixed import random_intercept


def test_psa_controls_beside_lme4(shared):
    draws = pd.read_csv(shared("longitudinal/psa_caret/psa_caret.csv"))
    controls = draws[draws["status"] == 0]
    fit = random_intercept(np.log(controls["marker1"]), controls["id"])
    assert fit.mu == pytest.approx(0.346847, abs=5e-7)
    assert fit.tau2 == pytest.approx(0.464629, abs=5e-7)
    assert fit.sigma2 == pytest.approx(0.135567, abs=5e-7)
    assert fit.loglik == pytest.approx(-299.6028, abs=5e-5)
    assert (fit.n_groups, fit.n) == (70, 454)


@pytest.mark.parametrize("seed", range(4))
def test_unbalanced_data_beside_statsmodels(seed):
    from statsmodels.regression.mixed_linear_model import MixedLM

    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(40), generator.integers(1, 9, 40))
    y = 2 + generator.normal(0, 0.9, 40)[groups] + generator.normal(0, 0.5, len(groups))
    fit = random_intercept(y, groups)
    peer = MixedLM(y, np.ones((len(y), 1)), groups).fit(reml=True, gtol=1e-8)
    assert fit.mu == pytest.approx(peer.fe_params[0], abs=1e-6)
    assert fit.sigma2 == pytest.approx(peer.scale, rel=1e-5)
    assert fit.tau2 == pytest.approx(peer.cov_re[0, 0], rel=1e-5)
    assert fit.loglik == pytest.approx(peer.llf, abs=1e-6)
