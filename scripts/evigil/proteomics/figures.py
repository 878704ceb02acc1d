"""Pictures of the proteins: how many, which are missing, whose they are, and their levels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evigil.figures import (
    CASE,
    COLOURS,
    CONTROL,
    MUTED,
    NAMED,
    WIDTH,
    house_theme,
    sample_axis,
    sample_height,
    samples_label,
    save,
    share_plot,
)
from evigil.proteomics import figure_data
from evigil.proteomics.figure_data import INDICES, MEASURED, NORMALISED, PUBLISHED, SAFE

if TYPE_CHECKING:
    from plotnine import ggplot

#: Columns of ``proteomics/samples.tsv`` by what a reader asks of them.
PARTS = {
    "transmembrane (1)": "category_1_share",
    "inside vesicles (2)": "category_2_share",
    "isolated with vesicles (3)": "category_3_share",
    "other compartments (4)": "category_4_share",
    "secreted, corona (5)": "category_5_share",
}
LIGHT = "#a6a6a6"
PART_COLOURS = ["#0072b2", "#56b4e9", "#d55e00", "#cc79a7", "#009e73", "#d9d9d9"]
PICTURES = ("identifications", "missingness", "character", "plasma_quality", "intensities")
#: More batches than colours are not told apart.
MOST_BATCHES = len(COLOURS)


def write_figures(
    samples: pd.DataFrame,
    measured: pd.DataFrame,
    values: pd.DataFrame,
    stems: dict[str, str | Path],
) -> None:
    """Draw the proteins of a cohort.

    Parameters
    ----------
    samples
        ``proteomics/samples.tsv``.
    measured, values
        ``proteomics/intensities.h5ad``: log2 before (its layer ``measured``) and after
        normalisation, shape (n_samples, n_groups), NaN where missing.
    stems
        Paths without their endings for `PICTURES`.
    """
    save(identification_plot(samples), stems["identifications"])
    save(missingness_plot(figure_data.missingness(measured)), stems["missingness"])
    save(character_plot(samples), stems["character"])
    save(quality_plot(figure_data.quality_points(samples)), stems["plasma_quality"])
    save(intensity_plot(figure_data.level_quantiles(measured, values)), stems["intensities"])


def identification_plot(samples: pd.DataFrame) -> "ggplot":
    """Return the number of protein groups of each sample, coloured by the batch of its table."""
    import plotnine as p9

    table = samples[["sample", "proteins"]].assign(batch=_batches(samples))
    named = len(table) <= NAMED
    table = table.sort_values(["sample"] if named else ["batch", "proteins", "sample"])
    order = table["sample"].tolist()
    table["sample"] = pd.Categorical(table["sample"], order[::-1] if named else order)
    batches = sorted(table["batch"].unique())
    plot = (
        p9.ggplot(table, p9.aes("sample", "proteins", fill="batch"))
        + p9.geom_col(width=0.85 if named else 1.0)
        + p9.coord_flip()
        + p9.scale_y_continuous(expand=(0, 0, 0.03, 0), labels=_thousands)
        + p9.scale_fill_manual(dict(zip(batches, COLOURS, strict=False)))
        + p9.labs(x=samples_label(len(table)), y="Protein groups with a quantity")
        + house_theme(WIDTH, sample_height(len(table)))
        + sample_axis(len(table))
    )
    return plot + p9.theme(legend_position="none") if len(batches) == 1 else plot


def _batches(samples: pd.DataFrame) -> pd.Series:
    """Return the batch of each sample's table; one for all where they are too many, or none."""
    if "table_batch" in samples:
        batch = samples["table_batch"].fillna("").astype(str)
        if batch.nunique() <= MOST_BATCHES:
            return batch.mask(batch == "", "no batch")
    return pd.Series("", samples.index)


def missingness_plot(groups: pd.DataFrame) -> "ggplot":
    """Return missingness by abundance: groups counted in cells, with the mean along abundance."""
    import plotnine as p9

    if groups.empty:
        return _nothing("no protein group has a quantity")
    cells, line = figure_data.cells(groups), figure_data.along(groups)
    return (
        p9.ggplot(cells, p9.aes("level", "missing"))
        + p9.geom_tile(p9.aes(fill="groups", width="width", height="height"))
        + p9.geom_line(data=line, colour=CASE, size=1.2)
        + p9.scale_fill_gradient("#dbe7f0", "#08306b", trans="log10", name="protein groups")
        + p9.scale_y_continuous(labels=_percent)
        + p9.labs(x="Mean log2 intensity where present", y="Share of samples without it")
        + p9.guides(fill=p9.guide_colorbar(nbin=24, display="rectangles"))
        + house_theme(WIDTH, 4.5)
        + p9.theme(legend_title=p9.element_text(size=9))
    )


def character_plot(samples: pd.DataFrame) -> "ggplot":
    """Return the share of signal of each category, stacked, the rest of the proteins in grey."""
    shares = samples.set_index("sample")[list(PARTS.values())].set_axis(list(PARTS), axis=1)
    shares = shares[shares.notna().any(axis=1)].fillna(0.0)
    if shares.empty:
        return _nothing("no protein of the categories, or assays that share no scale")
    rest = (1 - shares.sum(axis=1)).clip(lower=0)
    return share_plot(shares.assign(**{"all others": rest}), PART_COLOURS, "Share of signal")


