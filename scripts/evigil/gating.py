"""What the gates mean for later stages: which samples may be used, and why others may not."""

import pandas as pd

# From the worst. A specimen that nothing was measured of lowers nothing.
ORDER = ("fail", "not_evaluable", "not_supplied", "warn", "pass")
#: Reason of a blank's gate, ``not_evaluable``: it is not fitted, and not left out either.
BLANK = "a blank is measured and not judged"


def sample_gate(quality_samples: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return the gate of each sample in a layer: the worse of its specimen's and the layer's.

    Parameters
    ----------
    quality_samples
        ``quality/samples.tsv``: ``sample, layer, gate, reasons``.
    layer
        For example ``"smallrna"``.

    Returns
    -------
    pandas.DataFrame
        ``sample, gate, reasons``, sorted by sample: one row for each sample. Reasons of both are
        joined, the specimen's first; empty where there are none.
    """
    of_layer, of_specimen = (
        quality_samples[quality_samples["layer"] == name].set_index("sample")
        for name in (layer, "specimen")
    )
    specimen = of_specimen.reindex(of_layer.index)
    unmeasured = specimen["gate"].isna() | (specimen["gate"] == "not_supplied")
    rank = pd.concat(
        [of_layer["gate"].map(ORDER.index), _rank(specimen["gate"], unmeasured)], axis=1
    )
    parts = zip(
        specimen["reasons"].where(~unmeasured, "").fillna(""),
        of_layer["reasons"].fillna(""),
        strict=True,
    )
    table = pd.DataFrame(
        {
            "sample": of_layer.index,
            "gate": [ORDER[i] for i in rank.min(axis=1).astype(int)],
            "reasons": ["; ".join(part for part in pair if part) for pair in parts],
        }
    )
    return table.sort_values("sample", ignore_index=True)


def _rank(gates: pd.Series, unmeasured: pd.Series) -> pd.Series:
    return gates.mask(unmeasured, "pass").map(ORDER.index)


def usable(quality_samples: pd.DataFrame, layer: str) -> set[str]:
    """Return the samples that may be fitted and reported in a layer.

    Their specimen neither failed nor was beyond evaluation, and their layer passed or warned.
    """
    table = sample_gate(quality_samples, layer)
    return set(table["sample"][table["gate"].isin(["pass", "warn"])])


def without_blank_only(
    values: pd.DataFrame, blanks: pd.DataFrame | None, layer: str
) -> pd.DataFrame:
    """Leave out the features of which no sample has more than blanks do.

    Parameters
    ----------
    values
        Shape (n_samples, n_features), features as columns.
    blanks
        ``quality/blanks.tsv``: ``layer, feature, blank_only``; None of a study without blanks.
    layer
        Whose values these are.
    """
    if blanks is None:
        return values
    only = blanks.loc[(blanks["layer"] == layer) & (blanks["blank_only"] == 1), "feature"]
    return values.loc[:, ~values.columns.isin(only)] if len(only) else values


def measured(quality_samples: pd.DataFrame) -> pd.DataFrame:
    """Leave out what has nothing to say: blanks, and specimens that nothing was measured of."""
    silent = (quality_samples["layer"] == "specimen") & (quality_samples["gate"] == "not_supplied")
    return quality_samples[~silent & ~_of_blanks(quality_samples)]


def excluded(quality_samples: pd.DataFrame) -> pd.DataFrame:
    """Return the gates that keep a sample out of everything fitted, sorted by sample and layer.

    Blanks are not among them: they are no samples of anybody.
    """
    out = quality_samples["gate"].isin(["fail", "not_evaluable"]) & ~_of_blanks(quality_samples)
    return quality_samples[out].sort_values(["sample", "layer"], ignore_index=True)


def _of_blanks(quality_samples: pd.DataFrame) -> pd.Series:
    blanks = set(quality_samples.loc[quality_samples["reasons"] == BLANK, "sample"])
    return quality_samples["sample"].isin(blanks)


def doubts(identity: pd.DataFrame) -> list[str]:
    """Say which samples seem to be somebody else's, or are there twice, each once.

    Parameters
    ----------
    identity
        ``quality/identity.tsv``.
    """
    warned = identity[identity["verdict"] == "warn"]
    return [f"{row.sample}: {row.reason}" for row in warned.drop_duplicates("reason").itertuples()]


def gate_summary(quality_samples: pd.DataFrame) -> list[str]:
    """Describe the gates for the end of a run: counts per layer, then each excluded sample.

    Returns
    -------
    list of str
        For example ``"smallrna: 148 pass, 2 fail"``, ``"blanks: 3, measured and not judged"`` and
        ``"excluded: s7 (smallrna fail: transcriptome_reads 38,211 is below 100,000)"``.
    """
    lines = []
    for layer, gates in measured(quality_samples).groupby("layer")["gate"]:
        counts = gates.value_counts()
        found = [f"{counts[g]:,} {g}" for g in reversed(ORDER) if g in counts]
        lines.append(f"{layer}: {', '.join(found)}")
    if blanks := quality_samples.loc[_of_blanks(quality_samples), "sample"].nunique():
        lines.append(f"blanks: {blanks:,}, measured and not judged")
    for row in excluded(quality_samples).itertuples():
        lines.append(f"excluded: {row.sample} ({row.layer} {row.gate}: {row.reasons})")
    return lines
