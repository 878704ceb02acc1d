"""Numbers as people read them."""

import pytest

from evigil.reports.numbers import day, fixed, number, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13.4637, "13.5"),
        (0.0, "0"),
        (1.0, "1.00"),
        (-0.3451, "−0.345"),
        (9999.6, "10,000"),
        (0.00012345, "0.000123"),
        (1234567.0, "1,230,000"),
        (7.179e11, "7.18 × 10¹¹"),
        (1.37e-7, "1.37 × 10⁻⁷"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.01, "0"), (412.0, "412"), (-31.25, "−31.2"), (2379.0, "2,379"), (None, "–")],
)
def test_day(value, text):
    assert day(value) == text


def test_columns_have_fixed_decimals():
    assert [fixed(v) for v in (4.9666, -0.194, -0.001, None)] == ["4.97", "−0.19", "0.00", "–"]


def test_percent_does_not_break():
    assert percent(0.953) == "95\N{NO-BREAK SPACE}%"
