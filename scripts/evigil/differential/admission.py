"""Which samples a contrast is made from, and why the others are not in it."""

from typing import NamedTuple

import pandas as pd

from evigil.differential.contrasts import Contrast


class Admitted(NamedTuple):
    """The samples of a contrast.

    Attributes
    ----------
    used
        Rows of the samples that are used, indexed by sample, sorted.
    left_out
        ``sample, reason``, sorted by sample.
    """

    used: pd.DataFrame
    left_out: pd.DataFrame


def admit(samples: pd.DataFrame, contrast: Contrast, gates: pd.DataFrame | None) -> Admitted:
    """Decide which samples a contrast is made from.

    Technical replicates count once: only the first sample of a draw is used. A sample that lacks a
    value which the model needs is left out (complete cases, as R's ``model.matrix`` does).

    Parameters
    ----------
    samples
        ``Study.contrast_samples``: ``sample, patient`` and the columns that the contrast uses.
    gates
        ``sample, gate, reasons`` of the layer (`evigil.gating.sample_gate`); None before the gates
        are known.
    """
    table = samples.sort_values("sample").set_index("sample")
    reason = pd.Series("", index=table.index)
    if gates is not None:
        reason = _gate_reasons(table.index, gates)
    for column in contrast.columns:
        missing = table[column].isna() & (reason == "")
        reason[missing] = f"{column} is missing"
    if "replicate_of" in table:
        copies = table["replicate_of"].notna()
        reason[copies] = "technical replicate of " + table["replicate_of"][copies].astype(str)
    out = reason[reason != ""].rename("reason").rename_axis("sample").reset_index()
    return Admitted(table[reason == ""], out)


def _gate_reasons(samples: pd.Index, gates: pd.DataFrame) -> pd.Series:
    """Say why the gates keep samples out; ``""`` for those that passed or warned."""
    known = gates.set_index("sample").reindex(samples)
    gate = known["gate"].fillna("not_supplied")
    why = known["reasons"].fillna("")
    return ("gate " + gate + (": " + why).where(why != "", "")).mask(
        gate.isin(["pass", "warn"]), ""
    )
