"""What the patient figure shows of each draw: limits, value, sample quality, call; the legend."""

from typing import Any

from evigil.reports import palette
from evigil.reports.context import Section, Visit
from evigil.reports.frame import SMALL, Frame
from evigil.reports.numbers import number
from evigil.reports.sentences import LIMIT_NAMES
from evigil.reports.svg import Element, path, ring, symbol, text_width

RADIUS = 5.0
LEGEND_LINE = 21
WIDEST_BAND = 17.0

Style = dict[str, Any]

LIMIT_LINE: Style = {"stroke": palette.BLUE, "stroke_width": 3}
EXPECTED_LINE: Style = {"stroke": palette.BLUE, "stroke_width": 1}
ALERT_RING: Style = {"fill": "none", "stroke": palette.VERMILLION, "stroke_width": 2.5}
RISING_RING: Style = {
    "fill": "none",
    "stroke": palette.INK,
    "stroke_width": 1.25,
    "stroke_dasharray": "3 2",
}
COMMON_LINE: Style = {"stroke": palette.MUTED, "stroke_width": 1.5, "stroke_dasharray": "7 4"}
FIXED_LINE: Style = {"stroke": palette.INK, "stroke_width": 1.5, "stroke_dasharray": "2 4"}


def common_style(section: Section) -> Style:
    """Return the line of the limit that is the same for all."""
    return FIXED_LINE if section.common_name == LIMIT_NAMES["fixed"] else COMMON_LINE


def draw_common_limit(root: Element, frame: Frame, section: Section) -> None:
    """Draw the limit that is the same for all patients, calibrated or fixed."""
    limits = {section.y(v.common_limit) for v in section.visits}
    for limit in sorted(y for y in limits if y is not None):
        y = frame.y(limit)
        root.add("path", d=path((frame.left, y), (frame.right, y)), **common_style(section))


def draw_limits(root: Element, frame: Frame, section: Section) -> None:
    """Draw the personal limit of every draw on its own: it moves with what was known by then."""
    if section.rule != "peb":
        return
    levels = [(v.day, section.y(v.limit), section.y(v.expected)) for v in section.visits]
    placed = [
        (frame.x(at), frame.y(limit), frame.y(expected))
        for at, limit, expected in levels
        if limit is not None and expected is not None
    ]
    for (x, y, below), half in zip(placed, _half_widths([p[0] for p in placed]), strict=True):
        root.add("rect", x=x - half, y=y, width=2 * half, height=below - y, fill=palette.BAND)
        root.add("path", d=path((x - half, below), (x + half, below)), **EXPECTED_LINE)
        root.add("path", d=path((x - half, y), (x + half, y)), **LIMIT_LINE)


def _half_widths(places: list[float]) -> list[float]:
    """Return half the width of each band, so that neighbours do not touch."""
    gaps = [b - a for a, b in zip(places, places[1:], strict=False)]
    edges = ([99.0, *gaps], [*gaps, 99.0]) if places else ([], [])
    nearest = [min(pair) for pair in zip(*edges, strict=True)]
    return [max(1.5, min(WIDEST_BAND, 0.42 * gap)) for gap in nearest]


def draw_values(root: Element, frame: Frame, section: Section) -> None:
    """Draw every draw: its shape is the sample's quality, its ring the call."""
    levels = [(v, section.y(v.value)) for v in section.visits]
    joined = [(frame.x(v.day), frame.y(y)) for v, y in levels if y is not None]
    if len(joined) > 1:
        root.add("path", d=path(*joined), fill="none", stroke=palette.MUTED, stroke_width=1.25)
    for visit, y in levels:
        at = frame.bottom - 10 if y is None else frame.y(y)
        _mark(root, frame.x(visit.day), at, _shape(visit), visit.call)
    shown = [(v, y) for v, y in levels if y is not None]
    if not shown:
        middle = (frame.left + frame.right) / 2
        y = (frame.top + frame.bottom) / 2
        root.add("text", "no reportable value", x=middle, y=y, text_anchor="middle", **MUTED)
    else:
        _label(root, frame, number(shown[-1][0].value), *joined[-1])


