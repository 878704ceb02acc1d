"""Which samples take part, and in what role."""

from collections.abc import Collection

import pandas as pd

from evigil.errors import UserError

LAYER = "smallrna"


def select_training(
    counts: pd.DataFrame, training: pd.DataFrame, usable: Collection[str]
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

    Returns
    -------
    labelled, others
        Rows of `training` that are usable and measured, sorted by sample.

    Raises
    ------
    UserError
        If a sample to train on has no count at all.
    """
    taken = training["sample"].isin(usable) & training["sample"].isin(counts.index)
    rows = training[taken].sort_values("sample", ignore_index=True)
    is_labelled = rows["label"].notna()
    labelled = rows[is_labelled].reset_index(drop=True)
    empty = labelled["sample"][~(counts.loc[labelled["sample"]] > 0).any(axis=1).to_numpy()]
    if len(empty):
        raise UserError(
            f"classifier: all counts of sample {', '.join(empty)} are 0; it cannot be trained on"
        )
    return labelled, rows[~is_labelled].reset_index(drop=True)


def supplied(counts: pd.DataFrame, labelled: pd.DataFrame) -> pd.DataFrame:
    """Leave out the features that a training sample was not supplied with.

    Which these are follows from how the samples entered (a table lacks what it did not count),
    not from a label or a count: held-out patients may be among the samples.

    Parameters
    ----------
    counts
        Shape (n_samples, n_features), samples as index; missing where not supplied.
    labelled
        The samples to train on.

    Raises
    ------
    UserError
        If no feature is left.
    """
    lacking = counts.loc[labelled["sample"]].isna().any()
    if lacking.all() and len(labelled):
        raise UserError("classifier: no feature was supplied in every sample to train on")
    return counts.loc[:, ~lacking] if lacking.any() else counts
