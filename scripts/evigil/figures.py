"""Cohort pictures: one theme, one way to save, the same bytes every time."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from evigil.tables import whole

if TYPE_CHECKING:
    import pandas as pd
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

#: Inches of a picture with a row for each sample.
WIDTH = 7.0
#: Samples whose names fit beside their rows; with more, rows are ordered by what is shown.
NAMED = 60
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


def sample_height(samples: int) -> float:
    """Return the height of a picture with a row for each sample, inches."""
    return 1.6 + 0.16 * samples if samples <= NAMED else 6.0


def samples_label(samples: int) -> str:
    """Return the title of the axis of samples: where these have no names, how many they are."""
    return "" if samples <= NAMED else f"{samples:,} samples"


def sample_axis(samples: int) -> "theme":
    """Return what the theme of a picture with a row for each sample leaves out with many."""
    from plotnine import element_blank, theme

    if samples <= NAMED:
        return theme()
    return theme(
        axis_text_y=element_blank(),
        axis_ticks_major_y=element_blank(),
        panel_grid_major_y=element_blank(),
    )


def share_plot(shares: "pd.DataFrame", colours: list[str], label: str) -> "ggplot":
    """Return stacked bars, a sample each, the first column at the left.

    Parameters
    ----------
    shares
        ``sample`` as index, a column for each part, from 0 to 1.
    colours
        Of the columns.
    label
        Of the axis of shares.
    """
    import pandas as pd
    import plotnine as p9

    present = [str(c) for c in shares if (shares[c] > 0).any()] or [str(shares.columns[0])]
    named = len(shares) <= NAMED
    shown = shares if named else shares.sort_values(present[0], kind="stable")
    order = shown.index[::-1] if named else shown.index
    long = shown[present].rename_axis("sample").reset_index()
    long = long.melt("sample", var_name="part", value_name="share")
    long["sample"] = pd.Categorical(long["sample"], list(order))
    # stacks are built from the last level on
    long["part"] = pd.Categorical(long["part"], present[::-1])
    width = 0.85 if named else 1.0
    plot = (
        p9.ggplot(long, p9.aes("sample", "share", fill="part"))
        + p9.geom_col(width=width)
        + p9.coord_flip(expand=False)
        + p9.scale_fill_manual(
            dict(zip(shares.columns, colours, strict=True)), breaks=present, limits=present[::-1]
        )
        + p9.scale_y_continuous(labels=lambda values: [f"{100 * v:.3g} %" for v in values])
        + p9.labs(x=samples_label(len(shown)), y=label)
        + p9.guides(fill=p9.guide_legend(ncol=4))
        + house_theme(WIDTH, sample_height(len(shown)))
    )
    return plot + sample_axis(len(shown))
