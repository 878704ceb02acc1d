"""Pictures of a contrast: volcano, MA, p-values, components, and the features it found."""

from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.differential.figure_data import (
    Picture,
    complete,
    components,
    covariates_removed,
    group_colours,
    shown_group,
    top_features,
)
from evigil.differential.heat_map import heat_map
from evigil.differential.labels import placed, short
from evigil.differential.outputs import SIGNIFICANT
from evigil.differential.p_values import BINS, shape
from evigil.figures import CASE, CONTROL, MUTED, SHAPES, house_theme, save

LABELLED = 15
NAMED = 5  # where nothing is significant
BOXES = 12
PANEL_CHARACTERS = 26
KINDS = {"higher": (CASE, "^"), "lower": (CONTROL, "v"), "q of 0.05 or more": ("#9aa4ad", "o")}


def write_fold_figures(found: Picture, stems: dict[str, str | Path]) -> None:
    """Write ``volcano`` and ``ma`` of a contrast that has fold changes."""
    save(volcano(found), stems["volcano"])
    save(ma(found), stems["ma"])


def write_figures(found: Picture, stems: dict[str, str | Path]) -> None:
    """Write ``p_values``, ``pca``, ``heatmap`` and ``features``."""
    save(histogram(found), stems["p_values"])
    save(pca(found), stems["pca"])
    save(heat_map(found), stems["heatmap"])
    save(features(found), stems["features"])


def _points(found: Picture) -> pd.DataFrame:
    table = found.table[found.table["p_value"].notna()].copy()
    significant = table["q_value"] < SIGNIFICANT
    higher, lower, neither = KINDS
    kind = np.where(table["log2_fold_change"] > 0, higher, lower)
    table["kind"] = pd.Categorical(np.where(significant, kind, neither), list(KINDS))
    table["feature"] = [found.genes.get(name, name) for name in table["feature"]]
    table["evidence"] = -np.log10(table["p_value"].clip(lower=1e-300))
    return table.iloc[::-1]


def _kinds():  # type: ignore[no-untyped-def]
    import plotnine as p9

    return [
        p9.scale_colour_manual({name: colour for name, (colour, _) in KINDS.items()}, drop=True),
        p9.scale_shape_manual({name: mark for name, (_, mark) in KINDS.items()}, drop=True),
        p9.scale_alpha_manual(
            {name: 0.45 if mark == "o" else 0.9 for name, (_, mark) in KINDS.items()}
        ),
        p9.guides(alpha=False),
    ]


def _fold_label(found: Picture) -> str:
    contrast = found.contrast
    if contrast.form == "continuous":
        return f"log2 fold change per {contrast.per:g} of {contrast.column}"
    groups = f"{contrast.case_label} / {contrast.control_label}"
    if contrast.form == "two_group":
        return f"log2 fold change, {groups}"
    if contrast.interaction in found.design.levels:
        first, second = found.design.levels[contrast.interaction]
        return f"Change of log2 ({groups}), {contrast.interaction} {second} against {first}"
    return f"Change of log2 ({groups}) with {contrast.interaction}"


def volcano(found: Picture):  # type: ignore[no-untyped-def]
    """Return evidence against fold change; the smallest p-values are named."""
    import plotnine as p9

    points = _points(found)
    first = points.iloc[::-1]
    significant = first[first["q_value"] < SIGNIFICANT]
    named = placed(
        significant if len(significant) else first.head(NAMED),
        "log2_fold_change",
        "evidence",
        LABELLED,
        points,
    )
    return (
        p9.ggplot(points, p9.aes("log2_fold_change", "evidence"))
        + p9.geom_vline(xintercept=0, colour=MUTED, linetype="dashed", size=0.4)
        + p9.geom_point(p9.aes(colour="kind", shape="kind", alpha="kind"), size=1.6, stroke=0)
        + p9.geom_text(p9.aes("x", "y", label="feature", ha="ha"), data=named, size=6.5)
        + p9.expand_limits(x=named["end"].tolist())
        + _kinds()
        + p9.labs(x=_fold_label(found), y="−log10 p", title=found.contrast.question)
        + house_theme(6, 5)
    )


def ma(found: Picture):  # type: ignore[no-untyped-def]
    """Return fold change against abundance."""
    import plotnine as p9

    points = _points(found)
    counts = found.scale == "counts"
    if counts:
        points = points[points["base_mean"] > 0]
    axis = p9.scale_x_log10() if counts else p9.scale_x_continuous()
    label = "Mean normalised count" if counts else "Mean log2 value"
    return (
        p9.ggplot(points, p9.aes("base_mean", "log2_fold_change"))
        + p9.geom_hline(yintercept=0, colour=MUTED, linetype="dashed", size=0.4)
        + p9.geom_point(p9.aes(colour="kind", shape="kind", alpha="kind"), size=1.6, stroke=0)
        + axis
        + _kinds()
        + p9.labs(x=label, y=_fold_label(found), title=found.contrast.question)
        + house_theme(6, 4.5)
    )


