"""A configuration as text: what is set, and every other key as a comment with its default."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evigil.config import Classifier, Config, Contrast, Layer, Monitoring
from evigil.config_words import is_later, model_in, models_by_name

NAMED: dict[type[BaseModel], tuple[str, dict[str, Any]]] = {
    Layer: ("lipids", {"table": "lipids.tsv", "scale": "linear"}),
    Contrast: (
        "crc",
        {"column": "condition", "case": ["CRC"], "control": ["healthy"]},
    ),
    Classifier: (
        "crc",
        {"column": "condition", "case": ["CRC"], "control": ["healthy"]},
    ),
    Monitoring: ("watch", {"classifier": "crc"}),
}
"""Name and keys shown in the comment of a block that the user has not set."""


def commented_config(values: dict[str, Any]) -> str:
    """Write a configuration as YAML.

    Parameters
    ----------
    values
        What is set, in nested dicts. Every other key that this version has stands beside it as a
        comment with its default.
    """
    head = [
        "# Every key but `project` and one input has a default; what is commented out shows it.",
        "# All keys: docs/configuration.md. Relative paths start in the working directory.",
        "",
    ]
    return "\n".join([*head, *_lines(Config, values, True, "")]) + "\n"


def _lines(
    model: type[BaseModel], values: dict[str, Any], live: bool, indent: str
) -> Iterator[str]:
    """Give the lines of a block; what is not set is a comment, and so is all of a dead block."""
    for name, field in model.model_fields.items():
        if is_later(field):
            continue
        on = live and name in values
        start = f"{'' if on else '# '}{indent}"
        block, named = model_in(field.annotation), models_by_name(field.annotation)
        if not indent and (block is not None or named in NAMED):
            yield ""
        if block is not None:
            yield _described(f"{start}{name}:", field)
            yield from _lines(block, values.get(name, {}), on, indent + "  ")
        elif named in NAMED:
            yield _described(f"{start}{name}:", field)
            label, example = NAMED[named]
            for inner, keys in values.get(name, {label: example}).items():
                yield f"{start}  {inner}:"
                yield from _lines(named, keys, on, indent + "    ")
        else:
            value = values[name] if name in values else _default(field)
            yield _described(f"{start}{name}: {_yaml(value)}", field)


def _described(text: str, field: FieldInfo) -> str:
    return f"{text:<40} # {field.description}"


def _default(field: FieldInfo) -> Any:
    example = next(iter(field.examples or []), None)
    value = example if field.is_required() else field.get_default()
    if isinstance(value, dict):
        return {
            key: inner.model_dump(exclude_defaults=True) if isinstance(inner, BaseModel) else inner
            for key, inner in value.items()
        }
    return value


def _yaml(value: Any) -> str:
    """Write a value in YAML's flow style; JSON quotes only what YAML would misread."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_yaml(k)}: {_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    import yaml

    plain = not any(mark in text for mark in "{}[],:#&*!|>'\"%@`\\\n") and text == text.strip()
    return text if plain and yaml.safe_load(text) == text else json.dumps(text)
