"""The prior variance of a protein follows the number of peptides behind it [DEqMS].

Zhu et al. (2020), doi:10.1074/mcp.TIR119.001646: log variances are smoothed over log2 peptides by
local regression (Cleveland and Devlin 1988, doi:10.1080/01621459.1988.10478639), and the prior's
degrees of freedom follow from what is left, in steps of a tenth.
"""

import numpy as np
from scipy import special

from evigil.differential.empirical_bayes import Floats, Prior, trigamma_inverse
from evigil.errors import UserError

# Share of the features that a local fit sees, and share of these that a cell of its net may hold.
SPAN = 0.75
CELL = 0.2
# The net ends this part of the range outside the data.
OUTSIDE = 0.005


def prior_by_peptides(variance: Floats, freedom: Floats, peptides: Floats) -> Prior:
    """Estimate prior variances that depend on peptides.

    Parameters
    ----------
    variance, freedom
        Residual variances and degrees of freedom, shape (m,).
    peptides
        Peptides (or PSMs) per feature, at least 1, shape (m,).

    Raises
    ------
    UserError
        If a feature has no peptide.
    ValueError
        If no feature has a variance.
    """
    known = (freedom > 0) & (variance > 0)
    if not known.any():
        raise ValueError("no feature has residual degrees of freedom")
    if not (peptides >= 1).all():
        raise UserError("peptides of a feature must be at least 1, or leave the column out")
    log_variance, half = np.log(variance[known]), freedom[known] / 2
    x = np.log2(peptides)
    trend = local_regression(x[known], log_variance, x)
    excess = float(((log_variance - trend[known]) ** 2 - special.polygamma(1, half)).mean())
    prior = _tenth(excess, int(known.sum()))
    # The trend is one of log variances; their bias depends on a feature's own degrees of freedom.
    bias = np.full(len(x), (np.log(half) - special.digamma(half)).mean())
    bias[known] = np.log(half) - special.digamma(half)
    shift = special.digamma(prior / 2) - np.log(prior / 2)
    return Prior(np.exp(trend + bias + shift), prior)


def local_regression(x: Floats, y: Floats, at: Floats) -> Floats:
    """Local quadratic fits on a net of points, cubic between them: R's ``loess``.

    Parameters
    ----------
    x, y
        Data, shape (n,).
    at
        Where to predict, shape (k,); outside the net it is continued as a constant.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    net = _net(x)
    value, slope = _local_fits(x, y, net)
    at = np.clip(at, net[0], net[-1])
    cell = np.clip(np.searchsorted(net, at, side="right") - 1, 0, len(net) - 2)
    width = net[cell + 1] - net[cell]
    t = (at - net[cell]) / width
    return (
        (1 + 2 * t) * (1 - t) ** 2 * value[cell]
        + t**2 * (3 - 2 * t) * value[cell + 1]
        + width * t * (1 - t) * ((1 - t) * slope[cell] - t * slope[cell + 1])
    )


def _net(x: Floats) -> Floats:
    """Halve sorted data, ties together, until a cell holds few enough."""
    most = int(len(x) * SPAN * CELL)
    margin = OUTSIDE * max(np.ptp(x), 1e-3 * np.abs(x).max() + 1e-30)
    points = [x[0] - margin, x[-1] + margin]
    cells = [(0, len(x) - 1, points[0], points[1])]
    while cells:
        first, last, low, high = cells.pop()
        if last - first + 1 <= most:
            continue
        middle = _end_of_ties(x, first, last)
        cut = x[middle]
        if cut not in (low, high):
            points.append(cut)
            cells += [(first, middle, low, cut), (middle + 1, last, cut, high)]
    return np.unique(points)


def _end_of_ties(x: Floats, first: int, last: int) -> int:
    """Place nearest to the middle that the next value differs from, as far as both sides reach."""
    middle = (first + last + 2) // 2 - 1  # the middle of places that count from 1
    for distance in range(last - first + 1):
        for place in (middle + distance, middle - distance):
            if not first <= place < last:
                return middle
            if x[place] < x[place + 1]:
                return place
    return middle


def _local_fits(x: Floats, y: Floats, net: Floats) -> tuple[Floats, Floats]:
    """Value and slope of a quadratic fit around each point, weights by Tukey's tricube."""
    neighbours = int(len(x) * SPAN + 1e-5)
    value, slope = np.empty(len(net)), np.empty(len(net))
    for i, point in enumerate(net):
        z = x - point
        distance = np.abs(z)
        reach = np.partition(distance, neighbours - 1)[neighbours - 1]
        near = distance < 0.999 * reach
        root = np.sqrt((1 - (distance[near] / reach) ** 3) ** 3)
        columns = np.column_stack([np.ones(near.sum()), z[near], z[near] ** 2])
        length = np.linalg.norm(root[:, None] * columns, axis=0)
        solution = np.linalg.lstsq(root[:, None] * columns / length, root * y[near], rcond=1e-12)
        value[i], slope[i] = (solution[0] / length)[:2]
    return value, slope


def _tenth(excess: float, n: int) -> float:
    """Degrees of freedom, in tenths up to n, whose trigamma is nearest to the excess."""
    if excess <= 0:
        return float(n)
    exact = 2 * trigamma_inverse(excess)
    tenths = np.clip([np.floor(exact * 10), np.floor(exact * 10) + 1], 1, 10 * n) / 10
    distance = np.abs(excess - special.polygamma(1, tenths / 2))
    return float(tenths[np.argmin(distance)])
