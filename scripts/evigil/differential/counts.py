"""Differential analysis of counts: DESeq2's model, fitted to all features at once.

Love, Huber and Anders (2014), doi:10.1186/s13059-014-0550-8. Equal to R's DESeq2 to the figures of
docs/methods.md; written from the paper and from what R's results are, with no code of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.differential.count_model import Problem, analyse
from evigil.differential.independent_filtering import filtered_q_values
from evigil.differential.negative_binomial import Floats
from evigil.errors import UserError
from evigil.matrix.normalise import MedianOfRatios

#: q-value at which independent filtering counts discoveries: R's default.
ALPHA = 0.1


class CountFit(NamedTuple):
    """Results of all features, and how they came about.

    Attributes
    ----------
    table : pandas.DataFrame
        By feature, sorted: ``base_mean`` (counts at size factor 1), ``log2_fold_change`` per unit
        of the tested column, ``standard_error``, ``statistic``, ``p_value`` (nan where a count is
        an outlier), ``q_value`` (nan where filtered), ``low`` and ``high`` (95 %),
        ``shrunken_log2_fold_change``, ``dispersion``, ``converged``, ``replaced``.
    facts : dict
        For ``design.json``.
    """

    table: pd.DataFrame
    facts: dict[str, Any]


def fit_counts(
    counts: pd.DataFrame,
    design: pd.DataFrame,
    tested: list[str],
    size_factors: pd.Series | None = None,
    lrt: bool = False,
) -> CountFit:
    """Test columns of a design in each feature.

    Parameters
    ----------
    counts
        Not negative integers, samples × features.
    design
        Full column rank, samples × coefficients, same samples; the intercept is a column of ones.
    tested
        Columns of the design. One is tested by Wald's statistic; several, or one with `lrt`, by the
        likelihood ratio to the design without them.
    size_factors
        Of the samples; median of ratios (`MedianOfRatios`) when None.
    lrt
        Whether one tested column, too, is tested by the likelihood ratio.

    Returns
    -------
    CountFit
        Of all features, those without a count included.

    Raises
    ------
    UserError
        If a count is no integer, negative or missing, a sample has no counts, no feature has any,
        or there are not more samples than coefficients.
    """
    from threadpoolctl import threadpool_limits

    counts = counts.sort_index(axis=0).sort_index(axis=1)
    values = _checked(counts, design)
    depth = (
        pd.Series(MedianOfRatios().fit(counts).size_factors(counts), counts.index)
        if size_factors is None
        else size_factors
    ).loc[counts.index]
    some = values.sum(axis=1) > 0
    model = design.loc[counts.index]
    problem = Problem(values[some], np.asarray(depth, float), np.asarray(model, float))
    columns = [list(model.columns).index(name) for name in tested]
    ratio = lrt or len(columns) > 1
    with threadpool_limits(1):  # the same sums, whatever the machine
        found, facts = analyse(problem, columns, ratio)
    table = found.set_index(counts.columns[some]).reindex(counts.columns)
    table["base_mean"] = table["base_mean"].fillna(0.0)
    for flag in ("converged", "replaced"):
        table[flag] = table[flag].eq(True)
    q, threshold = filtered_q_values(
        table["p_value"].to_numpy(), table["base_mean"].to_numpy(), ALPHA
    )
    table.insert(list(table.columns).index("low"), "q_value", q)
    facts["filter_threshold"] = threshold
    return CountFit(table.rename_axis("feature"), facts)


def refuse_uncounted(counts: pd.DataFrame) -> None:
    """Raise UserError, with the first one, if values (samples × features) are no counts."""
    values = counts.to_numpy(float).T
    bad = ~((values >= 0) & (values == np.floor(values)) & np.isfinite(values))
    if bad.any():
        feature, sample = (int(i) for i in np.argwhere(bad)[0])
        raise UserError(
            f"counts: sample {counts.index[sample]!r}, feature {counts.columns[feature]!r}: "
            f"{values[feature, sample]:g} is not a count; allowed are integers from 0"
        )


def _checked(counts: pd.DataFrame, design: pd.DataFrame) -> Floats:
    """Check the counts and put features in rows."""
    refuse_uncounted(counts)
    values = np.ascontiguousarray(counts.to_numpy(float).T)
    empty = ~values.any(axis=0)
    if empty.any():
        raise UserError(f"counts: sample {counts.index[int(np.argmax(empty))]!r} has no counts")
    n, p = design.shape
    if n <= p:
        raise UserError(
            f"design: {n} samples cannot tell {p} coefficients from noise; "
            f"at least {p + 1} samples are needed"
        )
    return values
