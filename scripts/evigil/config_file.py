"""From what a user wrote to a `Config`: every fault in one line, none of them a pydantic dump."""

from os.path import normpath
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from evigil.config import RELEASE, Config, Proteomics, SmallRNA
from evigil.config_contrasts import key_faults
from evigil.config_layers import STAGES, layer_faults, with_layers
from evigil.config_words import (
    allowed_in,
    is_later,
    later_values,
    model_in,
    models_by_name,
    show,
)
from evigil.errors import UserError, hint
from evigil.metrics import METRIC_NAMES, gate_faults
from evigil.rna.classes import NO_CLASSES

# what every study is joined by
NEVER_PRIVATE = frozenset(
    ("sample", "patient", "condition", "collected", "day", "date", "marker", "value")
)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, but a key given twice is an error and not silently the second one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key {key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_yaml(path: str | Path) -> dict[Any, Any]:
    """Read a YAML file that holds one mapping; raises UserError with file and line."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {_reason(error)}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {row}: not UTF-8; save the file as UTF-8") from error
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with one more check
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise UserError(f"{path}: {line}{_problem(error)}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: must hold keys and values (project: demo), got {show(value)}")
    return value


def _reason(error: OSError) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror).lower()


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not YAML"
    return "a tab; indent with spaces" if "'\\t'" in problem else problem


def parse_config(raw: dict[Any, Any]) -> Config:
    """Turn a raw configuration into a `Config`.

    Raises
    ------
    UserError
        With all faults, one line each, sorted as the configuration is.
    """
    faults: list[str] = []
    known = _available(Config, raw, "", faults)
    try:
        config = Config.model_validate(known)
    except ValidationError as error:
        lines = (_line(fault["type"], fault["loc"], fault["input"]) for fault in error.errors())
        faults.extend(_of_one_alternative(list(dict.fromkeys(lines))))
    else:
        faults.extend(_cross_faults(config))
    if faults:
        raise UserError("\n".join(f"config: {fault}" for fault in faults))
    return with_layers(config)


def _available(
    model: type[BaseModel], raw: dict[Any, Any], path: str, faults: list[str]
) -> dict[Any, Any]:
    """Return a raw block without nulls and without what is not built yet; the latter are faults.

    ``key:`` with nothing behind it is null in YAML: a block whose keys are all commented out
    means its defaults.
    """
    kept: dict[Any, Any] = {}
    for key, value in raw.items():
        # YAML 1.1 reads a bare `off` as false
        key = "off" if key is False and "off" in model.model_fields else key
        field = model.model_fields.get(key)
        if field is None:
            kept[key] = value
        elif value is not None and is_later(field):
            if not _is_default(field, value):
                faults.append(f"{path}{key} is not available in version {RELEASE}")
        elif value is not None:
            kept[key] = _available_inside(field, value, f"{path}{key}", faults)
    return kept


def _available_inside(field: FieldInfo, value: Any, path: str, faults: list[str]) -> Any:
    unbuilt = [v for v in _as_list(value) if v in later_values(field)]
    faults.extend(f"{path}: {v} is not available in version {RELEASE}" for v in unbuilt)
    block, named = model_in(field.annotation), models_by_name(field.annotation)
    if block and isinstance(value, dict):
        return _available(block, value, f"{path}.", faults)
    if named and isinstance(value, dict):
        return {
            name: _available(named, inner, f"{path}.{name}.", faults)
            if isinstance(inner, dict)
            else inner
            for name, inner in value.items()
        }
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_default(field: FieldInfo, value: Any) -> bool:
    kind: Any = field.annotation
    try:
        return bool(TypeAdapter(kind).validate_python(value) == field.get_default())
    except ValidationError:
        return False


def _of_one_alternative(lines: list[str]) -> list[str]:
    """Drop the line of a whole block where another one names the value in it that is wrong."""
    block = ", got a block of keys"
    named = {line.rpartition(", got ")[0] for line in lines if not line.endswith(block)}
    return [line for line in lines if line.removesuffix(block) not in named]


def _line(kind: str, location: tuple[int | str, ...], value: Any) -> str:
    """Say one fault of pydantic's in our words."""
    model: type[BaseModel] | None = Config
    field: FieldInfo | None = None
    path: list[str] = []
    steps = [str(step) for step in location]
    while steps:
        step = steps.pop(0)
        if model is None:
            named = models_by_name(field.annotation) if field else None
            if named is None or step == "[key]":
                break
            if steps[:1] == ["[key]"]:
                means = "letters, digits, - and _, at most 100"
                return f"{'.'.join(path)}: {show(value)} is not a name ({means})"
            model, field = named, None
        elif step in model.model_fields:
            field = model.model_fields[step]
            model = model_in(field.annotation)
        else:
            near = hint(step, model.model_fields)
            return f"{'.'.join([*path, step])} is not a key{near}"
        path.append(step)
    dotted = ".".join(path)
    if kind == "missing":
        return f"{dotted} is missing"
    words = "a block of keys" if model or not field else allowed_in(field)
    return f"{dotted} must be {words}, got {show(value)}"


def _cross_faults(config: Config) -> list[str]:
    """Return what is wrong between keys that are each right."""
    faults = _input_faults(config) + _same_file_faults(config) + _gate_faults(config)
    faults += [
        f"private: {name!r} is needed and cannot be dropped; use a pseudonym there"
        for name in config.private
        if name.lower() in NEVER_PRIVATE
    ]
    for name, block in config.classifiers.items():
        path = f"classifiers.{name}"
        if block.model is None:
            required = ("column", "case", "control")
            faults += [f"{path}.{key} is missing" for key in required if not getattr(block, key)]
        both = sorted(set(block.case or []) & set(block.control or []))
        faults += [f"{path}: {value!r} is both a case and a control" for value in both]
        if block.operating_specificity not in block.specificities:
            offered = ", ".join(map(str, block.specificities))
            faults.append(
                f"{path}.operating_specificity must be one of specificities ({offered}), "
                f"got {block.operating_specificity}"
            )
    for name in config.monitoring:
        faults += _monitoring_faults(config, name)
    for name, contrast in (config.differential.contrasts if config.differential else {}).items():
        faults += key_faults(f"differential.contrasts.{name}", contrast)
    return faults + layer_faults(config)


def _input_faults(config: Config) -> list[str]:
    measured = [name for name in (*STAGES, "layers") if getattr(config, name)]
    if not measured and not any(m.series for m in config.monitoring.values()):
        return [
            "no input: give smallrna.libraries, smallrna.counts, proteomics.tables, "
            "layers.<name>.table or monitoring.<name>.series"
        ]
    faults = []
    if measured and not config.samples:
        faults.append(f"samples is missing: {measured[0]} needs a sheet")
    if (small := config.smallrna) is not None:
        faults += [] if small.counts or small.libraries else ["smallrna needs libraries or counts"]
        faults += _reads_faults(small)
    if (proteins := config.proteomics) is not None:
        faults += _protein_faults(proteins)
    return faults


def _protein_faults(block: Proteomics) -> list[str]:
    """Return what is wrong between the keys that say how proteins are brought to one scale."""
    faults = []
    if block.normalisation == "spike" and not block.spike_proteins:
        faults.append("proteomics.normalisation: spike needs spike_proteins")
    if block.normalisation != "spike" and block.spike_proteins:
        faults.append("proteomics.spike_proteins needs normalisation: spike")
    if block.normalisation != "reference" and block.reference_samples is not None:
        faults.append("proteomics.reference_samples needs normalisation: reference")
    return faults


def _reads_faults(block: SmallRNA) -> list[str]:
    """Return what is wrong between the keys that say how reads are assigned."""
    faults = []
    shortest, longest = block.lengths
    if shortest > longest:
        faults.append(
            f"smallrna.lengths: the shortest, {shortest}, is above the longest, {longest}"
        )
    if "spike_in" in block.fasta:
        faults.append("smallrna.fasta.spike_in: spike-ins are given as smallrna.spike_ins")
    for name in sorted(block.fasta.keys() & NO_CLASSES):
        faults.append(f"smallrna.fasta.{name}: is no class but a fate of reads; choose another")
    return faults


def _same_file_faults(config: Config) -> list[str]:
    inputs = {"samples": config.samples, "patients": config.patients}
    if config.smallrna is not None:
        keys = ("libraries", "counts", "spike_ins")
        inputs |= {f"smallrna.{key}": getattr(config.smallrna, key) for key in keys}
    if config.proteomics is not None:
        named = ("tables", "panels")
        inputs |= {f"proteomics.{key}": getattr(config.proteomics, key) for key in named}
    inputs |= {f"layers.{name}.table": layer.table for name, layer in config.layers.items()}
    series = ((f"monitoring.{name}.series", m.series) for name, m in config.monitoring.items())
    first: dict[str, str] = {}
    faults = []
    for key, file in [*inputs.items(), *series]:
        if file is not None:
            other = first.setdefault(normpath(file), key)
            # Several monitorings may follow one series, each with its own rule.
            if other != key and other in inputs:
                faults.append(f"{other} and {key} are the same file, {file}")
    return faults


def _gate_faults(config: Config) -> list[str]:
    gates = {name: gate.model_dump() for name, gate in config.quality.gates.items()}
    unknown = [name for name in gates if name not in METRIC_NAMES]
    if unknown:
        return [f"quality.gates.{n} is not a metric{hint(n, METRIC_NAMES)}" for n in unknown]
    return [line.removeprefix("config: ") for line in gate_faults(gates)]


def _monitoring_faults(config: Config, name: str) -> list[str]:
    block, path = config.monitoring[name], f"monitoring.{name}"
    faults = []
    if (block.classifier is None) == (block.series is None):
        faults.append(f"{path} needs exactly one of classifier and series")
    if block.classifier is not None and block.classifier not in config.classifiers:
        near = hint(block.classifier, config.classifiers)
        faults.append(f"{path}.classifier: {block.classifier!r} is not a classifier{near}")
    if block.classifier is not None and block.markers is not None:
        faults.append(f"{path}.markers needs series")
    on_log = block.series is not None and block.scale == "log"
    if on_log and block.threshold is not None and block.threshold <= 0:
        faults.append(f"{path}.threshold must be above 0 on a log scale, got {block.threshold}")
    return faults
