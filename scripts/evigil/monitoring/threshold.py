"""One threshold for all patients, at a chosen specificity per patient."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

# A patient's own level in standard deviations: the trapezoid rule on an analytic function that has
# vanished at both ends is exact to rounding once its step is below the width of Φ's rise, which is
# the ratio of the deviations within and between patients.
NODES = np.linspace(-9.0, 9.0, 601)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
BISECTIONS = 40


def stays_below(
    limit: ArrayLike, mu: ArrayLike, tau2: ArrayLike, sigma2: ArrayLike, visits: int
) -> Floats:
    """Probability that none of a disease-free patient's visits is above a limit.

    The visits of a patient share the patient's level, so they are not independent looks: given the
    level u they are, and ``P = ∫ φ(u) Φ((limit − μ − τu)/σ)^visits du`` is exact.

    Parameters
    ----------
    limit, mu, tau2, sigma2
        On the scale of y; shapes (m,) that broadcast.
    visits
        Number of draws of the patient.

    Returns
    -------
    numpy.ndarray
        Shape (m,), in [0, 1].
    """
    limit, mu, tau, sigma = np.broadcast_arrays(
        np.asarray(limit, float), mu, np.sqrt(tau2), np.sqrt(sigma2)
    )
    if visits == 1:
        return ndtr((limit - mu) / np.hypot(tau, sigma))
    reach = (limit - mu)[..., None] - tau[..., None] * NODES
    # A plain sum: a matrix product rounds differently for one limit and for many.
    below: Floats = (ndtr(reach / sigma[..., None]) ** visits * WEIGHTS).sum(axis=-1)
    return below


def single_limit(
    mu: ArrayLike, tau2: ArrayLike, sigma2: ArrayLike, specificity: float, visits: int
) -> Floats:
    """Limit that a disease-free patient stays below in all visits with a given probability.

    Parameters
    ----------
    mu, tau2, sigma2
        Mean, variance between and within patients, on the scale of y; shapes (m,).
    specificity
        The probability, in (0, 1).
    visits
        Number of draws that it is kept over.

    Returns
    -------
    numpy.ndarray
        Shape (m,), on the scale of y.

    Notes
    -----
    The limit lies between that of one visit (draws that agree wholly) and that of as many
    independent visits (Slepian 1962, doi:10.1002/j.1538-7305.1962.tb02419.x); bisection between
    the two finds it.
    """
    mu, deviation = np.asarray(mu, float), np.sqrt(np.add(tau2, sigma2))
    low = mu + ndtri(specificity) * deviation
    if visits == 1:
        return low
    high = mu + ndtri(specificity ** (1 / visits)) * deviation
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        enough = stays_below(middle, mu, tau2, sigma2, visits) >= specificity
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return (low + high) / 2
