"""Pictures of the cohort's quality: verdicts, shares of variance, control charts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.figures import CASE, CONTROL, MUTED, house_theme, plain, save, words, wrapped

# The worst first. A mark beside the colour, for print in grey and for every colour vision.
VERDICTS = {
    "fail": "#b2182b",
    "warn": "#f4a736",
    "not_evaluable": "#6a51a3",
    "pass": "#bfe0d0",
    "not_supplied": "#eceff1",
}
MARKS = {"fail": "×", "warn": "!", "not_evaluable": "?"}
DARK = ("fail", "not_evaluable")
# Samples that have a line of their own; of more, those with the worst verdicts are shown.
SHOWN = 60
CHARTS = 12
WIDTH = 8.0
CHART = ["covariate", "metric"]
ROUNDING = 1e-9
# Colour and shape of a point of a control chart.
OUT = {
    "within limits": (CONTROL, "o"),
    "beyond a limit": (CASE, "^"),
    "no limit yet": (MUTED, "s"),
}
QUANTILES = {"lowest": 0.1, "low": 0.25, "middle": 0.5, "high": 0.75, "highest": 0.9}


def write_figures(
    gates: pd.DataFrame,
    batch: pd.DataFrame,
    variance: pd.DataFrame,
    control_charts: pd.DataFrame,
    stems: dict[str, str | Path],
) -> None:
    """Draw the cohort.

    Parameters
    ----------
    gates, batch, variance, control_charts
        The tables of these names in ``results/quality``.
    stems
        Paths without their endings for ``gates, variance, control_charts``.
    """
    save(gate_plot(gates), stems["gates"])
    save(variance_plot(variance, batch), stems["variance"])
    save(chart_plot(control_charts), stems["control_charts"])


def gate_plot(gates: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the verdict of every sample by every metric, the worst samples first."""
    import plotnine as p9

    rows = gates[gates["verdict"].isin(list(VERDICTS))]
    supplied = rows[rows["verdict"] != "not_supplied"]
    metrics = pd.MultiIndex.from_frame(supplied[["layer", "metric"]])
    said = pd.MultiIndex.from_frame(rows[["layer", "metric"]]).isin(metrics)
    rows = rows[said & rows["sample"].isin(supplied["sample"])]  # of blanks nothing is judged
    if rows.empty:
        return words("No metric with a limit was measured.")
    worst = _worst_first(rows)
    lowered = list(worst[worst != "pass"].index)
    shown = (list(worst.index) if len(worst) <= SHOWN else lowered)[:SHOWN]
    if not shown:
        return words(f"All {len(worst):,} samples pass every metric that was measured of them.")
    rows = rows[rows["sample"].isin(shown)].copy()
    rows["metric"] = _named(rows)
    rows["sample"] = pd.Categorical(rows["sample"], shown[::-1])
    rows["verdict"] = pd.Categorical(rows["verdict"], list(VERDICTS))
    rows["mark"] = rows["verdict"].map(MARKS).astype(object).fillna("")
    dark = rows["verdict"].isin(DARK)
    columns = rows["metric"].nunique()
    width = min(max(5.0, 2 + 0.4 * columns), max(WIDTH, 2 + 0.16 * columns))
    return (
        p9.ggplot(rows, p9.aes("metric", "sample", fill="verdict"))
        + p9.geom_tile(colour="white", size=0.4)
        + p9.geom_text(p9.aes(label="mark"), data=rows[~dark & (rows["mark"] != "")], size=7)
        + p9.geom_text(p9.aes(label="mark"), data=rows[dark], size=7, colour="white")
        + p9.scale_fill_manual(VERDICTS, drop=False, labels=_marked)
        + p9.labs(x="", y="", title=wrapped(_counted(worst, shown), width, 11))
        + house_theme(width, 3 + 0.14 * len(shown))
        + p9.theme(
            axis_text_x=p9.element_text(rotation=60, ha="right", size=7),
            axis_text_y=p9.element_text(size=7),
            plot_title=p9.element_text(size=11),
            plot_title_position="plot",
            panel_grid=p9.element_blank(),
        )
    )


