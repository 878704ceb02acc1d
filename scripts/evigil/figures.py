"""Cohort pictures: one theme, one way to save, the same bytes every time."""

from pathlib import Path
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
