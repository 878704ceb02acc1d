"""Which samples take part, and in what role."""

from collections.abc import Collection

import pandas as pd

from evigil.classifier.layer import COUNTS, SMALLRNA, Layer
from evigil.errors import UserError


def select_training(
    counts: pd.DataFrame,
    training: pd.DataFrame,
    usable: Collection[str],
    layer: Layer = SMALLRNA,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the rows that take part into those to train on and those only to be scored.

    Parameters
    ----------
    counts
        Shape (n_samples, n_features), samples as index.
    training
        Columns ``sample, patient, label``; a missing label means: only to be scored.
    usable
        Samples whose gates let them take part.
    layer
        What the values are.

    Returns
    -------
    labelled, others
        Rows of `training` that are usable and measured, sorted by sample.

    Raises
    ------
    UserError
        If a sample to train on has no count, or no value, at all.
    """
    taken = training["sample"].isin(usable) & training["sample"].isin(counts.index)
    rows = training[taken].sort_values("sample", ignore_index=True)
    is_labelled = rows["label"].notna()
    labelled = rows[is_labelled].reset_index(drop=True)
    own = counts.loc[labelled["sample"]]
    has_some = (own > 0 if layer.scale == COUNTS else own.notna()).any(axis=1).to_numpy()
    empty = ", ".join(labelled["sample"][~has_some])
    if empty:
        what = (
            f"all counts of sample {empty} are 0"
            if layer.scale == COUNTS
            else f"sample {empty} has no value in {layer.name}"
        )
        raise UserError(f"classifier: {what}; it cannot be trained on")
    return labelled, rows[~is_labelled].reset_index(drop=True)


def supplied(counts: pd.DataFrame, labelled: pd.DataFrame, layer: Layer = SMALLRNA) -> pd.DataFrame:
    """Leave out the counts that a training sample was not supplied with.

    A log2 value that is missing was looked for and not found: these stay. Which counts were not
    supplied follows from how the samples entered (a table lacks what it did not count), not from
    a label or a count: held-out patients may be among the samples.

    Parameters
    ----------
    counts
        Shape (n_samples, n_features), samples as index; missing where not supplied.
    labelled
        The samples to train on.
    layer
        What the values are.

    Raises
    ------
    UserError
        If no feature is left.
    """
    if layer.scale != COUNTS:
        return counts
    lacking = counts.loc[labelled["sample"]].isna().any()
    if lacking.all() and len(labelled):
        raise UserError("classifier: no feature was supplied in every sample to train on")
    return counts.loc[:, ~lacking] if lacking.any() else counts