def _counted(worst: pd.Series, shown: list[str]) -> str:
    """Say how the samples stand by their worst metric, and which are drawn."""
    counts = worst.value_counts()
    parts = [f"{counts[v]:,} {v.replace('_', ' ')}" for v in VERDICTS if v in counts]
    said = f"{len(worst):,} samples by their worst metric: {', '.join(parts)}"
    if len(shown) == len(worst):
        return said
    if len(shown) < (worst != "pass").sum():
        return f"{said}; the worst {len(shown)} are drawn"
    return f"{said} (not drawn)"


def _named(rows: pd.DataFrame) -> pd.Series:
    """Name metrics, with their layer where there are several."""
    names = rows["metric"].str.replace("_", " ")
    return names if rows["layer"].nunique() == 1 else rows["layer"] + ": " + names


def _spaced(names: Sequence[str] | Sequence[float]) -> list[str]:
    return [str(name).replace("_", " ") for name in names]


def _marked(names: Sequence[str] | Sequence[float]) -> list[str]:
    return [
        f"{MARKS.get(str(name), '')} {said}".strip()
        for name, said in zip(names, _spaced(names), strict=True)
    ]


def _worst_first(rows: pd.DataFrame) -> pd.Series:
    """Return the worst verdict of each sample (``pass`` where nothing lowers it), in order."""
    counts = pd.crosstab(rows["sample"], rows["verdict"]).reindex(columns=[*MARKS]).fillna(0)
    ordered = counts.sort_index().sort_values([*MARKS], ascending=False, kind="stable")
    return (ordered > 0).assign(**{"pass": True}).idxmax(axis=1)


