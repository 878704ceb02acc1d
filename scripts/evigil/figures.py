"""Cohort pictures: one theme, one way to save, the same bytes every time."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from evigil.tables import whole

if TYPE_CHECKING:
    from plotnine import ggplot
    from plotnine.composition import Compose
    from plotnine.themes.theme import theme

# Okabe & Ito, https://jfly.uni-koeln.de/color/: told apart by readers of every colour vision
CASE = "#d55e00"
CONTROL = "#0072b2"
MUTED = "#4d5a66"
#: The two of the groups first.
COLOURS = (CONTROL, CASE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", MUTED)
SHAPES = ("o", "^", "s", "D", "v", "P", "X", "*")

PNG_DPI = 200
# Mean width of a letter as a share of its size, on the safe side, and inches from line to line.
LETTER, LINE = 0.56, 0.18


def house_theme(width: float, height: float) -> "theme":
    """Return the theme of all cohort pictures; `width` and `height` in inches."""
    from plotnine import element_blank, element_rect, theme, theme_bw

    return theme_bw(base_size=10) + theme(
        figure_size=(width, height),
        panel_grid_minor=element_blank(),
        strip_background=element_rect(fill="#f3f5f7"),
        legend_position="bottom",
        legend_title=element_blank(),
    )


def words(text: str, width: float = 8.0):  # type: ignore[no-untyped-def]
    """Return a picture that says why there is nothing to draw; `width` in inches."""
    import pandas as pd
    import plotnine as p9

    said = wrapped(text, width)
    size = (width, max(1.5, 0.6 + LINE * said.count("\n")))
    return (
        p9.ggplot(pd.DataFrame({"x": [0], "y": [0], "text": [said]}), p9.aes("x", "y"))
        + p9.geom_text(p9.aes(label="text"), size=10, colour=MUTED)
        + house_theme(*size)
        + p9.theme_void()
        + p9.theme(figure_size=size)
    )


def wrapped(text: str, width: float, size: float = 10) -> str:
    """Break a sentence into lines that fit `width` inches in letters of `size` points."""
    return fill(text, int(width * 72 / (LETTER * size)))


def plain(values: Sequence[float] | Sequence[str]) -> list[str]:
    """Write numbers of an axis without powers of ten."""
    numbers = map(float, values)
    return [f"{v:,.0f}" if abs(v) >= 1000 else f"{v:.6g}" for v in numbers]


def save(plot: "ggplot | Compose", stem: str | Path) -> None:
    """Write a picture as ``<stem>.svg`` and ``<stem>.png``, byte-identical over runs.

    Parameters
    ----------
    plot
        A plotnine plot with `house_theme`, or several side by side.
    stem
        Path without its ending.
    """
    import matplotlib
    from matplotlib import pyplot
    from plotnine.composition import Compose

    # ids inside an SVG are salted at random, and both formats name their date or software
    with matplotlib.rc_context({"svg.hashsalt": "evigil"}):
        # plots side by side know of no metadata, and are not the same when drawn twice
        figure = plot.draw() if isinstance(plot, Compose) else None
        for ending, metadata in (("svg", {"Date": None}), ("png", {"Software": None})):
            with whole(f"{stem}.{ending}") as part:
                if figure is None:
                    plot.save(part, format=ending, metadata=metadata, dpi=PNG_DPI, verbose=False)
                else:
                    figure.savefig(part, format=ending, metadata=metadata, dpi=PNG_DPI)
        if figure is not None:
            pyplot.close(figure)
