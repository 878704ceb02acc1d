"""Colours of the reports [Okabe and Ito, https://jfly.uni-koeln.de/color/].

Colour never stands alone: every call has its own icon shape and text, every gate its own symbol.
"""

from dataclasses import dataclass

WHITE = "#ffffff"
PAPER = "#f3f5f7"
PANEL = "#f7f9fa"
INK = "#16212b"
MUTED = "#4d5a66"
RULE = "#d3dae0"
BAND = "#d9eaf4"
TREATMENT = "#dfe5ea"

ORANGE = "#e69f00"
BLUE = "#0072b2"
VERMILLION = "#d55e00"
PURPLE = "#cc79a7"

# Vermillion and blue are too light for small text on a tint: their dark forms carry text.
DARK_VERMILLION = "#8f3b00"
DARK_BLUE = "#004f7d"


@dataclass(frozen=True)
class CallStyle:
    """How one call of the closed set looks."""

    label: str
    colour: str
    tint: str
    icon: str


CALLS = {
    "alert": CallStyle("Alert", VERMILLION, "#fdf0e8", "octagon"),
    "rising": CallStyle("Rising", ORANGE, "#fdf6e6", "triangle"),
    "no_significant_change": CallStyle("No significant change", BLUE, "#ecf5fa", "circle"),
    "indeterminate": CallStyle("Indeterminate", PURPLE, "#faf1f6", "square"),
    "not_reportable": CallStyle("Not reportable", MUTED, "#f1f3f5", "cross"),
    "not_monitored": CallStyle("Not monitored", MUTED, "#f1f3f5", "ring"),
}
CALL_ORDER = tuple(CALLS)

GATES = {
    "pass": ("passed", "disc"),
    "warn": ("passed with a warning", "up"),
    "fail": ("failed", "x"),
    "not_evaluable": ("could not be judged", "diamond"),
    "not_supplied": ("not supplied", "disc"),
}

STYLESHEET = {
    "white": WHITE,
    "paper": PAPER,
    "panel": PANEL,
    "ink": INK,
    "muted": MUTED,
    "rule": RULE,
    "blue": BLUE,
    "link": DARK_BLUE,
    "warning": DARK_VERMILLION,
    "vermillion": VERMILLION,
}


def call_rules() -> str:
    """Return the CSS of the result of each call."""
    return "".join(
        f".result-{call}{{background:{style.tint};border-left-color:{style.colour}}}"
        for call, style in CALLS.items()
    )


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
