"""The one fit of a contrast: main table and sensitivity analyses both come from here."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.differential.design import Design
from evigil.errors import UserError

ESTIMATES = (
    "base_mean",
    "log2_fold_change",
    "standard_error",
    "statistic",
    "p_value",
    "q_value",
    "low",
    "high",
)
TESTS = ("statistic", "p_value", "q_value")


class Fit(NamedTuple):
    """What a model says of every feature.

    Attributes
    ----------
    table
        Indexed by feature: `ESTIMATES` and ``shrunken_log2_fold_change``; a feature that is not
        tested has a ``base_mean`` only.
    normalised
        Shape (n_samples, n_features): counts over size factors, or the log2 values as they are.
    facts
        For ``design.json``.
    """

    table: pd.DataFrame
    normalised: pd.DataFrame
    facts: dict[str, Any]


def fit(
    values: pd.DataFrame,
    scale: str,
    design: Design,
    size_factors: str = "auto",
    low_counts: str = "auto",
) -> Fit:
    """Fit the model of a contrast to a layer.

    Parameters
    ----------
    values
        Shape (n_samples, n_features), the samples of the design among them; NaN is missing, on the
        log2 scale only.
    scale
        ``counts`` (negative binomial; voom where the design has a block) or ``log2`` (limma).
    size_factors
        ``auto``, ``ratio`` or ``poscounts``; of counts. With a block, ``auto`` is TMM.
    low_counts
        ``auto`` leaves features out that have too few counts for the design, ``none`` does not.

    Raises
    ------
    UserError
        If a count is no whole number, or a sample cannot be normalised.
    """
    used = values.loc[design.matrix.index].sort_index(axis=1)
    if scale == "log2":
        return _log2(used, design)
    from evigil.differential.counts import refuse_uncounted

    refuse_uncounted(used)
    empty = used.index[~(used > 0).any(axis=1)]
    if len(empty):
        raise UserError(f"sample {empty[0]!r} has no counts")
    kept = _kept(used, design, low_counts)
    factors, method = _size_factors(used[kept], size_factors, design.block is not None)
    normalised = used.div(factors, axis=0)
    model = _counts if design.block is None else _blocked_counts
    table, facts = model(used[kept], design, factors, method)
    facts |= {
        "size_factors": {"method": method, "values": factors.to_dict()},
        "low_counts": {"filter": low_counts, "features_kept": len(kept)},
    }
    return Fit(_complete(table, normalised, design), normalised, facts)


def _kept(counts: pd.DataFrame, design: Design, low_counts: str) -> list[str]:
    from evigil.differential.low_counts import keep_features

    enough = (counts > 0).any()
    if low_counts == "auto":
        enough &= keep_features(counts, design.matrix)
    if not enough.any():
        raise UserError("no feature has enough counts for this design; set filter: none")
    return sorted(enough.index[enough])


def _size_factors(counts: pd.DataFrame, method: str, blocked: bool) -> tuple[pd.Series, str]:
    from evigil.matrix.normalise import TMM, MedianOfRatios

    if blocked and method == "auto":
        found = np.asarray(TMM().fit(counts).size_factors(counts), dtype=float)
        return pd.Series(found / np.exp(np.log(found).mean()), counts.index), "tmm"
    ratios = MedianOfRatios(method).fit(counts)
    return pd.Series(ratios.size_factors(counts), counts.index), ratios.method_


def _counts(
    counts: pd.DataFrame, design: Design, factors: pd.Series, method: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    from evigil.differential.counts import fit_counts

    found = fit_counts(
        counts,
        design.matrix,
        design.tested,
        factors,
        lrt=not design.has_fold_change,
    )
    return found.table, found.facts


def _blocked_counts(
    counts: pd.DataFrame, design: Design, factors: pd.Series, method: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    from evigil.differential.voom import fit_blocked_counts

    assert design.block is not None
    given = None if method == "tmm" else factors.to_numpy()
    found = fit_blocked_counts(counts, design.matrix, design.tested, design.block, given)
    return found.table, found.facts


def _log2(values: pd.DataFrame, design: Design) -> Fit:
    from evigil.differential.linear import fit_log_scale

    found = fit_log_scale(values, design.matrix, design.tested, design.block)
    return Fit(_complete(found.table, values, design), values, found.facts)


def _complete(table: pd.DataFrame, normalised: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Give every feature of the layer a row, and every model's table the same columns."""
    columns = [*ESTIMATES[1:], "shrunken_log2_fold_change"]
    whole = table.reindex(index=normalised.columns, columns=columns).astype(float)
    if not design.has_fold_change:
        if table["log2_fold_change"].notna().any():  # of two levels limma's F is the square of t
            whole["statistic"] **= 2
        whole[[c for c in columns if c not in TESTS]] = np.nan
    whole.insert(0, "base_mean", normalised.mean())
    if "base_mean" in table:  # outliers replaced
        whole["base_mean"] = table["base_mean"].reindex(whole.index).fillna(whole["base_mean"])
    return whole.rename_axis("feature")
