"""q-values over the features whose mean count leaves them a chance.

Bourgon et al. (2010), doi:10.1073/pnas.0914005107; the choice of the threshold as in DESeq2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evigil.differential.negative_binomial import Floats
from evigil.stats.multiple import benjamini_hochberg

_THRESHOLDS = 50
_ROBUST_ROUNDS = 3
_FEW = 10  # discoveries up to which nothing is filtered


def filtered_q_values(p: Floats, means: Floats, alpha: float) -> tuple[Floats, float]:
    """Benjamini-Hochberg above the mean that gives about the most discoveries.

    The first of 50 quantiles of the mean is taken whose discoveries come within a residual's
    spread of the largest of a smooth curve through them.

    Parameters
    ----------
    p
        p-values, nan = not tested, shape (n_features,).
    means
        Mean normalised counts, shape (n_features,).
    alpha
        q-value at which discoveries are counted.

    Returns
    -------
    tuple
        q-values, nan below the threshold, shape (n_features,); and the threshold, a mean count.
    """
    lowest = float(np.mean(means == 0))
    shares = np.linspace(lowest, 0.95 if lowest < 0.95 else 1.0, _THRESHOLDS)
    limits = np.quantile(means, shares)
    q = [benjamini_hochberg(np.where(means >= limit, p, np.nan)) for limit in limits]
    discoveries = np.array([np.sum(values < alpha) for values in q])
    chosen = _choice(shares, discoveries)
    return q[chosen], float(limits[chosen])


def _choice(shares: Floats, discoveries: NDArray[np.int64]) -> int:
    if discoveries.max() <= _FEW:
        return 0
    smooth = lowess(shares, discoveries.astype(float))
    some = discoveries > 0
    spread = np.sqrt(np.mean((discoveries[some] - smooth[some]) ** 2))
    reached = np.flatnonzero(discoveries > smooth.max() - spread)
    return int(reached[0]) if reached.size else 0


def lowess(x: Floats, y: Floats) -> Floats:
    """Robust local line through a fifth of the points, at each of them, as R's ``lowess``.

    Not statsmodels: where most points lie on the curve, the robust weights are noise; R then keeps
    the plain fit, and statsmodels goes on.

    Parameters
    ----------
    x, y
        Shape (n,), x rising.

    References
    ----------
    Cleveland (1979), doi:10.1080/01621459.1979.10481038
    """
    away = np.abs(x[:, None] - x)
    near = max(2, int(len(x) / 5 + 1e-7))
    reach = np.sort(away, axis=1)[:, near - 1 : near]
    closeness = np.where(away <= 0.999 * reach, (1 - (away / reach).clip(0, 1) ** 3) ** 3, 0)
    closeness[away <= 0.001 * reach] = 1
    robust = np.ones_like(y)
    for turn in range(_ROBUST_ROUNDS + 1):
        weights = closeness * robust
        total = weights.sum(axis=1)
        alone = total <= 0  # all neighbours are outliers
        weights[alone, alone] = total[alone] = 1
        weights /= total[:, None]
        centred = x - (weights @ x)[:, None]
        squares = (weights * centred**2).sum(axis=1)
        wide = squares > (0.001 * np.ptp(x)) ** 2
        slope = np.divide((weights * centred) @ y, squares, out=np.zeros_like(y), where=wide)
        fitted = weights @ y + slope * np.diag(centred)
        residuals = np.abs(y - fitted)
        limit = 6 * np.median(residuals)
        if turn == _ROBUST_ROUNDS or limit < 1e-7 * residuals.mean():
            break
        robust = np.where(residuals <= 0.999 * limit, (1 - (residuals / limit) ** 2) ** 2, 0)
        robust[residuals <= 0.001 * limit] = 1
    return fitted