def variance_plot(variance: pd.DataFrame, batch: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return, by covariate, how much of the variance of the features it explains."""
    import plotnine as p9

    if variance.empty:
        return words("No covariate varies among the usable samples: nothing to compare.")
    parts = {"explained": "explains alone", "unique": "explains beyond all others"}
    long = variance.melt(["layer", "covariate"], list(parts), var_name="part").dropna()
    by = long.groupby(["layer", "covariate", "part"])["value"]
    boxes = pd.DataFrame({name: by.quantile(q) for name, q in QUANTILES.items()}).reset_index()
    order = variance.groupby("covariate")["explained"].mean().sort_values().index
    boxes["covariate"] = pd.Categorical(boxes["covariate"], list(order))
    boxes["part"] = pd.Categorical(boxes["part"].map(parts), list(parts.values()))
    chance = batch[batch["covariate"].isin(order)].dropna(subset="expected")
    chance = chance.assign(
        part=pd.Categorical([parts["explained"]] * len(chance), list(parts.values())),
        covariate=pd.Categorical(chance["covariate"], list(order)),
        mark="what as many parameters explain by chance",
    )
    layers = variance["layer"].nunique()
    return (
        p9.ggplot(boxes, p9.aes("covariate"))
        + p9.geom_linerange(p9.aes(ymin="lowest", ymax="highest"), colour=CONTROL)
        + p9.geom_crossbar(
            p9.aes(y="middle", ymin="low", ymax="high"), fill="#cfe0ec", colour=CONTROL, width=0.55
        )
        + p9.geom_point(p9.aes(y="expected", colour="mark"), data=chance, shape="D", size=1.6)
        + p9.scale_colour_manual([CASE])
        + p9.coord_flip()
        + p9.facet_grid("layer", "part")
        + p9.scale_y_continuous(labels=lambda values: [f"{100 * v:.3g} %" for v in values])
        + p9.scale_x_discrete(labels=_spaced)
        + p9.labs(
            x="", y="Share of a feature's variance (box: middle half of the features; line: 80 %)"
        )
        + house_theme(WIDTH, 1.8 + layers * (0.4 + 0.3 * len(order)))
        + p9.theme(panel_spacing_x=0.04)
    )


def chart_plot(charts: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return each quality attribute by batch beside its moving range, with their limits."""
    import plotnine as p9

    facts = _chart_facts(charts)
    if facts.empty:
        return words("No batch, run or lot in the sheet has more than one level: no control chart.")
    moving = facts[~facts["constant"]]
    if moving.empty:
        return words("No quality attribute changes from batch to batch: no control chart.")
    kept = moving.head(CHARTS)
    long, limits = _points_and_limits(kept[CHART].merge(charts, on=CHART))
    named = {name: OUT[name] for name in long["out"].cat.categories}
    lines = [(long, "center", "panel", "solid"), (limits, "limit", "variable", "dashed")]
    return (
        p9.ggplot(long, p9.aes("position", "y"))
        + [
            p9.geom_line(p9.aes(y=y, group=by), data=own, colour=MUTED, linetype=kind)
            for table, y, by, kind in lines
            if len(own := _drawable(table, y, by))
        ]
        + p9.geom_line(colour=CONTROL, size=0.5, data=_drawable(long, "y", "panel"))
        + p9.geom_point(p9.aes(colour="out", shape="out"), size=1.7)
        + p9.facet_wrap("panel", ncol=4, scales="free")
        + p9.scale_colour_manual({name: colour for name, (colour, _) in named.items()})
        + p9.scale_shape_manual({name: shape for name, (_, shape) in named.items()})
        + p9.scale_x_continuous(breaks=_whole)
        + p9.scale_y_continuous(labels=plain)
        + p9.labs(x="Batches in their order", y="", title=_told(facts, len(moving), len(kept)))
        + house_theme(10, 1.6 + 1.75 * -(-len(kept) // 2))
        + p9.theme(
            strip_text=p9.element_text(size=8),
            axis_text=p9.element_text(size=7.5),
            plot_title=p9.element_text(size=11),
            plot_title_position="plot",
        )
    )


def _chart_facts(charts: pd.DataFrame) -> pd.DataFrame:
    """Return a row per chart of several points: with a signal first, then those with limits."""
    by = charts.fillna({"signal": ""}).groupby(CHART)
    facts = pd.DataFrame(
        {
            "points": by.size(),
            "signal": by["signal"].agg(_any),
            "limits": by["upper"].count() > 0,
            "constant": by["moving_range"].max() <= ROUNDING * by["value"].max().abs(),
        }
    )
    return (
        facts[facts["points"] > 1]
        .reset_index()
        .sort_values(["signal", "limits", *CHART], ascending=[False, False, True, True])
    )


def _told(facts: pd.DataFrame, moving: int, kept: int) -> str:
    """Say which attributes are drawn and which not."""
    same = facts.loc[facts["constant"], "metric"].drop_duplicates().str.replace("_", " ")
    said = f"{kept} of {moving} charts, those with a signal first" if kept < moving else ""
    still = f"the same in every batch, not drawn: {', '.join(same)}" if len(same) else ""
    few = "" if facts["limits"].any() else "too few batches for limits"
    told = "; ".join(part for part in (said, few, still) if part)
    return wrapped(f"{told[:1].upper()}{told[1:]}", 10, 11)


def _points_and_limits(shown: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is drawn of each panel: points with their centre, and limits."""
    key = (shown["metric"] + " by " + shown["covariate"]).str.replace("_", " ")
    columns = {
        "median": ["value", "center", "lower", "upper"],
        "moving range": ["moving_range", "none", "none", "range_limit"],
    }
    tables = []
    for kind, own in columns.items():
        values = shown.assign(none=np.nan)[own].set_axis(["y", "center", "lower", "upper"], axis=1)
        beyond = shown["signal"].fillna("").str.contains("level" if kind == "median" else "range")
        judged = beyond.map({True: "beyond a limit", False: "within limits"})
        said = judged.where(values["upper"].notna(), "no limit yet")
        panel = [_strip(name, kind) for name in key]
        tables.append(values.assign(panel=panel, position=shown["position"], out=said))
    long = pd.concat(tables).dropna(subset="y")
    panels = [_strip(name, kind) for name in dict.fromkeys(key) for kind in columns]
    long["panel"] = pd.Categorical(long["panel"], panels)
    long["out"] = pd.Categorical(long["out"], [name for name in OUT if name in set(long["out"])])
    limits = long.melt(["panel", "position"], ["lower", "upper"], value_name="limit")
    return long, limits.dropna()


def _strip(name: str, kind: str) -> str:
    return wrapped(f"{name}, {kind}", 2, 8)


def _drawable(table: pd.DataFrame, y: str, by: str) -> pd.DataFrame:
    """Return the points that make a line: of a single one there is none."""
    known = table.dropna(subset=y)
    groups = list(dict.fromkeys(["panel", by]))
    return known[known.groupby(groups, observed=True)[y].transform("size") > 1]


def _any(signals: pd.Series) -> bool:
    return bool((signals != "").any())


def _whole(limits: tuple[float, float]) -> list[float]:
    first, last = np.ceil(limits[0]), np.floor(limits[1])
    return list(np.unique(np.round(np.linspace(first, last, 5))))
