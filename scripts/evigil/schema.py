"""`evigil schema`: JSON schemas, `docs/configuration.md` and the shipped configuration."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evigil.config import RELEASE, Config
from evigil.config_words import allowed_in, is_later, later_values, model_in, models_by_name
from evigil.errors import UserError
from evigil.init import shipped_config
from evigil.metrics import METRICS
from evigil.sheets.columns import ALWAYS_CATEGORIES, IDENTIFYING, SHEETS, Column, columns_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHEET_TITLES = {
    "samples": "Sample sheet, one row per specimen",
    "patients": "Patient sheet, one row per person",
    "libraries": "Libraries, one row per FASTQ file or pair of files",
    "proteomics": "Tables of proteins, one row per file",
    "series": "Series, one row per value of a marker",
}


def write_schemas(root: Path) -> list[Path]:
    """Write the schemas, `docs/configuration.md` and `config/config.yaml` below `root`.

    Returns
    -------
    list of Path
        What was written; the same bytes for the same sources.

    Raises
    ------
    UserError
        If `root` is not a checkout of evigil: a study has a `config/config.yaml` of its own.
    """
    from evigil.tables import write_text

    if not ((root / "workflow/Snakefile").is_file() and (root / "scripts/evigil").is_dir()):
        raise UserError(
            f"{root}: is not the checkout of evigil (no workflow/Snakefile and scripts/evigil); "
            "give its root with --directory"
        )
    written = []
    for path, text in rendered().items():
        write_text(text, root / path)
        written.append(root / path)
    return written


def rendered() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    schemas = {"config": config_schema()} | {name: sheet_schema(name) for name in SHEETS}
    files = {
        f"workflow/schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False)
        + "\n"
        for name, schema in schemas.items()
    }
    return files | {
        "docs/configuration.md": configuration_page(),
        "config/config.yaml": shipped_config(),
    }


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration."""
    schema = _without_titles(Config.model_json_schema())
    return {"$schema": DIALECT, "title": "Configuration of evigil"} | schema


def _without_titles(schema: Any) -> Any:
    """Drop the titles that pydantic makes up from names of fields."""
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema


def sheet_schema(sheet: str) -> dict[str, Any]:
    """Return the JSON schema of one row of a sheet."""
    columns = columns_of(sheet)
    return {
        "$schema": DIALECT,
        "title": SHEET_TITLES[sheet],
        "type": "object",
        "properties": {column.name: _column_schema(column) for column in columns},
        "required": [column.name for column in columns if column.required],
        "additionalProperties": True,
    }


