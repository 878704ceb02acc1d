"""Icons of the calls: each has its own outline, so that it is known without colour."""

from typing import Any

from evigil.reports import palette
from evigil.reports.svg import Element, path, polygon, ring

SIZE = 24


def icon_sheet() -> str:
    """Return a hidden SVG with one ``symbol`` per call, for ``<use href="#icon-alert">``."""
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", width=0, height=0, aria_hidden="true")
    for call, style in palette.CALLS.items():
        shape = root.add("symbol", id=f"icon-{call}", viewBox=f"0 0 {SIZE} {SIZE}")
        _outline(shape, style)
        _sign(shape, call)
    return str(root)


def _outline(shape: Element, style: palette.CallStyle) -> None:
    line: dict[str, Any] = {"stroke": palette.INK, "stroke_width": 1.5, "stroke_linejoin": "round"}
    if style.icon == "octagon":
        shape.add("path", d=polygon(12, 12, 11, 8, 22.5), fill=style.colour, **line)
    elif style.icon == "triangle":
        shape.add(
            "path", d=path((12, 1.5), (23, 21.5), (1, 21.5), close=True), fill=style.colour, **line
        )
    elif style.icon == "square":
        shape.add("rect", x=2, y=2, width=20, height=20, rx=4, fill=style.colour, **line)
    elif style.icon == "ring":
        shape.add("path", d=ring(12, 12, 10), fill=palette.WHITE, stroke_dasharray="4 2.5", **line)
    else:
        fill = style.colour if style.icon == "circle" else palette.WHITE
        shape.add("path", d=ring(12, 12, 10.5), fill=fill, **line)


def _sign(shape: Element, call: str) -> None:
    line: dict[str, Any] = {"fill": "none", "stroke_width": 2.5, "stroke_linecap": "round"}
    if call == "alert":
        shape.add(
            "path",
            d="M12 6.2V13.4M12 17.4V17.5",
            stroke=palette.WHITE,
            **line | {"stroke_width": 3},
        )
    elif call == "rising":
        shape.add("path", d="M12 18.5V10.5M8.8 13.2L12 10L15.2 13.2", stroke=palette.INK, **line)
    elif call == "no_significant_change":
        shape.add("path", d="M7 9.8H17M7 14.4H17", stroke=palette.WHITE, **line)
    elif call == "indeterminate":
        d = "M8.8 9.2C8.8 5.4 15.2 5.4 15.2 9.2C15.2 11.6 12 11.6 12 14.2M12 17.8V17.9"
        shape.add("path", d=d, stroke=palette.INK, **line)
    elif call == "not_reportable":
        shape.add("path", d="M8.2 8.2L15.8 15.8M15.8 8.2L8.2 15.8", stroke=palette.INK, **line)
    else:
        shape.add("path", d="M9.6 8.5V15.5M14.4 8.5V15.5", stroke=palette.INK, **line)
