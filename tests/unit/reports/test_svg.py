"""The SVG writer: escaping, places and round ticks."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evigil.reports.svg import Axis, Element, coordinate, linear_ticks, log_ticks, ring, symbol


def labels(ticks: list[tuple[float, str]]) -> list[str]:
    return [label for _, label in ticks]


@given(st.text())
def test_any_text_stays_text(text):
    root = Element("svg", aria_label=text)
    root.add("text", text, x=1)
    parsed = ElementTree.fromstring(str(root))
    assert len(parsed) == 1
    assert len(parsed[0]) == 0


def test_coordinates_have_two_decimals():
    assert [coordinate(v) for v in (1.0, 1.239, -0.001, 10, "a&b")] == [
        "1",
        "1.24",
        "0",
        "10",
        "a&amp;b",
    ]


def test_axis_places_by_proportion():
    axis = Axis(10.0, 20.0, 300.0, 100.0)
    assert [axis(10), axis(15), axis(20)] == [300, 200, 100]


def test_linear_ticks_are_round():
    assert labels(linear_ticks(-2.3, 1.4)) == ["−2", "−1", "0", "1"]
    assert labels(linear_ticks(0.011, 0.029)) == ["0.015", "0.020", "0.025"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 13, ["1", "2", "5", "10"]),
        (0.02, 4000, ["0.1", "1", "10", "100", "1,000"]),
        (9.1, 10.2, ["9.2", "9.4", "9.6", "9.8", "10.0", "10.2"]),
        (2e-9, 5e3, ["10⁻⁸", "10⁻⁶", "0.0001", "0.01", "1", "100"]),
    ],
)
def test_log_ticks_are_round_in_marker_units(low, high, expected):
    ticks = log_ticks(math.log(low), math.log(high))
    assert labels(ticks) == expected
    assert all(math.log(low) - 1e-9 <= y <= math.log(high) + 1e-9 for y, _ in ticks)


@given(st.floats(-30, 30), st.floats(0.01, 60))
def test_log_axis_always_has_ticks(low, span):
    ticks = log_ticks(low, low + span)
    assert 2 <= len(ticks) <= 12
    assert len(set(labels(ticks))) == len(ticks)


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_linear_axis_always_has_ticks(low, span):
    assert 1 <= len(linear_ticks(low, low + span)) <= 7


def test_symbols_differ():
    shapes = {symbol(s, 0, 0, 5) for s in ("disc", "up", "diamond", "x")}
    assert len(shapes) == 4
    assert symbol("disc", 0, 0, 5) == ring(0, 0, 5)
