"""Negative-binomial model of counts, from dispersions to p-values and shrunken fold changes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.differential import cooks, dispersion, glm, shrinkage, trend
from evigil.differential.negative_binomial import Floats

_Z = 1.959963984540054  # 97.5 % point of the normal distribution
_COLUMNS = [
    "base_mean",
    "log2_fold_change",
    "standard_error",
    "statistic",
    "p_value",
    "low",
    "high",
    "dispersion",
    "converged",
]


class Problem(NamedTuple):
    """Counts and the model.

    Attributes
    ----------
    counts : numpy.ndarray
        Of features that are not all 0, shape (n_features, n_samples).
    size_factors : numpy.ndarray
        Shape (n_samples,).
    design : numpy.ndarray
        Shape (n_samples, p).
    """

    counts: Floats
    size_factors: Floats
    design: Floats

    def normalised(self) -> Floats:
        """Bring the counts to size factor 1."""
        return self.counts / self.size_factors

    def of(self, counts: Floats) -> Problem:
        """Return the same model with other counts."""
        return self._replace(counts=counts)


class _Spread(NamedTuple):
    """What dispersions share over features."""

    trend: trend.Trend
    prior_variance: float
    residual_variance: float


def analyse(
    problem: Problem, columns: list[int], ratio: bool
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Test columns of the design.

    Parameters
    ----------
    problem
        Counts and model.
    columns
        Numbers of the tested columns of the design.
    ratio
        Whether by the likelihood ratio; else by Wald's statistic, of one column.

    Returns
    -------
    tuple
        Table by feature, in the order of the counts, without q-values; and the facts.
    """
    design = problem.design
    m, p = design.shape
    gene_wise, means = _gene_wise(problem)
    base_mean = problem.normalised().mean(axis=1)
    fitted = trend.fit_trend(base_mean, gene_wise)
    around = fitted.at(base_mean)
    spread = _Spread(
        fitted,
        trend.prior_variance(gene_wise, around, m - p),
        trend.residual_variance(gene_wise, around),
    )
    alpha = _final(problem, gene_wise, means, spread)
    result = glm.fit(problem.counts, problem.size_factors, design, alpha)
    # DESeq2 judges outliers of a likelihood-ratio test by the means that dispersions were fitted at
    distance = cooks.distances(
        problem.counts,
        problem.normalised(),
        design,
        means if ratio else result.means,
        result.leverages,
    )
    del means
    table = _tests(problem, result, alpha, columns, ratio)
    limit = cooks.cutoff(m, p)
    _, size = cooks.cells(design)
    replaceable = size >= cooks.LEAST_TO_REPLACE
    outlying = distance > limit
    replaced = (outlying.sum(axis=1) > 0) & bool(replaceable.any())
    judged = size >= cooks.LEAST_TO_JUDGE
    final = problem
    if replaced.any():
        final = problem.of(problem.counts.copy())
        final.counts[replaced] = cooks.replace(
            problem.counts[replaced], problem.size_factors, outlying[replaced], replaceable
        )
        newer = _refit(problem.of(final.counts[replaced]), spread, columns, ratio)
        table.loc[replaced] = newer.to_numpy()
        judged = judged & ~replaceable
        distance = np.where(replaceable, 0, distance)
    excluded = cooks.outlier_features(problem.counts, distance, design, judged)
    table["p_value"] = np.where(excluded, np.nan, table["p_value"])
    table["shrunken_log2_fold_change"] = _shrunken(final, table, result, columns)
    table["converged"] = table["converged"].astype(bool)
    table["replaced"] = replaced
    facts = {
        "model": "deseq2",
        "test": "likelihood_ratio" if ratio else "wald",
        "trend": fitted.kind,
        "trend_coefficients": fitted.coefficients,
        "prior_variance": spread.prior_variance,
        "cooks_cutoff": limit,
        "replaced_counts": int((outlying & replaceable).sum()),
        "outlier_features": int(excluded.sum()),
        "notes": _notes(fitted.kind, bool((size >= cooks.LEAST_TO_JUDGE).any())),
    }
    return table, facts


