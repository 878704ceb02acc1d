"""Numbers as people read them: few digits, a real minus sign, a dash for what is missing."""

import math

MISSING = "–"
MINUS = "\N{MINUS SIGN}"


def known(value: object) -> bool:
    """Whether a table cell holds a number or text."""
    return value is not None and value != "" and not (isinstance(value, float) and value != value)


def number(value: float | None, digits: int = 3) -> str:
    """Round to significant digits; powers of ten only for what is very large or very small."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    size = math.floor(math.log10(abs(rounded)))
    if -4 <= size <= 6:
        text = f"{rounded:,.{max(digits - 1 - size, 0)}f}"
    else:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        text = f"{mantissa} × 10{superscript(int(exponent))}"
    return text.replace("-", MINUS)


def fixed(value: float | None, decimals: int = 2) -> str:
    """Round to decimals, for a column of like numbers."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    return (text if text.strip("-0.") else text.lstrip("-")).replace("-", MINUS)


def day(value: float | None) -> str:
    """Write a day: whole where it is whole, else one decimal."""
    if value is None or not math.isfinite(value):
        return MISSING
    whole = round(value, 1)
    text = f"{whole:,.0f}" if whole == int(whole) else f"{whole:,.1f}"
    return ("0" if text == "-0" else text).replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def superscript(exponent: int) -> str:
    """Write an exponent in raised digits."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
