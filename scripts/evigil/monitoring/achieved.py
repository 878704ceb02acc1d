"""The rate of false alarms that a reference of this size really gives."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evigil.monitoring.options import Options
from evigil.monitoring.peb import Parameters
from evigil.monitoring.threshold import single_limit, stays_below
from evigil.stats.mixed import random_intercept_many

Floats = NDArray[np.float64]

REPLICATES = 400
PATIENTS_LOG2 = 12
"""Disease-free patients on whom each replicate's rule is tried: 4,096 in a low-discrepancy set."""
CELLS = 2_000_000
"""Simulated draws that are fitted at once."""


def false_positive_rate(
    parameters: Parameters, sizes: Sequence[int], rule: str, options: Options, seed: int
) -> dict[str, Any]:
    """Per-patient rate of false alarms, given that the parameters are estimates.

    A parametric bootstrap of the REML fit: references of the same sizes are drawn from the fitted
    model and fitted again; each replicate's rule is then applied to disease-free patients of the
    fitted model over the planned visits.

    Parameters
    ----------
    parameters
        The fit.
    sizes
        Draws of each reference patient.
    rule
        ``single`` or ``peb``.
    options
        Of the monitoring block.
    seed
        Of the random numbers.

    Returns
    -------
    dict
        ``estimate`` (mean of the replicates), ``low, high`` (their 5 % and 95 % points),
        ``nominal`` (with the true parameters), ``rule``, ``visits``.
    """
    replicates = _refit(parameters, np.asarray(sizes), np.random.default_rng(seed))
    if rule == "single":
        rates, nominal = _single_rates(parameters, replicates, options)
    else:
        rates, nominal = _peb_rates(parameters, replicates, options, seed)
    low, high = np.quantile(rates, [0.05, 0.95])
    return {
        "estimate": float(rates.mean()),
        "low": float(low),
        "high": float(high),
        "nominal": float(nominal),
        "rule": rule,
        "visits": options.planned_visits,
    }


def _refit(
    parameters: Parameters, sizes: NDArray[np.int64], generator: np.random.Generator
) -> Floats:
    """Fit references drawn from the model: mu, tau2, sigma2 in rows, shape (3, m)."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    fits = []
    for part in np.array_split(np.arange(REPLICATES), -(-REPLICATES * len(groups) // CELLS)):
        levels = np.sqrt(parameters.tau2) * generator.standard_normal((len(sizes), len(part)))
        errors = np.sqrt(parameters.sigma2) * generator.standard_normal((len(groups), len(part)))
        fit = random_intercept_many(parameters.mu + levels[groups] + errors, groups)
        fits.append(np.stack([fit.mu, fit.tau2, fit.sigma2]))
    found = np.concatenate(fits, axis=1)
    return found[:, ~np.isnan(found[0])]


def _single_rates(
    parameters: Parameters, replicates: Floats, options: Options
) -> tuple[Floats, float]:
    share, visits = options.single_target
    mu, tau2, sigma2 = np.column_stack([parameters, replicates])
    limits = single_limit(mu, tau2, sigma2, share, visits)
    rates = 1 - stays_below(limits[1:], *parameters, options.planned_visits)
    return rates, float(1 - stays_below(limits[0], *parameters, options.planned_visits))


def _peb_rates(
    parameters: Parameters, replicates: Floats, options: Options, seed: int
) -> tuple[Floats, float]:
    """Try each replicate's personal thresholds on the same disease-free patients."""
    from scipy.special import ndtr, ndtri
    from scipy.stats import qmc

    visits = options.planned_visits
    # Sobol points of a deviation per patient and one per visit: far less noise than random ones.
    points = qmc.Sobol(visits + 1, rng=np.random.default_rng(seed)).random_base2(PATIENTS_LOG2)
    normal = ndtri(np.clip(points, 1e-12, 1 - 1e-12))
    mu, tau2, sigma2 = parameters
    y = (mu + np.sqrt(tau2) * normal[:, :1] + np.sqrt(sigma2) * normal[:, 1:]).T.copy()
    n = np.arange(visits)[:, None]
    earlier_mean = (np.cumsum(y, axis=0) - y) / np.maximum(n, 1)
    rates = np.empty(replicates.shape[1])
    for b, (mean, between, within) in enumerate(replicates.T):
        weight = n * between / (n * between + within)
        limit = mean * (1 - weight) + options.z_limit * np.sqrt(within + between * (1 - weight))
        rates[b] = (y - earlier_mean * weight > limit).any(axis=0).mean()
    return rates, float(1 - ndtr(options.z_limit) ** visits)
