"""Dispersions of single features: a rough start, a line search, and a grid where it fails.

The estimator of Love et al. (2014), doi:10.1186/s13059-014-0550-8. The search takes the steps
that DESeq2 takes (Armijo's rule, the same constants), because it stops before the very maximum:
where the likelihood is flat, what it returns depends on the way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evigil.differential.negative_binomial import Floats, Profile, blocks, outer_products

MIN_DISPERSION = 1e-8
_TOLERANCE = 1e-6  # gain in log posterior below which a search ends
_MOST_STEPS = 100
_ARMIJO = 1e-4
_LOWEST, _HIGHEST = -30.0, 10.0  # of ln dispersion, within a search
_GRID = 20


def max_dispersion(n_samples: int) -> float:
    """Largest dispersion that is returned."""
    return float(max(10, n_samples))


def rough(normalised: Floats, design: Floats, size_factors: Floats) -> Floats:
    """Start of the search: the smaller of two estimates by moments.

    Parameters
    ----------
    normalised
        Counts over size factors, shape (n_features, n_samples).
    design
        Shape (n_samples, p).
    size_factors
        Shape (n_samples,).

    Returns
    -------
    numpy.ndarray
        Dispersions within the limits, shape (n_features,).
    """
    m, p = design.shape
    fitted = np.maximum(linear_means(normalised, design), 1)
    pearson = (((normalised - fitted) ** 2 - fitted) / fitted**2).sum(axis=1) / (m - p)
    mean, variance = normalised.mean(axis=1), normalised.var(axis=1, ddof=1)
    moments = (variance - np.mean(1 / size_factors) * mean) / mean**2
    return np.clip(np.minimum(pearson, moments), MIN_DISPERSION, max_dispersion(m))


def linear_means(normalised: Floats, design: Floats) -> Floats:
    """Least-squares fit of each row on the design."""
    q = np.linalg.qr(design)[0]
    return (normalised @ q) @ q.T


def gene_wise(counts: Floats, means: Floats, design: Floats, start: Floats) -> Floats:
    """Maximise each feature's adjusted profile likelihood.

    Parameters
    ----------
    counts, means
        Shape (n_features, n_samples); means are at least ½.
    design
        Shape (n_samples, p).
    start
        `rough` dispersions, shape (n_features,).

    Returns
    -------
    numpy.ndarray
        Dispersions, shape (n_features,).
    """
    estimates = np.empty(len(counts))
    highest = max_dispersion(counts.shape[1])
    outer = outer_products(design)
    for rows in blocks(*counts.shape):
        profile = Profile.of(counts[rows], means[rows], outer)
        found, steps, gained = _search(profile, np.log(start[rows]))
        alpha = np.where(gained, np.minimum(np.exp(found), highest), start[rows])
        failed = ((steps == 1) | (steps == _MOST_STEPS)) & (alpha > 10 * MIN_DISPERSION)
        if failed.any():
            alpha[failed] = np.exp(_on_grid(profile.rows(failed), highest))
        estimates[rows] = alpha
    return np.clip(estimates, MIN_DISPERSION, highest)


def maximum_a_posteriori(
    counts: Floats, means: Floats, design: Floats, start: Floats, trend: Floats, variance: float
) -> Floats:
    """Maximise each feature's posterior, with a log-normal prior around the trend.

    Parameters
    ----------
    counts, means, design
        As for `gene_wise`.
    start
        Gene-wise dispersions, shape (n_features,).
    trend
        Their trend at the feature's mean, shape (n_features,).
    variance
        Of the prior, of ln dispersion.

    Returns
    -------
    numpy.ndarray
        Dispersions, shape (n_features,).
    """
    estimates = np.empty(len(counts))
    highest = max_dispersion(counts.shape[1])
    outer = outer_products(design)
    start = np.log(np.where(start > 0.1 * trend, start, trend))
    for rows in blocks(*counts.shape):
        profile = Profile.of(counts[rows], means[rows], outer, np.log(trend[rows]), variance)
        found, steps, _ = _search(profile, start[rows])
        failed = steps == _MOST_STEPS
        if failed.any():
            found[failed] = _on_grid(profile.rows(failed), highest)
        estimates[rows] = np.exp(found)
    return np.clip(estimates, MIN_DISPERSION, highest)


def _search(profile: Profile, start: Floats) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool]]:
    """Ascend by gradient steps that are halved until they gain enough.

    Returns ln dispersion, the steps tried, and whether the log posterior rose by more than a
    millionth of itself.
    """
    place = start.copy()
    height, slope = profile.evaluate(place)
    first = height.copy()
    steps = np.zeros(len(place), int)
    accepted = np.zeros(len(place), int)
    size = np.ones(len(place))
    active = np.arange(len(place))
    for _ in range(_MOST_STEPS):
        steps[active] += 1
        at, up = place[active], slope[active]
        step = size[active]
        proposed = at + step * up
        out = (proposed < _LOWEST) | (proposed > _HIGHEST)
        step[out] = (np.where(proposed < _LOWEST, _LOWEST, _HIGHEST)[out] - at[out]) / up[out]
        proposed = at + step * up
        new_height, new_slope = profile.evaluate(proposed)
        gain = new_height - height[active]
        # not `gain >= …`: at the top, what is asked for is lost in the rounding of the height
        good = new_height >= height[active] + step * _ARMIJO * up**2
        taken = active[good]
        accepted[taken] += 1
        place[taken] = proposed[good]
        ended = good & (gain < _TOLERANCE)
        lost = good & ~ended & (proposed < np.log(MIN_DISPERSION / 10))
        # a search that runs off to 0 ends without its last gain, as if it had not been made
        height[active[good & ~lost]] = new_height[good & ~lost]
        slope[taken] = new_slope[good]
        step[good] = np.minimum(step[good] * 1.1, 1.0)
        step[~good | (accepted[active] % 5 == 0)] /= 2
        size[active] = step
        done = ended | lost
        if done.any():
            active = active[~done]
            profile = profile.rows(~done)
            if not active.size:
                break
    return place, steps, height >= first + np.abs(first) / 1e6


def _on_grid(profile: Profile, highest: float) -> Floats:
    """Take the largest log posterior on a coarse grid, then on a fine one around it."""
    n = len(profile.counts)
    coarse = np.linspace(np.log(MIN_DISPERSION), np.log(highest), _GRID)
    best = coarse[_argmax(profile, np.broadcast_to(coarse, (n, _GRID)))]
    width = coarse[1] - coarse[0]
    fine = best[:, None] + np.linspace(-width, width, _GRID)
    return fine[np.arange(n), _argmax(profile, fine)]


def _argmax(profile: Profile, grid: Floats) -> NDArray[np.int64]:
    heights = [profile.evaluate(grid[:, k].copy())[0] for k in range(grid.shape[1])]
    return np.argmax(heights, axis=0)
