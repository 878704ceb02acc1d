"""Pictures of the sequenced samples: where reads went, what they are, how deep the library is."""

from pathlib import Path

import numpy as np
import pandas as pd

from evigil.figures import CONTROL, MUTED, WIDTH, house_theme, save, share_plot
from evigil.rna.classes import CLASSES

#: Columns of the ledger by what a reader asks of them, from the 5′ end of the bar on.
FATES = {
    "miRNA": ["miRNA"],
    "other RNA": [name for name in CLASSES if name not in ("spike_in", "artifact", "miRNA")],
    "spike-in": ["spike_in"],
    "antisense or unmapped": ["antisense", "unmapped"],
    "PCR duplicate": ["duplicate_umi"],
    "too short or too long": ["too_short", "too_long"],
    "poor quality": ["low_quality", "ambiguous_base", "pair_discordant"],
    "adapter": ["adapter_dimer", "no_adapter", "artifact"],
}
#: Okabe & Ito, https://jfly.uni-koeln.de/color/, and greys for what is not RNA.
FATE_COLOURS = [
    *("#0072b2", "#56b4e9", "#009e73", "#f0e442"),
    *("#cc79a7", "#d9d9d9", "#a6a6a6", "#4d4d4d"),
]
CLASS_COLOURS = [
    *("#0072b2", "#e69f00", "#009e73", "#f0e442", "#d55e00", "#cc79a7"),
    *("#56b4e9", "#8c6d31", "#999999", "#5e3c99", "#1b1b1b"),
]
RNA = [name for name in CLASSES if name not in ("spike_in", "artifact")]


def write_figures(
    ledger: pd.DataFrame,
    lengths: pd.DataFrame,
    saturation: pd.DataFrame,
    stems: dict[str, str | Path],
) -> None:
    """Draw the sequenced samples.

    Parameters
    ----------
    ledger, lengths, saturation
        The tables of these names in ``results/smallrna``.
    stems
        Paths without their endings for ``fate, classes, lengths, saturation``.
    """
    save(share_plot(fate_shares(ledger), FATE_COLOURS, "Share of reads"), stems["fate"])
    save(share_plot(class_shares(ledger), CLASS_COLOURS, "Share of RNA"), stems["classes"])
    save(length_plot(lengths), stems["lengths"])
    save(saturation_plot(saturation), stems["saturation"])


def fate_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the share of reads by kind of fate: ``sample`` as index, `FATES` as columns."""
    rows = ledger.set_index("sample")
    groups = pd.DataFrame({name: rows[columns].sum(axis=1) for name, columns in FATES.items()})
    return groups.div(rows["reads"].where(rows["reads"] > 0), axis=0).fillna(0.0)


def class_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each class among the RNA: ``sample`` as index, classes as columns."""
    rows = ledger.set_index("sample")[RNA]
    total = rows.sum(axis=1)
    return rows.div(total.where(total > 0), axis=0).fillna(0.0)


def length_plot(lengths: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the insert lengths by class, each sample with the same weight."""
    import plotnine as p9

    total = lengths.groupby("sample")["molecules"].transform("sum")
    share = lengths["molecules"] / total / lengths["sample"].nunique()
    kind = lengths["biotype"].where(lengths["biotype"].isin(RNA), "not RNA of the reference")
    rows = lengths.assign(share=share, kind=kind)
    table = rows.groupby(["length", "kind"])["share"].sum().reset_index()
    levels = [*RNA, "not RNA of the reference"]
    present = [name for name in levels if name in set(table["kind"])]
    table["kind"] = pd.Categorical(table["kind"], present[::-1])
    colours = dict(zip(levels, [*CLASS_COLOURS, "#d9d9d9"], strict=True))
    return (
        p9.ggplot(table, p9.aes("length", "share", fill="kind"))
        + p9.geom_col(width=0.9)
        + p9.scale_fill_manual(colours, breaks=present, limits=present[::-1])
        + p9.scale_y_continuous(labels=lambda values: [f"{100 * v:.3g} %" for v in values])
        + p9.labs(x="Insert length (nt)", y="Share of inserts, mean of the samples")
        + p9.guides(fill=p9.guide_legend(ncol=6))
        + house_theme(WIDTH, 4.5)
    )


def saturation_plot(saturation: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the expected number of features by depth, a line for each sample."""
    import plotnine as p9

    last = saturation.sort_values("reads").groupby("sample").tail(1)
    fade = float(np.clip(12 / max(1, len(last)), 0.08, 0.8))
    return (
        p9.ggplot(saturation, p9.aes("reads", "features", group="sample"))
        + p9.geom_line(colour=CONTROL, alpha=fade)
        + p9.geom_point(data=last, colour=MUTED, size=0.8, alpha=max(fade, 0.3))
        + p9.scale_x_continuous(labels=lambda values: [f"{v:,.0f}" for v in values])
        + p9.labs(x="Reads of the transcriptome", y="Features with at least 5 reads, expected")
        + house_theme(WIDTH, 4.5)
    )
