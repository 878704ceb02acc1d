"""Whether a feature is detected more often, apart from how much of it there is.

Missing values of proteins are mostly low ones, which a model of the observed values cannot see.
Two groups without covariates: Fisher's exact test. Otherwise: logistic regression with Firth's
penalty, which has an answer for features that are found in one group only, and the penalised
likelihood ratio test (Heinze and Schemper 2002, doi:10.1002/sim.1047). Repeated draws: the
generalised score test, with the variance of the sums over patients (Boos 1992,
doi:10.1080/00031305.1992.10475921), since draws of a patient are not independent.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaln

from evigil.differential.linear import tested_last
from evigil.stats.firth import FirthFits, firth
from evigil.stats.least_squares import Floats, blocks_of
from evigil.stats.multiple import benjamini_hochberg

# Tables as likely as the one seen count in full (R's tolerance for rounding).
AS_LIKELY = 1 + 1e-7


def detection_table(
    detected: pd.DataFrame, design: pd.DataFrame, tested: list[str], block: pd.Series | None = None
) -> pd.DataFrame:
    """Test coefficients of a design in whether each feature is detected.

    Parameters
    ----------
    detected
        Samples × features, bool.
    design
        Samples × coefficients, the samples in the same order, of full rank.
    tested
        Coefficients; several are tested together.
    block
        The patient of each sample where there are repeated draws.

    Returns
    -------
    pandas.DataFrame
        A row per feature: `n_detected`, `log_odds_ratio` and `standard_error` (natural logarithm,
        of one tested coefficient; no standard error with a block), `statistic` (chi-square; none
        for Fisher's test), `p_value`, `q_value`, `test` (fisher, firth, clustered_score). Features
        that are detected in all samples or in none are not tested (nan).
    """
    n, m = detected.shape
    outcomes, ordered = detected.to_numpy(bool), tested_last(design, tested)
    counts = outcomes.sum(axis=0)
    varied = (counts > 0) & (counts < n)
    results = {name: np.full(m, np.nan) for name in ("ratio", "error", "statistic", "p")}
    groups = _two_groups(ordered) if block is None else None
    name = "clustered_score" if block is not None else "firth" if groups is None else "fisher"
    if varied.any():
        part, q = outcomes[:, varied], len(tested)
        fits = firth(part, ordered)
        if q == 1:
            results["ratio"][varied] = fits.coefficients[:, -1]
        if q == 1 and block is None:
            results["error"][varied] = np.sqrt(fits.covariance[:, -1, -1])
        if groups is not None:
            results["p"][varied] = _fisher(part, groups)
        else:
            if block is None:
                statistic = _likelihood_ratio(part, ordered, q, fits)
            else:
                statistic = _clustered_score(part, ordered, q, block.to_numpy())
            results["statistic"][varied] = statistic
            results["p"][varied] = gammaincc(q / 2, statistic / 2)
    return pd.DataFrame(
        {
            "n_detected": counts,
            "log_odds_ratio": results["ratio"],
            "standard_error": results["error"],
            "statistic": results["statistic"],
            "p_value": results["p"],
            "q_value": benjamini_hochberg(results["p"]),
            "test": name,
        },
        index=detected.columns,
    )


def _two_groups(design: Floats) -> NDArray[np.bool_] | None:
    """Who is in the second group, where the design is a constant and two values."""
    if design.shape[1] != 2 or np.ptp(design[:, 0]) > 0:
        return None
    values = np.unique(design[:, 1])
    return design[:, 1] == values[1] if len(values) == 2 else None


def _fisher(outcomes: NDArray[np.bool_], group: NDArray[np.bool_]) -> Floats:
    """Two-sided p-values: the probability of all tables that are no likelier than the one seen."""
    n, n_group = len(group), int(group.sum())
    p = np.empty(outcomes.shape[1])
    total, inside = outcomes.sum(axis=0), outcomes[group].sum(axis=0)
    for k in np.unique(total):
        a = np.arange(max(0, k - (n - n_group)), min(k, n_group) + 1)
        log = -sum(gammaln(part + 1) for part in (a, k - a, n_group - a, n - n_group - k + a))
        probability = np.exp(log - log.max())
        probability /= probability.sum()
        no_likelier = probability[None, :] <= probability[:, None] * AS_LIKELY
        here = total == k
        p[here] = (no_likelier @ probability)[inside[here] - a[0]]
    return np.minimum(p, 1.0)


def _likelihood_ratio(
    outcomes: NDArray[np.bool_], design: Floats, q: int, fits: FirthFits
) -> Floats:
    null = firth(outcomes, design, n_free=design.shape[1] - q)
    return np.maximum(2 * (fits.loglik - null.loglik), 0.0)


def _clustered_score(outcomes: NDArray[np.bool_], design: Floats, q: int, block: NDArray) -> Floats:
    """Score statistics whose variance is that of the sums over blocks, each (m,)."""
    others, tested = design[:, :-q], design[:, -q:]
    null = firth(outcomes, others)
    weight = null.probability * (1 - null.probability)
    shared = np.einsum("mn,ni,nj->mij", weight, others, others)
    crossed = np.einsum("mn,ni,nj->mij", weight, others, tested)
    rest = tested - others @ np.linalg.solve(shared, crossed)
    score = rest * (outcomes.T - null.probability)[:, :, None]
    blocks = blocks_of(block)
    sums = blocks.add_up(score[:, blocks.order])
    total, variance = sums.sum(axis=1), sums.transpose(0, 2, 1) @ sums
    return (total * (np.linalg.pinv(variance) @ total[:, :, None])[:, :, 0]).sum(axis=1)