def _column_schema(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": f"{column.text} ({column.allowed})"}
    if column.kind == "number":
        limits = {"minimum": column.low, "maximum": column.high}
        kept = {key: limit for key, limit in limits.items() if abs(limit) != float("inf")}
        return schema | {"type": "integer" if column.whole else "number"} | kept
    if column.values:
        return schema | {"type": "string", "enum": list(column.values)}
    patterns = {"name": "^[A-Za-z0-9_-]{1,100}$", "date": r"^\d{4}-\d{2}-\d{2}$"}
    pattern = {"pattern": patterns[column.kind]} if column.kind in patterns else {}
    return schema | {"type": ["string", "number"] if column.kind == "day" else "string"} | pattern


def configuration_page() -> str:
    """Return `docs/configuration.md`."""
    lines = [
        "# Configuration",
        "",
        "Written by `evigil schema` from the models in `scripts/evigil/`; do not edit by hand.",
        "",
        "A configuration is one YAML file. Every key but `project` and one input "
        "(`smallrna.libraries`, `smallrna.counts`, `proteomics.tables`, a table in `layers`, or "
        "the `series` of a monitoring) has a default. "
        "A key without a value, or with `null`, has its default. A key that is not listed here is "
        f"refused, and so is one marked *not in {RELEASE}* when it is set to anything but its "
        "default.",
        "Paths are relative to the working directory (`--directory`).",
        "",
        "*Selectors* are `column: [values]`, or `column: value`; a row must match every column. "
        "They look in the file's own columns, then in those of the patient sheet.",
        "",
        *_block_lines(Config, ""),
        *_metric_lines(),
        "## Sheets",
        "",
        "TSV, CSV or the first sheet of an .xlsx; UTF-8, with or without byte-order mark, any line "
        "ends. An empty cell, `NA`, `N/A`, `NaN` or `NULL` is missing. A column that is not listed "
        "is kept as a covariate: a number if every value is one, else a category; "
        + ", ".join(f"`{name}`" for name in ALWAYS_CATEGORIES)
        + " and the columns in `categorical` are always categories.",
        "",
        "Columns called "
        + ", ".join(f"`{name}`" for name in IDENTIFYING)
        + " (any case; a blank or - is as _) are refused unless they are listed in `private`; "
        "then they are dropped at reading.",
        "",
        "`day` counts days since the patient's earliest date over samples and series; days in the "
        "patient sheet count from the same origin. Give dates everywhere or days everywhere.",
        "",
    ]
    for sheet, title in SHEET_TITLES.items():
        lines += [f"### {sheet}", "", f"{title}.", "", *_sheet_lines(SHEETS[sheet]), ""]
        if sheet == "samples":
            facts = ", ".join(
                f"`{column.name}`" for column in columns_of(sheet)[len(SHEETS[sheet]) :]
            )
            lines += [
                "What is known of the person may also stand here, without a patient sheet; `age` "
                f"is then the age at the draw: {facts}.",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def _metric_lines() -> Iterator[str]:
    yield from ("## Metrics of the gates", "")
    yield (
        "A failure of a metric that cannot fail is a warning, unless `critical: true` and a "
        "failing limit are set. A fitted limit comes from the samples of `quality.reference`."
    )
    yield from ("", "| metric | layer | meaning | default limits | can fail | source |")
    yield "|---|---|---|---|---|---|"
    for metric in METRICS.values():
        limits = ", ".join(f"{key} {value:,}" for key, value in metric.limits)
        cells = (
            f"`{metric.name}`",
            metric.layer,
            metric.meaning,
            limits or ("fitted" if metric.fitted else "none"),
            "yes" if metric.critical else "no",
            metric.source,
        )
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _block_lines(model: type[BaseModel], path: str) -> Iterator[str]:
    """Give a section for a block and, below it, for each block that it holds."""
    if path:
        yield from (f"## `{path}`", "", (model.__doc__ or "").strip(), "")
    yield from ("| key | value | default | meaning |", "|---|---|---|---|")
    inner = []
    for name, field in model.model_fields.items():
        yield _row(name, field)
        block, named = model_in(field.annotation), models_by_name(field.annotation)
        if block or named:
            inner.append((block or named, f"{path}.{name}" if path else name, named is not None))
    yield ""
    for held, below, by_name in inner:
        assert held is not None
        yield from _block_lines(held, f"{below}.<name>" if by_name else below)


def _row(name: str, field: FieldInfo) -> str:
    meaning = field.description or ""
    if is_later(field):
        meaning += f" *Not in {RELEASE}.*"
    if later_values(field):
        meaning += f" *Not in {RELEASE}: {', '.join(later_values(field))}.*"
    cells = (f"`{name}`", allowed_in(field), _default(field), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default()
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, dict) and any(isinstance(v, BaseModel) for v in value.values()):
        value = {key: inner.model_dump(exclude_defaults=True) for key, inner in value.items()}
    text = json.dumps(value, ensure_ascii=False).replace(".0,", ",").replace(".0}", "}")
    return f"`{text}`" if value not in ({}, []) else "empty"


def _sheet_lines(columns: tuple[Column, ...]) -> Iterator[str]:
    yield from ("| column | value | meaning |", "|---|---|---|")
    for column in columns:
        needed = " **Required.**" if column.required else ""
        meaning = column.text[0].upper() + column.text[1:]
        yield f"| `{column.name}` | {column.allowed} | {meaning}.{needed} |"
