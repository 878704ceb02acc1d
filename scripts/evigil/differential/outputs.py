"""The tables of a contrast as the contract has them."""

import pandas as pd

from evigil.differential.design import Design
from evigil.differential.models import ESTIMATES, Fit

SIGNIFICANT = 0.05  # of q: what is called found
GROUPS = ("case", "control")
COLUMNS = (
    "feature",
    *ESTIMATES,
    *(f"mean_{group}" for group in GROUPS),
    *(f"detected_{group}" for group in GROUPS),
    "shrunken_log2_fold_change",
)


def main_table(fit: Fit, detected: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return ``<layer>.tsv``.

    Parameters
    ----------
    fit
        The model's estimates.
    detected
        Whether each sample has each feature, bool, shape (n_samples, n_features).
    design
        The model; its groups say whose means are given.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, sorted by ``p_value``, then ``feature``; what is not tested comes last.
    """
    table = fit.table.copy()
    for group in GROUPS:
        members = design.groups.index[design.groups == group]
        table[f"mean_{group}"] = fit.normalised.loc[members].mean()
        table[f"detected_{group}"] = detected.loc[members, table.index].mean()
    return by_p_value(table.reset_index())[list(COLUMNS)]


def by_p_value(table: pd.DataFrame) -> pd.DataFrame:
    """Sort features by ``p_value``, then ``feature``; a missing p-value is last."""
    return table.sort_values(["p_value", "feature"], na_position="last", ignore_index=True)


def detection(detected: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return ``<layer>.detection.tsv``: whether a feature is there at all, tested by itself."""
    from evigil.differential.detection import detection_table

    table = detection_table(detected, design.matrix, design.tested, design.block)
    table = table.rename_axis("feature")
    for group in reversed(GROUPS):
        members = design.groups.index[design.groups == group]
        table.insert(0, f"detected_{group}", detected.loc[members].mean().reindex(table.index))
    return by_p_value(table.reset_index())
