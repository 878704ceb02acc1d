"""Differential analysis of log-scale layers: linear models on what was observed, moderated.

limma's model (Smyth 2004, doi:10.2202/1544-6115.1027; Ritchie et al. 2015, doi:10.1093/nar/gkv007)
with the contrast as a coefficient of the design, so that missing values and covariates are exact.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.differential.blocks import consensus_correlation
from evigil.differential.deqms import prior_by_peptides
from evigil.differential.empirical_bayes import (
    Floats,
    Prior,
    moderated_variance,
    prior_of_variances,
    two_sided_t,
    upper_f,
)
from evigil.errors import UserError
from evigil.stats.least_squares import LinearFits, blocks_of, least_squares
from evigil.stats.multiple import benjamini_hochberg

# Of the intervals of fold changes.
COVERAGE = 0.95


class LogScaleFit(NamedTuple):
    """What a contrast gives in one layer."""

    table: pd.DataFrame  # a row per feature, in the order of the values
    facts: dict[str, Any]  # of the model as a whole, for design.json


def fit_log_scale(
    values: pd.DataFrame,
    design: pd.DataFrame,
    tested: list[str],
    block: pd.Series | None = None,
    trend: bool = False,
    peptides: pd.Series | None = None,
) -> LogScaleFit:
    """Test coefficients of a design in every feature of a log2 layer.

    Parameters
    ----------
    values
        log2 values, samples × features; nan = missing.
    design
        Samples × coefficients, the samples of `values` in order, of full rank.
    tested
        One coefficient: fold change, moderated t. Several: moderated F, no fold change. Where a
        feature's samples alias a tested coefficient with others it is not estimable, and nan.
    block
        The patient of each sample where there are repeated draws: samples of a patient share the
        correlation that limma's ``duplicateCorrelation`` finds.
    trend
        Let the prior variance follow the features' mean.
    peptides
        Peptides per feature: the prior variance follows them [DEqMS].

    Returns
    -------
    LogScaleFit
        Columns `log2_fold_change, standard_error, statistic, p_value, q_value, low, high,
        degrees_of_freedom, numerator_degrees_of_freedom, average, n`.

    Raises
    ------
    UserError
        If no feature leaves residual degrees of freedom.
    ValueError
        If trend and peptides are both asked for.
    """
    if trend and peptides is not None:
        raise ValueError("the prior variance follows the mean or the peptides, not both")
    correlation = None
    matrix, ordered = values.to_numpy(float), tested_last(design, tested)
    if block is not None:
        correlation = consensus_correlation(matrix, ordered, block.to_numpy())
    average = observed_mean(matrix)
    fits = fit_design(matrix, ordered, block, correlation)
    return moderate(
        fits,
        values.columns,
        len(tested),
        average,
        model="limma",
        covariate=average if trend else None,
        peptides=None if peptides is None else peptides.to_numpy(float),
        correlation=correlation,
    )


def fit_design(
    values: Floats,
    design: Floats,
    block: pd.Series | None,
    correlation: float | None,
    weights: Floats | None = None,
) -> LinearFits:
    """Fit (n, m) values by weighted, with blocks by generalised, least squares."""
    if block is None or correlation is None:
        return least_squares(values, design, weights)
    return least_squares(values, design, weights, blocks_of(block.to_numpy()), correlation)


def moderate(
    fits: LinearFits,
    features: pd.Index,
    n_tested: int,
    average: Floats,
    model: str,
    covariate: Floats | None = None,
    peptides: Floats | None = None,
    correlation: float | None = None,
) -> LogScaleFit:
    """Turn fits, whose last coefficients are tested, into the table of a contrast."""
    if not (fits.freedom > 0).any():
        raise UserError("no feature has more samples than the design has coefficients")
    if peptides is not None:
        prior = prior_by_peptides(fits.variance, fits.freedom, peptides)
        model = "deqms"
    else:
        prior = prior_of_variances(fits.variance, fits.freedom, _known(covariate))
        model = model if covariate is None else f"{model}_trend"
    variance = moderated_variance(fits.variance, fits.freedom, prior)
    freedom = fits.freedom + prior.freedom
    if peptides is None:  # no test knows more than all features together
        freedom = np.minimum(freedom, fits.freedom.sum())
    one = n_tested == 1
    columns = _t(fits, variance, freedom) if one else _f(fits, n_tested, variance, freedom)
    table = pd.DataFrame(columns, index=features)
    table.insert(4, "q_value", benjamini_hochberg(table["p_value"]))
    table = table.assign(average=average, n=fits.n)
    return LogScaleFit(table, _facts(model, prior, covariate, peptides, correlation))


def observed_mean(values: Floats) -> Floats:
    """Mean of what is observed of each feature, nan where nothing is: (n, m) to (m,)."""
    observed = np.isfinite(values)
    count = observed.sum(axis=0)
    total = np.where(observed, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def tested_last(design: pd.DataFrame, tested: list[str]) -> Floats:
    """Put tested columns last: where columns repeat each other, a covariate takes the variation."""
    others = [column for column in design.columns if column not in tested]
    return design[others + tested].to_numpy(float)


def _known(covariate: Floats | None) -> Floats | None:
    """Give features without a value the middle: they have no variance and say nothing."""
    if covariate is None:
        return None
    return np.where(np.isnan(covariate), np.nanmedian(covariate), covariate)


def _t(fits: LinearFits, variance: Floats, freedom: Floats) -> dict[str, Floats]:
    from scipy.special import ndtri, stdtrit

    change = fits.coefficients[:, -1]
    error = np.sqrt(variance * fits.covariance[:, -1, -1])
    statistic = change / error
    upper = (1 + COVERAGE) / 2
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    half = error * np.where(np.isinf(freedom), ndtri(upper), stdtrit(finite, upper))
    return {
        "log2_fold_change": change,
        "standard_error": error,
        "statistic": statistic,
        "p_value": two_sided_t(statistic, freedom),
        "low": change - half,
        "high": change + half,
        "degrees_of_freedom": freedom,
        "numerator_degrees_of_freedom": np.ones(len(change)),
    }


def _f(fits: LinearFits, n_tested: int, variance: Floats, freedom: Floats) -> dict[str, Floats]:
    change = fits.coefficients[:, -n_tested:]
    left_out = np.isnan(change)
    # A coefficient that a feature does not have is one of 0 that is unrelated to the others.
    covariance = np.where(
        left_out[:, :, None] | left_out[:, None, :],
        np.eye(n_tested),
        fits.covariance[:, -n_tested:, -n_tested:],
    )
    known = np.where(left_out, 0.0, change)
    squares = (known * np.linalg.solve(covariance, known[:, :, None])[:, :, 0]).sum(axis=1)
    numerator = (~left_out).sum(axis=1).astype(float)
    shared = np.where(numerator > 0, numerator, np.nan)
    statistic = squares / shared / variance
    nothing = np.full(len(change), np.nan)
    return {
        "log2_fold_change": nothing,
        "standard_error": nothing,
        "statistic": statistic,
        "p_value": upper_f(statistic, numerator, freedom),
        "low": nothing,
        "high": nothing,
        "degrees_of_freedom": freedom,
        "numerator_degrees_of_freedom": numerator,
    }


def _facts(
    model: str,
    prior: Prior,
    covariate: Floats | None,
    peptides: Floats | None,
    correlation: float | None,
) -> dict[str, Any]:
    common = covariate is None and peptides is None
    return {
        "model": model,
        # JSON has no infinity: null says that all features share one variance
        "prior_degrees_of_freedom": float(prior.freedom) if np.isfinite(prior.freedom) else None,
        "prior_variance": float(prior.variance[0]) if common else None,
        "block_correlation": correlation,
    }
