"""Which samples take part, and in what role."""

import pandas as pd

from evigil.errors import UserError

LAYER = "smallrna"
TAKES_PART = ("pass", "warn")
WORST_FIRST = ("fail", "not_evaluable", "not_supplied", "warn", "pass")


def sample_gates(quality: pd.DataFrame) -> pd.DataFrame:
    """Reduce the gates of a specimen and of the layer to the one that counts for the classifier.

    Parameters
    ----------
    quality
        ``results/quality/samples.tsv``: ``sample, layer, gate, reasons``.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample: ``gate`` (the worse of the two; what the specimen as a whole was not
        judged on does not lower it) and ``reasons`` (those of the gates that gave it).
    """
    own = quality["layer"].isin(["specimen", LAYER])
    silent = (quality["layer"] == "specimen") & (quality["gate"] == "not_supplied")
    rows = quality[own & ~silent].fillna({"reasons": ""})
    rank = rows["gate"].map(WORST_FIRST.index)
    worst = rows[rank == rank.groupby(rows["sample"]).transform("min")]
    return worst.groupby("sample").agg(
        gate=("gate", "first"),
        reasons=("reasons", lambda texts: "; ".join(sorted({t for t in texts if t}))),
    )


def usable_samples(quality: pd.DataFrame) -> pd.Index:
    """Return the samples whose gates let them take part in what is fitted, sorted."""
    gates = sample_gates(quality)
    return gates.index[gates["gate"].isin(TAKES_PART)]


def select_training(
    counts: pd.DataFrame, training: pd.DataFrame, usable: pd.Index
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
