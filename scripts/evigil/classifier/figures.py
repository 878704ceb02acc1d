"""Pictures of the classifier: how well it separates, and how the scores lie."""

from pathlib import Path

import numpy as np
import pandas as pd

from evigil.confounding import Finding
from evigil.figures import CASE, CONTROL, LINE, MUTED, house_theme, save, words, wrapped
from evigil.stats.roc import roc_curve

WIDTH, HEIGHT = 4.5, 4.5
ROUNDING = 1e-9
SAID = 8


def write_figures(
    predictions: pd.DataFrame, stems: dict[str, str | Path], audited: Finding
) -> None:
    """Write the ROC curves and the score distributions.

    Parameters
    ----------
    predictions
        ``predictions.tsv``.
    stems
        Paths without their endings for ``roc`` and ``scores``.
    audited
        What the confounding audit found; the pictures say it on top unless it is clear. Of a
        confounded study, nothing of random folds is drawn.
    """
    if audited.confounded:
        predictions = predictions[predictions["scheme"] != "nested_cv"]
    for name, draw in (("roc", roc_plot), ("scores", score_plot)):
        if predictions.empty:
            save(words(f"Not drawn. {_sentence(audited.no_headline)}", 6), stems[name])
        else:
            save(_told(draw(predictions), audited), stems[name])


def _told(plot, audited: Finding):  # type: ignore[no-untyped-def]
    """Put what the audit found on top."""
    import plotnine as p9

    if not audited.doubtful:
        return plot
    said = audited.no_headline or f"Confounding audit: {audited.reason}"
    title = wrapped(_sentence(said), WIDTH, SAID)
    return (
        plot
        + p9.labs(title=title)
        + p9.theme(
            plot_title=p9.element_text(size=SAID, ha="left"),
            figure_size=(WIDTH, HEIGHT + LINE * (1 + title.count("\n"))),
        )
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def roc_points(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the curve of each outer fold's test part, averaged within its repeat.

    Returns
    -------
    pandas.DataFrame
        ``scheme, repeat`` (0 for the hold-out), ``false_positive_rate, true_positive_rate``. A
        repeat's curve is the mean of its folds' curves at equal false-positive rates, since
        scores of different folds come from different models.
    """
    grid = np.linspace(0, 1, 201)
    parts = []
    numbered = predictions.fillna({"repeat": 0, "fold": 0})
    for scheme, repeat in numbered[["scheme", "repeat"]].drop_duplicates().to_numpy():
        rows = numbered[(numbered["scheme"] == scheme) & (numbered["repeat"] == repeat)]
        curves = []
        for _, part in rows.groupby("fold"):
            if part["label"].nunique() == 2:
                false_positive, true_positive, _ = roc_curve(part["label"], part["score"])
                # a staircase: what is detected at no more than this false-positive rate
                step = np.searchsorted(false_positive, grid + ROUNDING, side="right") - 1
                curves.append(true_positive[step])
        if curves:
            parts.append(
                pd.DataFrame(
                    {
                        "scheme": scheme,
                        "repeat": int(repeat),
                        "false_positive_rate": grid,
                        "true_positive_rate": np.mean(curves, axis=0),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def roc_plot(predictions: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the ROC curves: thin lines for the repeats, a thick one for the locked hold-out."""
    import plotnine as p9

    points = roc_points(predictions)
    points["curve"] = points["scheme"].map(
        {"nested_cv": "nested cross-validation, each repeat", "held_out": "locked model, hold-out"}
    )
    points["line"] = points["scheme"] + points["repeat"].astype(str)
    return (
        p9.ggplot(
            points,
            p9.aes("false_positive_rate", "true_positive_rate", group="line", colour="curve"),
        )
        + p9.geom_abline(slope=1, intercept=0, colour=MUTED, linetype="dashed")
        + p9.geom_step(p9.aes(size="curve"))
        + p9.scale_size_manual(
            {"nested cross-validation, each repeat": 0.4, "locked model, hold-out": 1.2}
        )
        + p9.scale_colour_manual(
            {"nested cross-validation, each repeat": CONTROL, "locked model, hold-out": CASE}
        )
        + p9.coord_equal(xlim=(0, 1), ylim=(0, 1))
        + p9.labs(x="1 − specificity", y="Sensitivity")
        + house_theme(WIDTH, HEIGHT)
    )


def score_plot(predictions: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Return the scores of cases and controls; cross-validated ones averaged over repeats."""
    import plotnine as p9

    rows = predictions.groupby(["scheme", "sample", "label"], as_index=False)["score"].mean()
    rows["class"] = rows["label"].map({1: "case", 0: "control"})
    rows["scheme"] = rows["scheme"].map(
        {"nested_cv": "nested cross-validation", "held_out": "locked model, hold-out"}
    )
    return (
        p9.ggplot(rows, p9.aes("class", "score", colour="class", shape="class"))
        + p9.geom_boxplot(outlier_alpha=0, width=0.6, show_legend=False)
        + p9.geom_point(position=p9.position_jitter(0.2, 0, random_state=1), size=1.5, alpha=0.7)
        + p9.facet_wrap("scheme")
        + p9.scale_colour_manual({"case": CASE, "control": CONTROL})
        + p9.labs(x="", y="Score (calibrated logit)")
        + house_theme(WIDTH, HEIGHT)
    )
