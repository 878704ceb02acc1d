"""Pictures of the cohort's quality: verdicts, shares of variance, control charts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.figures import CASE, CONTROL, MUTED, house_theme, save

VERDICTS = {
    "fail": "#b2182b",
    "not_evaluable": "#6a51a3",
    "warn": "#f4a736",
    "pass": "#c7e3d4",
    "not_supplied": "#eceff1",
}
# Samples that have a line of their own; of more, those with the worst verdicts are shown.
SHOWN = 60
CHARTS = 12
WIDTH = 8.0
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


def words(text: str):  # type: ignore[no-untyped-def]
    """Return a picture that says why there is nothing to draw."""
    import plotnine as p9

    where = pd.DataFrame({"x": [0], "y": [0], "text": [text]})
    return (
        p9.ggplot(where, p9.aes("x", "y", label="text"))
        + p9.geom_text(size=10, colour=MUTED)
        + house_theme(WIDTH, 1.5)
        + p9.theme_void()
        + p9.theme(figure_size=(WIDTH, 1.5))
    )


def gate_plot(gates: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the verdict of every sample by every metric, the worst samples first."""
    import plotnine as p9

    rows = gates[gates["verdict"].isin(list(VERDICTS))]
    rows = rows[rows.groupby(["layer", "metric"])["verdict"].transform(_says_something)]
    if rows.empty:
        return words("No metric with a limit was measured.")
    every = rows["sample"].nunique()
    lowered = _worst_first(rows)
    order = [sample for sample in lowered if lowered[sample] or every <= SHOWN]
    shown = order[:SHOWN]
    if not shown:
        return words(f"All {every:,} samples pass every metric that was measured of them.")
    rows = rows[rows["sample"].isin(shown)].copy()
    rows["sample"] = pd.Categorical(rows["sample"], shown[::-1])
    rows["verdict"] = pd.Categorical(rows["verdict"], list(VERDICTS))
    title = f"{every} samples, the worst verdicts first"
    if every > SHOWN:
        title = f"{len(order):,} of {every:,} samples do not pass everything"
        title += f"; the {SHOWN} with the worst verdicts" if len(order) > SHOWN else ""
    return (
        p9.ggplot(rows, p9.aes("metric", "sample", fill="verdict"))
        + p9.geom_tile(colour="white", size=0.4)
        + p9.facet_grid(cols="layer", scales="free_x", space="free_x")
        + p9.scale_fill_manual(VERDICTS, drop=False, labels=_spaced)
        + p9.scale_x_discrete(labels=_spaced)
        + p9.labs(x="", y="", title=title)
        + house_theme(WIDTH, 2.6 + 0.14 * len(shown))
        + p9.theme(
            axis_text_x=p9.element_text(rotation=60, ha="right", size=7),
            axis_text_y=p9.element_text(size=6.5),
            panel_grid=p9.element_blank(),
        )
    )


def _says_something(verdicts: pd.Series) -> bool:
    return bool((verdicts != "not_supplied").any())


def _spaced(names: Sequence[str] | Sequence[float]) -> list[str]:
    return [str(name).replace("_", " ") for name in names]


def _worst_first(rows: pd.DataFrame) -> dict[str, bool]:
    """Return whether anything lowers each sample, the worst first."""
    lowering = ["fail", "not_evaluable", "warn"]
    counts = pd.crosstab(rows["sample"], rows["verdict"]).reindex(columns=lowering).fillna(0)
    ordered = counts.sort_index().sort_values(lowering, ascending=False, kind="stable")
    return {str(sample): bool(any(row)) for sample, *row in ordered.itertuples()}


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
    )
    layers = variance["layer"].nunique()
    return (
        p9.ggplot(boxes, p9.aes("covariate"))
        + p9.geom_linerange(p9.aes(ymin="lowest", ymax="highest"), colour=CONTROL)
        + p9.geom_crossbar(
            p9.aes(y="middle", ymin="low", ymax="high"), fill="#cfe0ec", colour=CONTROL, width=0.55
        )
        + p9.geom_point(p9.aes(y="expected"), data=chance, shape="D", size=1.6, colour=CASE)
        + p9.coord_flip()
        + p9.facet_grid("layer", "part")
        + p9.scale_y_continuous(labels=lambda values: [f"{100 * v:.3g} %" for v in values])
        + p9.scale_x_discrete(labels=_spaced)
        + p9.labs(x="", y="Share of a feature's variance")
        + house_theme(WIDTH, 1.4 + layers * (0.4 + 0.3 * len(order)))
        + p9.theme(panel_spacing_x=0.04)
    )


