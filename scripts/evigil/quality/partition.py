"""How much of the variance of each feature goes with each covariate, for all features at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from evigil.stats.least_squares import batches, decompose

# A covariate known for fewer of the samples says too little of them (as in the audit; ours).
KNOWN = 0.8
# A model of all covariates needs so many samples for each of its parameters (ours).
SAMPLES_PER_PARAMETER = 2
SHARES = ["layer", "feature", "covariate", "n", "explained", "unique"]

Floats = NDArray[np.float64]


class Encoded(NamedTuple):
    """A covariate as columns of a design.

    Attributes
    ----------
    columns
        Shape (n_samples, p); none if it cannot be looked at, and `note` says why. A value that is
        missing is a level of its own.
    n
        Samples that it is known of.
    levels
        Of a category; 0 of a number.
    """

    columns: Floats
    n: int
    levels: int
    note: str = ""


def encode(covariate: pd.Series) -> Encoded:
    """Write a covariate as columns: floats are a number, anything else a category."""
    known = covariate.dropna()
    numeric = is_numeric_dtype(covariate)
    n, levels = len(known), 0 if numeric else int(known.nunique())
    nothing = np.empty((len(covariate), 0))
    if note := _why_not(covariate, known, levels):
        return Encoded(nothing, n, levels, note)
    if not numeric:
        codes = pd.Categorical(covariate.astype(str).where(covariate.notna(), ""))
        return Encoded(np.eye(len(codes.categories))[codes.codes][:, 1:], n, levels)
    values = covariate.to_numpy(float)
    columns = [np.where(np.isnan(values), 0, (values - known.mean()) / known.std(ddof=0))]
    if n < len(covariate):
        columns.append(np.isnan(values).astype(float))
    return Encoded(np.column_stack(columns), n, levels)


def _why_not(covariate: pd.Series, known: pd.Series, levels: int) -> str:
    if known.empty:
        return "not recorded"
    if known.nunique() == 1:
        return f"the same in all: {_shown(known.iloc[0])}"
    if len(known) < KNOWN * len(covariate):
        return f"known for {len(known)} of {len(covariate)} samples"
    if 2 * levels > len(known):
        return f"{levels} levels in {len(known)} samples: too many to compare"
    return ""


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def explained(values: Floats, designs: Sequence[Floats]) -> Floats:
    """Return the share of each feature's variance that each linear model explains (R²).

    Features that miss the same samples share one QR decomposition of a design; the share is the
    squared length of the feature along its basis.

    Parameters
    ----------
    values
        Shape (n, m), nan = missing.
    designs
        Columns of k models, each of shape (n, p) with n > p; an intercept is added.

    Returns
    -------
    numpy.ndarray
        Shape (k, m); nan where a feature does not vary.
    """
    whole = [np.column_stack([np.ones(len(values)), columns]) for columns in designs]
    observed = np.isfinite(values)
    filled = np.where(observed, values, 0)
    mean = filled.sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    total = (np.where(observed, values - mean, 0) ** 2).sum(axis=0)
    fitted = np.zeros((len(whole), values.shape[1]))
    widest = max((design.shape[1] for design in whole), default=1)
    for batch in batches(values - mean, None, widest):
        for i, design in enumerate(whole):
            for part in decompose(batch.root[:, :, None] * design):
                along = part.basis.transpose(0, 2, 1) @ batch.values[part.places]
                fitted[i, batch.features[part.places]] = (along**2).sum(axis=1)
    # of a feature that does not vary rounding is left, which anything would explain
    varies = total > 1e-20 * (filled**2).sum(axis=0)
    return np.where(varies, np.clip(fitted / np.where(varies, total, 1), 0, 1), np.nan)


def partition(
    values: pd.DataFrame, encoded: Mapping[str, Encoded]
) -> tuple[pd.DataFrame, pd.Series]:
    """Partition the variance of every feature over covariates.

    Parameters
    ----------
    values
        Shape (n_samples, n_features), on a logarithmic scale.
    encoded
        By covariate, as `encode` returns it for the same samples.

    Returns
    -------
    pandas.DataFrame
        ``feature, covariate, n, explained, unique``: the share that the covariate explains alone,
        and the share that is lost when it leaves the model of all covariates (type II sums of
        squares); the latter is nan where there are fewer than 2 samples for each parameter.
    pandas.Series
        Share that all covariates explain together, by feature.
    """
    matrix = values.to_numpy(float)
    used = {name: e for name, e in encoded.items() if e.columns.shape[1]}
    columns = joined((e.columns for e in used.values()), len(values))
    enough = bool(used) and len(values) >= SAMPLES_PER_PARAMETER * (columns.shape[1] + 1)
    designs = [e.columns for e in used.values()]
    if enough:
        designs += [
            joined((e.columns for other, e in used.items() if other != name), len(values))
            for name in used
        ]
        designs.append(columns)
    found = explained(matrix, designs)
    whole = found[-1] if enough else np.full(values.shape[1], np.nan)
    tables = []
    for i, name in enumerate(used):
        shares = {
            "feature": values.columns.astype(str),
            "covariate": name,
            "n": values.notna().sum().to_numpy(),
            "explained": found[i],
            "unique": np.maximum(whole - found[len(used) + i], 0) if enough else np.nan,
        }
        tables.append(pd.DataFrame(shares))
    table = pd.concat(tables, ignore_index=True) if tables else no_shares()[SHARES[1:]]
    return table, pd.Series(whole, index=values.columns)


def joined(parts: Iterable[Floats], n: int) -> Floats:
    """Put the columns of covariates side by side, shape (n, p); p may be 0."""
    return np.column_stack([np.empty((n, 0)), *parts])


def no_shares() -> pd.DataFrame:
    """Return ``quality/variance.tsv`` without a row."""
    kinds = {"n": int, "explained": float, "unique": float}
    return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, object)) for c in SHARES})
