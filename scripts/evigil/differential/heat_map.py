"""The heat map of the features that a contrast found, its samples annotated."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.differential.figure_data import (
    Picture,
    complete,
    group_colours,
    shown_group,
    top_features,
)
from evigil.differential.labels import short
from evigil.figures import CASE, COLOURS, CONTROL, house_theme

ROWS = 30
CLIP = 2.5
LEVELS = 8
WIDTH = 8.0
PANEL_POINTS = 5.0 * 72
LINE_UNIT = np.pi**0.5  # points of a line of size 1 in plotnine


def heat_map(found: Picture):  # type: ignore[no-untyped-def]
    """Return standardised values of the features with the smallest p-values.

    Samples are ordered by what is compared and, within it, by likeness; above them stand the
    group and the covariates, a numeric one standardised as the features are.
    """
    import plotnine as p9

    names = top_features(found, ROWS)
    values = complete(found)[names]
    group = shown_group(found)
    order = _order(values, group)
    numeric, levels = _annotation(found, group)
    scores = _standard(pd.concat([values, numeric], axis=1)).loc[order]
    rows = [*reversed(names), *reversed(list(numeric)), *reversed(list(levels))]
    place = {name: i for i, name in enumerate(rows)}
    tiles = scores.reset_index(drop=True).rename_axis("x").reset_index()
    tiles = tiles.melt("x", var_name="row", value_name="score")
    marks = levels.loc[order].reset_index(drop=True).rename_axis("x").reset_index()
    marks = marks.melt("x", var_name="row", value_name="level").dropna()
    for part in (tiles, marks):
        part["y"] = part["row"].map(place).astype(float)
    marks["low"], marks["high"] = marks["y"] - 0.42, marks["y"] + 0.42
    line = PANEL_POINTS / len(order) / LINE_UNIT
    return (
        p9.ggplot(tiles, p9.aes("x", "y"))
        + p9.geom_tile(p9.aes(fill="score"), raster=True)
        + p9.geom_segment(
            p9.aes(x="x", xend="x", y="low", yend="high", colour="level"),
            data=marks,
            size=line,
            lineend="butt",
        )
        + p9.scale_fill_gradient2(low=CONTROL, mid="#f7f7f7", high=CASE, limits=(-CLIP, CLIP))
        + p9.scale_colour_manual(_colours(marks["level"], group))
        + p9.scale_y_continuous(
            breaks=list(place.values()),
            labels=[short(found.named(str(row))) for row in rows],
            expand=(0, 0.2),
        )
        + p9.scale_x_continuous(breaks=[], expand=(0, 0.5))
        + p9.labs(x=f"{len(order)} samples", y="", fill="SD", colour="")
        + house_theme(WIDTH, 0.19 * len(rows) + 1.4)
        + p9.theme(
            legend_position="right",
            legend_key_size=9,
            legend_title=p9.element_text(size=7),
            legend_text=p9.element_text(size=7),
            axis_text_y=p9.element_text(size=7),
            panel_grid=p9.element_blank(),
        )
        + p9.guides(
            colour=p9.guide_legend(order=1),
            fill=p9.guide_colorbar(order=2, display="rectangles", nbin=21),
        )
    )


def _standard(values: pd.DataFrame) -> pd.DataFrame:
    spread = values.std(ddof=0).replace(0, 1)
    return ((values - values.mean()) / spread).clip(-CLIP, CLIP)


def _order(values: pd.DataFrame, group: pd.Series) -> list[str]:
    """Order samples by group and, within it, as average linkage joins them."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    scores, order = _standard(values), []
    for level in group.cat.categories:
        members = sorted(group.index[group == level])
        if len(members) > 2:
            tree = linkage(scores.loc[members], "average", optimal_ordering=len(members) <= 500)
            members = [members[i] for i in leaves_list(tree)]
        order += members
    return order


def _annotation(found: Picture, group: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return numeric covariates and, as text, the group and those with few levels."""
    used = found.used
    columns = [*found.contrast.covariates, found.contrast.interaction]
    known = [column for column in dict.fromkeys(columns) if column is not None]
    numeric = [column for column in known if is_numeric_dtype(used[column])]
    if not found.contrast.has_groups and is_numeric_dtype(used[found.contrast.column]):
        numeric.append(found.contrast.column)
    levels = pd.DataFrame(index=used.index)
    if found.contrast.column not in numeric:
        levels[found.contrast.column] = group.astype(str)
    for column in known:
        if column not in numeric and used[column].nunique() <= LEVELS:
            levels[column] = f"{column} " + used[column].astype(str)
    return used[numeric].astype(float), levels


def _colours(levels: pd.Series, group: pd.Series) -> dict[str, str]:
    own = group_colours(group)
    others = sorted(set(levels) - set(own))
    start = len(own) if set(own) & set(levels) else 2
    return own | {o: COLOURS[(start + i) % len(COLOURS)] for i, o in enumerate(others)}