def chart_plot(charts: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return each quality attribute by batch beside its moving range, with their limits."""
    import plotnine as p9

    shown = _charts_shown(charts)
    if shown.empty:
        return words("No batch, run or lot in the sheet has more than one level: no control chart.")
    names = dict.fromkeys(f"{m}\nby {c}".replace("_", " ") for m, c in _keys(shown))
    kinds = ("median", "moving range")
    panels = [f"{name}, {kind}" for name in names for kind in kinds]
    key = [f"{m}\nby {c}".replace("_", " ") for m, c in _rows(shown)]
    columns = {
        "median": ["value", "center", "lower", "upper"],
        "moving range": ["moving_range", "none", "none", "range_limit"],
    }
    tables = []
    for kind, own in columns.items():
        values = shown.assign(none=np.nan)[own].set_axis(["y", "center", "lower", "upper"], axis=1)
        found = shown["signal"].str.contains("level" if kind == "median" else "range")
        facts = {"position": shown["position"], "out": found.map({True: "beyond", False: "within"})}
        tables.append(values.assign(panel=[f"{k}, {kind}" for k in key], **facts))
    long = pd.concat(tables).dropna(subset="y")
    long["panel"] = pd.Categorical(long["panel"], panels)
    limits = long.melt(["panel", "position"], ["lower", "upper"], value_name="limit").dropna()
    return (
        p9.ggplot(long, p9.aes("position", "y"))
        + p9.geom_line(p9.aes(y="center"), data=long.dropna(subset="center"), colour=MUTED)
        + p9.geom_line(
            p9.aes(y="limit", group="variable"), data=limits, colour=MUTED, linetype="dashed"
        )
        + p9.geom_line(colour=CONTROL, size=0.5)
        + p9.geom_point(p9.aes(colour="out", shape="out"), size=1.7)
        + p9.facet_wrap("panel", ncol=4, scales="free")
        + p9.scale_colour_manual({"within": CONTROL, "beyond": CASE})
        + p9.scale_shape_manual({"within": "o", "beyond": "^"})
        + p9.scale_x_continuous(breaks=_whole)
        + p9.scale_y_continuous(labels=lambda values: [f"{v:,.4g}" for v in values])
        + p9.labs(x="Batches in their order", y="")
        + house_theme(10, 1.2 + 1.75 * -(-len(panels) // 4))
        + p9.theme(strip_text=p9.element_text(size=7), axis_text=p9.element_text(size=7))
    )


def _charts_shown(charts: pd.DataFrame) -> pd.DataFrame:
    """Return the charts with a signal first, then those with limits: at most twelve."""
    charts = charts.fillna({"signal": ""})
    by = charts.groupby(["covariate", "metric"])
    facts = pd.DataFrame(
        {"points": by.size(), "signal": by["signal"].agg(_any), "limits": by["upper"].count() > 0}
    )
    facts = facts[facts["points"] > 1].reset_index()
    order = facts.sort_values(
        ["signal", "limits", "covariate", "metric"], ascending=[False, False, True, True]
    )
    return order.head(CHARTS)[["covariate", "metric"]].merge(charts, on=["covariate", "metric"])


def _any(signals: pd.Series) -> bool:
    return bool((signals != "").any())


def _rows(shown: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(shown["metric"], shown["covariate"], strict=True))


def _keys(shown: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(_rows(shown)))


def _whole(limits: tuple[float, float]) -> list[float]:
    first, last = np.ceil(limits[0]), np.floor(limits[1])
    return list(np.unique(np.round(np.linspace(first, last, 5))))