def histogram(found: Picture):  # type: ignore[no-untyped-def]
    """Return the p-values in 20 bins, with the verdict on their shape."""
    import textwrap

    import plotnine as p9

    p_values = found.table["p_value"].dropna()
    counted = shape(p_values)
    bars = pd.DataFrame({"p": (np.arange(BINS) + 0.5) / BINS, "features": counted.counts})
    words = textwrap.fill(f"{found.verdict['verdict']}: {found.verdict['meaning']}", 75)
    return (
        p9.ggplot(bars, p9.aes("p", "features"))
        + p9.geom_col(width=1 / BINS, fill="#b7c4cf", colour="white", size=0.3)
        + p9.geom_hline(yintercept=len(p_values) / BINS, colour=MUTED)
        + p9.geom_hline(yintercept=counted.limit, colour=MUTED, linetype="dashed")
        + p9.scale_x_continuous(limits=(-0.001, 1.001), expand=(0.01, 0))
        + p9.labs(x="p", y="Features", title=found.contrast.question, subtitle=words)
        + house_theme(6, 4)
    )


def pca(found: Picture):  # type: ignore[no-untyped-def]
    """Return the samples on two components, with the covariates' part and without it."""
    import plotnine as p9

    before, after = complete(found), covariates_removed(found)
    parts = {"as measured": before}
    if not after.equals(before):
        parts["covariates removed"] = after
    tables = []
    for name, values in parts.items():
        points, shares = components(values)
        shown = " and ".join(f"{share:.0%}" for share in shares)
        tables.append(points.assign(part=f"{name} ({shown} of the variance)"))
    points = pd.concat(tables)
    group = shown_group(found)
    points["group"] = pd.Categorical(group.reindex(points.index), group.cat.categories)
    points["part"] = pd.Categorical(points["part"], list(dict.fromkeys(points["part"])))
    return (
        p9.ggplot(points, p9.aes("pc1", "pc2", colour="group", shape="group"))
        + p9.geom_point(size=1.8, alpha=0.75)
        + p9.facet_wrap("part", scales="free")
        + _groups(group)
        + p9.labs(x="First component", y="Second component")
        + house_theme(4 * len(parts) + 0.5, 4.3)
    )


def _groups(group: pd.Series):  # type: ignore[no-untyped-def]
    import plotnine as p9

    shapes = {level: SHAPES[i % len(SHAPES)] for i, level in enumerate(group.cat.categories)}
    return [p9.scale_colour_manual(group_colours(group)), p9.scale_shape_manual(shapes)]


def features(found: Picture):  # type: ignore[no-untyped-def]
    """Return the features with the smallest p-values, a panel each."""
    import plotnine as p9

    names = top_features(found, BOXES)
    values = found.values[names].rename_axis("sample").reset_index()
    long = values.melt("sample", var_name="feature", value_name="value").dropna()
    group = shown_group(found)
    long["group"] = pd.Categorical(group.loc[long["sample"]].to_numpy(), group.cat.categories)
    long["feature"] = pd.Categorical(long["feature"], names)
    long["label"] = long["feature"].cat.rename_categories(_panel_titles(found, names))
    along = found.contrast.interaction or found.contrast.column
    numeric = is_numeric_dtype(found.used[along]) and found.contrast.form != "two_group"
    if numeric:
        long["along"] = found.used.loc[long["sample"], along].to_numpy()
        plot = p9.ggplot(long, p9.aes("along", "value")) + _scatter(found)
        x = along
    elif found.contrast.form == "interaction":
        levels = found.design.levels[along]
        shown = found.used.loc[long["sample"], along].astype(str).to_numpy()
        long["along"] = pd.Categorical(shown, levels)
        plot = p9.ggplot(long, p9.aes("along", "value", colour="group", shape="group"))
        plot += p9.geom_boxplot(outlier_alpha=0, width=0.6, show_legend=False)
        beside = p9.position_jitterdodge(0.3, 0, dodge_width=0.6, random_state=1)
        plot += p9.geom_point(position=beside, size=1, alpha=0.6)
        x = along
    else:
        plot = p9.ggplot(long, p9.aes("group", "value", colour="group", shape="group"))
        plot += p9.geom_boxplot(outlier_alpha=0, width=0.6, show_legend=False)
        spread = p9.position_jitter(0.2, 0, random_state=1)
        plot += p9.geom_point(position=spread, size=1, alpha=0.6)
        x = ""
    counts = found.scale == "counts"
    return (
        plot
        + p9.facet_wrap("label", ncol=4, scales="free_y")
        + ([] if numeric and found.contrast.form == "continuous" else _groups(group))
        + p9.labs(x=x, y="log2 (normalised count + 1)" if counts else "log2 value")
        + house_theme(9, 2.1 * -(-len(names) // 4) + 0.9)
        + p9.theme(strip_text=p9.element_text(size=7))
        + (p9.theme() if numeric or _fits(group) else p9.theme(axis_text_x=p9.element_blank()))
    )


def _scatter(found: Picture):  # type: ignore[no-untyped-def]
    import plotnine as p9

    if found.contrast.form == "interaction":
        marks = p9.aes(colour="group", shape="group")
        return [
            p9.geom_point(marks, size=1, alpha=0.6),
            p9.geom_smooth(marks, method="lm", se=False),
        ]
    return [
        p9.geom_point(size=1, alpha=0.6, colour=CONTROL),
        p9.geom_smooth(method="lm", se=False, colour=MUTED),
    ]


def _fits(group: pd.Series) -> bool:
    """Whether the names of the groups have room below a panel; the legend names them anyway."""
    return sum(len(level) + 2 for level in group.cat.categories) <= PANEL_CHARACTERS


def _panel_titles(found: Picture, names: list[str]) -> dict[str, str]:
    """Name each panel with its feature and q-value."""
    q = found.table.set_index("feature")["q_value"]
    shown = {name: f"{q[name]:.2g}" if pd.notna(q[name]) else "–" for name in names}
    return {name: f"{short(found.named(name))}\nq = {shown[name]}" for name in names}