def quality_plot(points: pd.DataFrame) -> "ggplot":
    """Return the indices of plasma quality, a panel each, published and without vesicles' own."""
    import plotnine as p9

    if points.empty:
        return _nothing("no protein of blood cells or clotting, or assays that share no scale")
    n = points["sample"].nunique()
    panels = list(dict.fromkeys(panel for panel, _, _ in INDICES))
    points = points.assign(
        panel=pd.Categorical(points["panel"], panels),
        kind=pd.Categorical(points["kind"], [PUBLISHED, SAFE]),
        row=figure_data.rows(points, n <= NAMED),
    ).sort_values("row", kind="stable")
    plot = (
        p9.ggplot(points, p9.aes("value", "row", colour="kind", shape="kind", linetype="kind"))
        + (p9.geom_point(size=2.0) if n <= NAMED else p9.geom_path(size=0.9))
        + p9.facet_wrap("panel", scales="free_x", ncol=3)
        + p9.scale_x_log10(labels=_plain)
        + p9.scale_colour_manual({PUBLISHED: MUTED, SAFE: CASE})
        + p9.scale_shape_manual({PUBLISHED: "o", SAFE: "^"})
        + p9.scale_linetype_manual({PUBLISHED: "solid", SAFE: "dashed"})
        + p9.labs(x="Index", y=samples_label(n))
        + house_theme(WIDTH, sample_height(n) + 0.4)
        + sample_axis(n)
        + p9.theme(axis_text_x=p9.element_text(size=7))
    )
    if n > NAMED:
        return plot
    names = sorted(points["sample"].unique(), reverse=True)
    return plot + p9.scale_y_continuous(
        breaks=list(range(len(names))), labels=names, expand=(0, 0.6), minor_breaks=[]
    )


def intensity_plot(quantiles: pd.DataFrame) -> "ggplot":
    """Return the middle half and nine tenths of each sample's levels, before and after."""
    import plotnine as p9

    if quantiles.empty:
        return _nothing("no protein group has a quantity")
    table = quantiles.assign(state=pd.Categorical(quantiles["state"], [MEASURED, NORMALISED]))
    before = table[table["state"] == MEASURED]
    n = len(before)
    by = ["sample"] if n <= NAMED else ["q50", "sample"]
    order = before.sort_values(by)["sample"].tolist()
    order = order[::-1] if n <= NAMED else order
    table["row"] = table["sample"].map({name: i for i, name in enumerate(order)}).astype(float)
    draw = _bars if n <= NAMED else _bands
    plot = (
        p9.ggplot(table.sort_values("row"), p9.aes("row"))
        + draw()
        + p9.facet_wrap("state", ncol=2)
        + p9.coord_flip()
        + p9.labs(x=samples_label(n), y="log2 intensity: median, middle half, nine tenths")
        + house_theme(WIDTH, sample_height(n) + 0.3)
        + sample_axis(n)
    )
    if n > NAMED:
        return plot
    return plot + p9.scale_x_continuous(
        breaks=list(range(n)), labels=order, expand=(0, 0.6), minor_breaks=[]
    )


def _bars() -> list[Any]:
    import plotnine as p9

    return [
        p9.geom_linerange(p9.aes(ymin="q5", ymax="q95"), colour=LIGHT, size=0.6),
        p9.geom_linerange(p9.aes(ymin="q25", ymax="q75"), colour=CONTROL, size=2.2),
        p9.geom_point(p9.aes(y="q50"), colour=CASE, size=1.4),
    ]


def _bands() -> list[Any]:
    import plotnine as p9

    return [
        p9.geom_ribbon(p9.aes(ymin="q5", ymax="q95"), fill=LIGHT, alpha=0.6),
        p9.geom_ribbon(p9.aes(ymin="q25", ymax="q75"), fill=CONTROL, alpha=0.7),
        p9.geom_line(p9.aes(y="q50"), colour=CASE, size=0.9),
    ]


def _nothing(why: str) -> "ggplot":
    """Return a picture that says why there is nothing in it."""
    import plotnine as p9

    note = pd.DataFrame({"x": [0.0], "y": [0.0], "text": [f"Nothing to draw: {why}."]})
    return (
        p9.ggplot(note, p9.aes("x", "y", label="text"))
        + p9.geom_text(size=9, colour=MUTED)
        + house_theme(WIDTH, 1.6)
        + p9.theme(
            axis_text=p9.element_blank(),
            axis_title=p9.element_blank(),
            axis_ticks=p9.element_blank(),
            panel_grid=p9.element_blank(),
        )
    )


def _thousands(values: Sequence[Any]) -> list[str]:
    return [f"{value:,.0f}" for value in values]


def _percent(values: Sequence[Any]) -> list[str]:
    return [f"{100 * value:.3g} %" for value in values]


def _plain(values: Sequence[Any]) -> list[str]:
    return [f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" for value in values]
