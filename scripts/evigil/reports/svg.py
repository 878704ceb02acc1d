"""A small SVG writer: elements, symbols, and axes with round ticks."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from evigil.reports.numbers import MINUS, number, superscript

# what XML 1.0 has no place for, whatever a sheet calls its markers
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# the widest common sans-serif (DejaVu, Verdana) needs this share of the font size per letter
LETTER = 0.6


def escape(text: object) -> str:
    """Make text safe inside an element or a quoted attribute."""
    safe = NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(text))
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        safe = safe.replace(sign, entity)
    return safe


def coordinate(value: object) -> str:
    """Write a number with two decimals at most, so that equal pictures are equal bytes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(value)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Element:
    """One SVG element; attribute names use ``_`` for ``-``."""

    def __init__(self, tag: str, text: str = "", **attributes: object) -> None:
        self.tag = tag
        self.text = text
        self.attributes = attributes
        self.children: list[Element] = []

    def add(self, tag: str, text: str = "", **attributes: object) -> "Element":
        """Append a child and return it."""
        child = Element(tag, text, **attributes)
        self.children.append(child)
        return child

    def __str__(self) -> str:
        return "".join(self.parts())

    def parts(self) -> Iterator[str]:
        """Yield the markup piece by piece."""
        yield f"<{self.tag}"
        for name, value in self.attributes.items():
            yield f' {name.rstrip("_").replace("_", "-")}="{coordinate(value)}"'
        if not self.text and not self.children:
            yield "/>"
            return
        yield ">" + escape(self.text)
        for child in self.children:
            yield from child.parts()
        yield f"</{self.tag}>"


def path(*points: tuple[float, float], close: bool = False) -> str:
    """Write the ``d`` of a broken line."""
    d = "M" + "L".join(f"{coordinate(float(x))} {coordinate(float(y))}" for x, y in points)
    return d + "Z" if close else d


def ring(x: float, y: float, radius: float) -> str:
    """Write the ``d`` of a circle."""
    r, d = coordinate(radius), coordinate(2 * radius)
    start = f"{coordinate(x - radius)} {coordinate(y)}"
    return f"M{start}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0Z"


def polygon(x: float, y: float, radius: float, corners: int, turn: float) -> str:
    """Write the ``d`` of a regular polygon; `turn` is the angle of the first corner in degrees."""
    angles = [math.radians(turn + 360 * i / corners) for i in range(corners)]
    return path(*((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles), close=True)


def symbol(shape: str, x: float, y: float, radius: float) -> str:
    """Write the ``d`` of a plot symbol of about equal area: ``disc, up, diamond, x, bar``."""
    if shape == "up":
        return polygon(x, y + radius * 0.15, radius * 1.35, 3, -90)
    if shape == "diamond":
        return polygon(x, y, radius * 1.3, 4, -90)
    if shape == "bar":
        return path((x - radius, y), (x + radius, y))
    if shape == "x":
        r = radius * 0.95
        return path((x - r, y - r), (x + r, y + r)) + path((x - r, y + r), (x + r, y - r))
    return ring(x, y, radius)


def text_width(text: str, size: float) -> float:
    """Estimate the width of text, on the wide side."""
    return LETTER * size * len(text)


@dataclass(frozen=True)
class Axis:
    """A linear map from data to the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_step(span: float, ticks: int) -> float:
    """Return the smallest of 1, 2, 5 × 10ᵏ that gives at most `ticks` steps in `span`."""
    size = 10.0 ** math.floor(math.log10(span / ticks))
    return next(s * size for s in (1, 2, 5, 10, 20) if span / (s * size) <= ticks)


def multiples(step: float, low: float, high: float) -> list[float]:
    """Return the multiples of a step inside an interval."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def linear_ticks(low: float, high: float, ticks: int = 6) -> list[tuple[float, str]]:
    """Place round values on a linear axis."""
    step = round_step(high - low, ticks)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    values = multiples(step, low, high)
    if decimals > 6 or step >= 1e7:
        largest = max(map(abs, values), default=step)
        digits = 1 + math.ceil(math.log10(max(largest, step) / step) + 1e-9)
        return [(v, number(v, digits)) for v in values]
    return [(v, f"{v + 0.0:,.{decimals}f}".replace("-", MINUS)) for v in values]


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Place round values on an axis of natural logarithms, labelled in the marker's own units."""
    decades = (high - low) / math.log(10)
    first, last = math.floor(low / math.log(10)), math.ceil(high / math.log(10))
    if decades > 3:
        step = max(1, math.ceil(decades / 7))
        powers = [p for p in range(first, last + 1) if p % step == 0]
        return _logs([(p, 1.0) for p in powers], low, high)
    for leads in ((1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        found = _logs([(p, m) for p in range(first, last + 1) for m in leads], low, high)
        if len(found) >= 4:
            return found
    near = linear_ticks(math.exp(low), math.exp(high))
    return [(math.log(value), label) for value, label in near if value > 0]


def _logs(marks: list[tuple[int, float]], low: float, high: float) -> list[tuple[float, str]]:
    placed = ((math.log(m) + p * math.log(10), number_of(m, p)) for p, m in marks)
    return [(y, label) for y, label in placed if low - 1e-9 <= y <= high + 1e-9]


def number_of(lead: float, power: int) -> str:
    """Write ``lead × 10^power`` shortly: 0.02, 50, 1.5, 20,000, 10⁸."""
    if -4 <= power <= 5:
        return f"{lead * 10.0**power:,.{max(0, -power + (lead % 1 != 0))}f}"
    raised = f"10{superscript(power)}"
    return raised if lead == 1 else f"{lead:g} × {raised}"