def _notes(kind: str, judged: bool) -> list[str]:
    notes = []
    if kind != "parametric":
        how = "a local regression" if kind == "local" else "their mean"
        notes.append(
            f"the dispersions do not follow asymptote + extra / mean: {how} is the trend instead"
        )
    if not judged:
        notes.append(
            f"outlying counts are not looked for: no {cooks.LEAST_TO_JUDGE} samples are alike in "
            "all that the model holds, as with a numeric covariate; look at the features' picture"
        )
    return notes


def _gene_wise(problem: Problem) -> tuple[Floats, Floats]:
    """Gene-wise dispersions, and the means that they are estimated with."""
    counts, factors, design = problem
    normalised = problem.normalised()
    start = dispersion.rough(normalised, design, factors)
    if len(np.unique(design, axis=0)) == design.shape[1]:
        # as many groups as coefficients: the group means are the fit
        means = dispersion.linear_means(normalised, design) * factors
    else:
        means = glm.fit(counts, factors, design, start).means
    means = np.maximum(means, glm.MIN_MEAN)
    return dispersion.gene_wise(counts, means, design, start), means


def _final(problem: Problem, gene_wise: Floats, means: Floats, spread: _Spread) -> Floats:
    """Dispersions drawn towards the trend, but for those that lie far above it."""
    around = spread.trend.at(problem.normalised().mean(axis=1))
    drawn = dispersion.maximum_a_posteriori(
        problem.counts, means, problem.design, gene_wise, around, spread.prior_variance
    )
    outlier = np.log(gene_wise) > np.log(around) + 2 * np.sqrt(spread.residual_variance)
    return np.where(outlier, gene_wise, drawn)


def _refit(problem: Problem, spread: _Spread, columns: list[int], ratio: bool) -> pd.DataFrame:
    """Table of features with counts replaced; the trend and the prior stay."""
    some = problem.counts.sum(axis=1) > 0
    kept = problem.of(problem.counts[some])
    table = pd.DataFrame(0.0, range(len(some)), _COLUMNS)
    table["p_value"] = 1.0
    table["dispersion"] = np.nan
    if some.any():
        alpha = _final(kept, *_gene_wise(kept), spread)
        result = glm.fit(kept.counts, kept.size_factors, kept.design, alpha)
        table.loc[some] = _tests(kept, result, alpha, columns, ratio).to_numpy()
    return table


def _tests(
    problem: Problem, result: glm.Fit, alpha: Floats, columns: list[int], ratio: bool
) -> pd.DataFrame:
    """Columns of `_COLUMNS`; fold changes are nan for several columns at once."""
    from scipy.stats import chi2, norm

    n = len(problem.counts)
    change = error = np.full(n, np.nan)
    if len(columns) == 1:
        change = result.coefficients[:, columns[0]] / glm.LOG2
        error = result.standard_errors[:, columns[0]] / glm.LOG2
    if ratio:
        statistic = 2 * (result.log_likelihood - _reduced(problem, alpha, columns))
        p = chi2.sf(statistic, len(columns))
    else:
        statistic = change / error
        p = 2 * norm.sf(np.abs(statistic))
    base_mean = problem.normalised().mean(axis=1)
    low, high = change - _Z * error, change + _Z * error
    converged = result.converged.astype(float)
    values = [base_mean, change, error, statistic, p, low, high, alpha, converged]
    return pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))


def _reduced(problem: Problem, alpha: Floats, columns: list[int]) -> Floats:
    """Log-likelihood of the design without the tested columns."""
    design = np.delete(problem.design, columns, axis=1)
    if design.shape[1] == 1 and (design == 1).all():
        return glm.fit_intercept(problem.counts, problem.size_factors, alpha)
    return glm.fit(problem.counts, problem.size_factors, design, alpha).log_likelihood


def _shrunken(problem: Problem, table: pd.DataFrame, result: glm.Fit, columns: list[int]) -> Floats:
    if len(columns) != 1:
        return np.full(len(table), np.nan)
    change = table["log2_fold_change"].to_numpy(float) * glm.LOG2
    error = table["standard_error"].to_numpy(float) * glm.LOG2
    usable = table["dispersion"].notna().to_numpy()
    scale = shrinkage.prior_scale(change, error)
    shrunken = np.zeros(len(table))
    shrunken[usable] = shrinkage.shrink(
        problem.counts[usable],
        problem.size_factors,
        problem.design,
        table["dispersion"].to_numpy(float)[usable],
        result.coefficients[usable],
        columns[0],
        scale,
    )
    return shrunken / glm.LOG2
