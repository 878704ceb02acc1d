"""The words for what a configuration key may hold: errors and documentation say the same."""

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evigil.config_types import Means

PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def allowed(annotation: Any, metadata: tuple[Any, ...] | list[Any] = ()) -> str:
    """Say what values of a type are allowed: ``"between 0 and 1"``, ``"one of median, none"``."""
    means = [item.text for item in metadata if isinstance(item, Means)]
    if means:
        return means[0]
    if hasattr(annotation, "__metadata__"):
        return allowed(annotation.__origin__, annotation.__metadata__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments)) if arguments[1:] else str(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(allowed(part) for part in arguments if part is not type(None))
    if origin is list:
        return f"a list, each {allowed(arguments[0])}"
    if origin is dict:
        block = model_in(arguments[1])
        return "name: a block of keys" if block else f"name: {allowed(arguments[1])}"
    return PLAIN.get(annotation, "a block of keys")


def allowed_in(field: FieldInfo) -> str:
    """Say what a field of a model may hold."""
    return allowed(field.annotation, field.metadata)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a type holds: ``Model``, ``Model | None``, ``Annotated[Model, …]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if hasattr(annotation, "__metadata__"):
        return model_in(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        return next(filter(None, map(model_in, get_args(annotation))), None)
    return None


def models_by_name(annotation: Any) -> type[BaseModel] | None:
    """Return the model of the values of ``dict[str, Model]``; None for any other type."""
    if hasattr(annotation, "__metadata__"):
        return models_by_name(annotation.__origin__)
    return model_in(get_args(annotation)[1]) if get_origin(annotation) is dict else None


def blocks(model: type[BaseModel], raw: dict[Any, Any]) -> Iterator[tuple[Any, FieldInfo, Any]]:
    """Go through the keys of a raw block that its model knows: key, field, raw value."""
    for key, value in raw.items():
        if key in model.model_fields:
            yield key, model.model_fields[key], value


def is_later(field: FieldInfo) -> bool:
    """Whether a field belongs to a stage that is not built yet."""
    return bool(_extra(field).get("later"))


def later_values(field: FieldInfo) -> list[str]:
    """Return the values of a field that are not built yet."""
    return _extra(field).get("later_values", [])


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def show(value: Any) -> str:
    """Write a value the way a user recognises it in YAML, on one line and not too long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a block of keys" if value else "an empty block"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
