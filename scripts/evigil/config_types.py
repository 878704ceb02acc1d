"""The types of configuration values, each with the words that name what is allowed."""

import math
import re
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


def is_number(text: str) -> bool:
    """Whether a text is written as a number that a float can hold."""
    return NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


class Means(NamedTuple):
    """What a value must be, as an error and the documentation say it."""

    text: str


def _number(value: Any) -> Any:
    """Read ``1e-3``, which YAML 1.1 takes for text."""
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("not a name")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("empty")
    return value


def _cell(value: Any) -> Any:
    """Write a YAML scalar as the cell of a sheet would hold it; `yes` and `no` stay refused."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _iso(value: Any) -> Any:
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("not a date")
    date.fromisoformat(text)
    return text


Text = Annotated[str, AfterValidator(_text), Means("text")]
File = Annotated[str, AfterValidator(_text), Means("a path")]
Name = Annotated[str, AfterValidator(_name), Means("letters, digits, - and _, at most 100")]
Number = Annotated[float, BeforeValidator(_number), AfterValidator(_finite), Means("a number")]
Share = Annotated[float, BeforeValidator(_number), Field(gt=0, lt=1), Means("between 0 and 1")]
Specificity = Annotated[
    float, BeforeValidator(_number), Field(gt=0, le=0.9999), Means("above 0 and at most 0.9999")
]
Positive = Annotated[
    float, BeforeValidator(_number), AfterValidator(_finite), Field(gt=0), Means("above 0")
]
Count = Annotated[int, Field(ge=1), Means("a whole number from 1")]
Visits = Annotated[int, Field(ge=1, le=1000), Means("a whole number from 1 to 1000")]
Mismatches = Annotated[int, Field(ge=0, le=1), Means("0 or 1")]
Additions = Annotated[int, Field(ge=0, le=3), Means("a whole number from 0 to 3")]
Lengths = Annotated[
    list[Annotated[int, Field(ge=16, le=200)]],
    Field(min_length=2, max_length=2),
    Means("two whole numbers from 16 to 200, the shortest and the longest"),
]
NotNegative = Annotated[int, Field(ge=0), Means("a whole number from 0")]
Days = Annotated[int, Field(ge=0, le=36500), Means("a whole number from 0 to 36500")]
IsoDate = Annotated[str, BeforeValidator(_iso), Means("a date, YYYY-MM-DD")]
Cell = Annotated[str, BeforeValidator(_cell), AfterValidator(_text), Means("text or a number")]
_SCALARS = {"type": ["string", "number"]}
_ONE_OR_MORE = {"anyOf": [_SCALARS, {"type": "array", "items": _SCALARS, "minItems": 1}]}
OneOrMore = Annotated[
    list[Cell],
    BeforeValidator(_list),
    Field(min_length=1),
    Means("one value or a list of values, each text or a number (quote 'yes', 'no', 'true')"),
    WithJsonSchema(_ONE_OR_MORE),
]
Columns = Annotated[
    list[Text],
    BeforeValidator(_list),
    Means("a list of names"),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]
Selectors = Annotated[
    dict[Text, OneOrMore],
    Means("selectors, column: [values], each text or a number (quote 'yes', 'no', 'true')"),
    WithJsonSchema({"type": "object", "additionalProperties": _ONE_OR_MORE}),
]