def _shape(visit: Visit) -> str:
    """Tell the quality by shape; a draw without a value is never drawn as one with it."""
    shape = palette.GATES[visit.gate][1]
    return "bar" if visit.value is None and shape in ("disc", "up") else shape


def _mark(root: Element, x: float, y: float, shape: str, call: str) -> None:
    if shape in ("x", "bar"):
        root.add("path", d=symbol(shape, x, y, RADIUS), stroke=palette.INK, stroke_width=2.25)
    else:
        fill = palette.WHITE if call == "not_monitored" or shape == "diamond" else palette.INK
        d = symbol(shape, x, y, RADIUS)
        root.add("path", d=d, fill=fill, stroke=palette.INK, stroke_width=1.5)
    if call in ("alert", "rising"):
        style = ALERT_RING if call == "alert" else RISING_RING
        root.add("path", d=ring(x, y, RADIUS + 5), **style)


def _label(root: Element, frame: Frame, text: str, x: float, y: float) -> None:
    """Write the last value beside its point."""
    half = text_width(text, SMALL) / 2
    root.add(
        "text",
        text,
        x=min(max(x, frame.left + half), frame.right - half),
        y=y - 16 if y - 30 > frame.top else y + 25,
        text_anchor="middle",
        font_weight=700,
        **HALO,
    )


MUTED: Style = {"fill": palette.MUTED}
HALO: Style = {
    "stroke": palette.WHITE,
    "stroke_width": 4,
    "stroke_linejoin": "round",
    "paint_order": "stroke",
}

Item = tuple[str, str]


def legend_rows(section: Section, width: float) -> list[list[Item]]:
    """Name what the figure shows, and nothing else, in rows that fit."""
    rows: list[list[Item]] = [[]]
    used = 0.0
    for item in _items(section):
        wide = text_width(item[1], SMALL) + 42
        if rows[-1] and used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append(item)
        used += wide
    return rows


def _items(section: Section) -> list[Item]:
    visits = section.visits
    calls = {v.call for v in visits}
    shapes = {_shape(v) for v in visits if v.call != "not_monitored"}
    personal = section.rule == "peb" and any(v.limit is not None for v in visits)
    candidates = [
        ("disc", "value", "disc" in shapes),
        ("up", "value, sample with a warning", "up" in shapes),
        ("diamond", "sample quality not judged", "diamond" in shapes),
        ("x", "sample failed", "x" in shapes),
        ("bar", "no value", "bar" in shapes),
        ("open", "not monitored", "not_monitored" in calls),
        ("alert", "alert", "alert" in calls),
        ("rising", "rising", "rising" in calls),
        ("limit", "personal limit on that day", personal),
        ("band", "expected value to limit", personal),
        ("common", section.common_name, any(v.common_limit is not None for v in visits)),
    ]
    return [(kind, label) for kind, label, is_shown in candidates if is_shown]


def draw_legend(
    root: Element, rows: list[list[Item]], section: Section, left: float, top: float
) -> None:
    """Draw the legend."""
    for i, row in enumerate(rows):
        x, y = left, top + i * LEGEND_LINE
        for kind, label in row:
            _key(root, kind, section, x, y)
            root.add("text", label, x=x + 30, y=y + 4)
            x += text_width(label, SMALL) + 42


def _key(root: Element, kind: str, section: Section, x: float, y: float) -> None:
    line = path((x, y), (x + 24, y))
    if kind == "limit":
        root.add("path", d=line, **LIMIT_LINE)
    elif kind == "common":
        root.add("path", d=line, **common_style(section))
    elif kind == "band":
        root.add("rect", x=x + 4, y=y - 7, width=16, height=14, fill=palette.BAND)
        root.add("path", d=path((x + 4, y + 7), (x + 20, y + 7)), **EXPECTED_LINE)
    else:
        shape = kind if kind in ("up", "diamond", "x", "bar") else "disc"
        _mark(root, x + 12, y, shape, "not_monitored" if kind == "open" else kind)
