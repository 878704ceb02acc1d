"""Pictures of the samples of a layer as points: components and UMAP, coloured by each covariate."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from operator import or_, truediv
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.figures import COLOURS, MUTED, SHAPES, house_theme, plain, save, words
from evigil.quality.embedding import UMAP_FROM

# Covariates that are drawn, technical ones first, and levels that have a colour of their own.
PANELS = 8
LEVELS = 7
OTHERS = "other levels"
CORRECTIONS = {"none": "as measured", "technical": "technical covariates removed"}
ORDER = ("technical", "outcome", "biological", "derived")
# Of a panel, in inches: two beside each other fit a page in print.
WIDTH, HEIGHT = 5.5, 3.0


def _dates(days: Sequence[float] | Sequence[str]) -> list[str]:
    return [date.fromordinal(round(float(day))).isoformat() for day in days]


#: Columns whose numbers are dates, and how these are written.
DATES = {"collected": _dates}


def write_points(
    components: pd.DataFrame,
    umap: pd.DataFrame,
    batch: pd.DataFrame,
    covariates: pd.DataFrame,
    layer: str,
    stems: dict[str, str | Path],
) -> None:
    """Draw the samples of a layer.

    Parameters
    ----------
    components, umap, batch
        The tables of these names in ``results/quality``.
    covariates
        Index sample, a column each, as `evigil.quality.batch.compared` returns them.
    stems
        Paths without their endings for ``pca, umap``.
    """
    own, laid_out, rows = (t[t["layer"] == layer] for t in (components, umap, batch))
    shares = own.drop_duplicates("correction").set_index("correction")
    parts = {
        str(name): f"{CORRECTIONS[str(name)]}\nPC1 {100 * first:.0f} %, PC2 {100 * second:.0f} %"
        for name, first, second in shares[["pc1_share", "pc2_share"]].itertuples()
    }
    points = own.rename(columns={"pc1": "x", "pc2": "y"})
    few = f"Fewer than 3 samples or features of {layer} can be used: no components."
    save(_panels(points, parts, rows, covariates, few), stems["pca"])
    few = f"Fewer than {UMAP_FROM} samples of {layer} can be used: no UMAP; see the components."
    points = laid_out.rename(columns={"umap1": "x", "umap2": "y"})
    save(_panels(points, CORRECTIONS, rows, covariates, few), stems["umap"])


def _panels(  # type: ignore[no-untyped-def]
    points: pd.DataFrame,
    parts: dict,
    batch: pd.DataFrame,
    covariates: pd.DataFrame,
    few: str,
):
    """Put a panel for each covariate side by side, or say why there is none."""
    import plotnine as p9

    if points.empty:
        return words(few)
    drawn = _drawn(batch)
    points = points.assign(
        part=pd.Categorical(
            points["correction"].map(parts), [p for c, p in parts.items() if c in CORRECTIONS]
        )
    )
    points["part"] = points["part"].cat.remove_unused_categories()
    if not drawn:
        return _panel(points, None, "no covariate varies")
    shown = covariates.reindex(points["sample"])
    panels = [
        _panel(points, shown[name].set_axis(points.index), title, DATES.get(name, plain))
        for name, title in drawn.items()
    ]
    if len(panels) % 2:
        from plotnine.composition import plot_spacer

        panels.append(plot_spacer())
    rows = [reduce(or_, panels[i : i + 2]) for i in range(0, len(panels), 2)]
    return reduce(truediv, rows) + p9.theme(figure_size=(2 * WIDTH, HEIGHT * len(rows)))


def _drawn(batch: pd.DataFrame) -> dict[str, str]:
    """Return the covariates that vary with what is said of each, at most eight."""
    rows = batch[batch["kind"].isin(ORDER) & batch["explained"].notna()]
    rank = rows["kind"].map({kind: i for i, kind in enumerate(ORDER)})
    rows = rows.assign(rank=rank).sort_values(["rank", "explained"], ascending=[True, False])
    return {str(row["covariate"]): _title(row) for _, row in rows.head(PANELS).iterrows()}


def _title(row: pd.Series) -> str:
    name = str(row["covariate"]).replace("_", " ")
    title = (
        f"{name}: explains {100 * row['explained']:.1f} % ({100 * row['expected']:.1f} by chance)"
    )
    if pd.notna(row["mixing"]):
        title += f"\nmixing {row['mixing']:.2f}"
    if pd.notna(row["mixing_corrected"]):
        title += f", corrected {row['mixing_corrected']:.2f}"
    return title


def _panel(  # type: ignore[no-untyped-def]
    points: pd.DataFrame,
    values: pd.Series | None,
    title: str,
    labels: Callable[[Sequence[float] | Sequence[str]], list[str]] = plain,
):
    import plotnine as p9

    numeric = values is None or is_numeric_dtype(values)
    shown = values if values is None or numeric else _levels(values)
    plot = (
        p9.ggplot(points.assign(value=shown), p9.aes("x", "y"))
        + p9.facet_wrap("part", scales="free")
        + p9.labs(x="", y="", title=title)
        + house_theme(WIDTH, HEIGHT)
        + p9.theme(legend_position="right", plot_title=p9.element_text(size=8.5))
        + p9.theme(
            strip_text=p9.element_text(size=8), legend_text=p9.element_text(size=8, margin={"l": 6})
        )
        + p9.theme(axis_text=p9.element_blank(), axis_ticks=p9.element_blank())
    )
    if shown is None:
        return plot + p9.geom_point(colour=MUTED, size=1.4)
    if numeric:
        gradient = p9.scale_colour_cmap("cividis", na_value="#d9d9d9", labels=labels)
        return plot + p9.geom_point(p9.aes(colour="value"), size=1.4) + gradient
    levels = list(shown.cat.categories)
    colours = {
        v: "#b5bcc2" if v in (OTHERS, "missing") else COLOURS[i] for i, v in enumerate(levels)
    }
    return (
        plot
        + p9.geom_point(p9.aes(colour="value", shape="value"), size=1.4, alpha=0.8)
        + p9.scale_colour_manual(colours)
        + p9.scale_shape_manual({v: SHAPES[i % len(SHAPES)] for i, v in enumerate(levels)})
    )


def _levels(values: pd.Series) -> pd.Series:
    """Return the most frequent levels in natural order; the others, and missing ones, last."""
    from natsort import natsorted

    text = values.map(str, "ignore")
    counts = text.value_counts()
    ranked = counts.sort_index().sort_values(ascending=False, kind="stable").index
    kept = list(ranked) if len(ranked) <= LEVELS else list(ranked[: LEVELS - 1])
    pooled = text.where(text.isin(kept) | text.isna(), OTHERS).fillna("missing")
    order = [*natsorted(kept), *(x for x in (OTHERS, "missing") if (pooled == x).any())]
    return pd.Series(pd.Categorical(pooled, order), values.index)
