"""A user's own sheet: which column is the sample, the patient, the condition, the time."""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evigil.config_types import NAME, NUMBER
from evigil.errors import UserError
from evigil.sheets.columns import IDENTIFYING, OF_A_PATIENT, known, plain
from evigil.sheets.days import is_date
from evigil.sheets.reading import read_records
from evigil.study_faults import MIN_PATIENTS

SPELLINGS = {
    "sample": ("sample", "sample_id", "sampleid", "sample_name", "specimen", "specimen_id", "id"),
    "patient": (
        "patient",
        "patient_id",
        "patientid",
        "subject",
        "subject_id",
        "participant",
        "participant_id",
        "donor",
        "donor_id",
        "person",
    ),
    "condition": (
        "condition",
        "group",
        "diagnosis",
        "disease",
        "class",
        "phenotype",
        "case_control",
    ),
    "time": ("collected", "date", "collection_date", "sampling_date", "draw_date", "day"),
}
CONTROLS = ("healthy", "control", "controls", "normal", "healthy_control", "hc", "benign")

# Words in the name of a column that is likely to hold batches.
BATCHES = (
    *("batch", "plate", "lane", "chip", "slide", "gel", "library", "extraction"),
    *("flowcell", "sequencer", "machine", "technician"),
)


@dataclass
class Guess:
    """A sample sheet in our columns, and a classifier of its conditions.

    Attributes
    ----------
    text
        The sheet as TSV.
    classifier
        The block `classifiers`; empty when the sheet does not allow one.
    technical
        Columns that are likely to hold batches, for `quality.technical`.
    said
        What was taken for what, a line each.
    """

    text: str
    classifier: dict[str, Any] = field(default_factory=dict)
    technical: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def guess_sheet(path: Path) -> Guess:
    """Read a user's sheet and name its columns as the sample sheet does.

    Raises
    ------
    UserError
        If it cannot be read, or no column can be the sample or the condition.
    """
    header, *rows = read_records(str(path), path)
    rows = [row for row in rows if any(row)]
    ragged = [row for row in rows if len(row) != len(header)]
    if not rows or ragged:
        raise UserError(f"{path}: " + ("rows differ in length" if ragged else "has no rows"))
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    said: list[str] = []
    taken = _names(path, columns, said)
    kept = {new: columns.pop(old) for new, old in taken.items()}
    for name in list(columns):
        if {plain(name), _plain(name)} & {*IDENTIFYING}:
            said.append(f"left out {name!r}: it identifies a person")
            del columns[name]
        elif name in OF_A_PATIENT:
            said.append(f"left out {name!r}: it belongs in a patient sheet")
            del columns[name]
    if "patient" not in kept:
        kept["patient"] = kept["sample"]
        said.append("no column for the patient: each sample is taken for a person of its own")
    for name in ("sample", "patient"):
        wrong = [cell for cell in kept[name] if not NAME.fullmatch(cell)]
        if wrong:
            said.append(f"{name} {wrong[0]!r} must be letters, digits, - and _")
    order = [name for name in ("sample", "patient", "condition") if name in kept]
    table = {name: kept.pop(name) for name in order} | kept | columns
    return Guess(_tsv(table), _classifier(table, said), _technical(table, said), said)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _names(path: Path, columns: dict[str, list[str]], said: list[str]) -> dict[str, str]:
    """Return the sheet's column by our name for it."""
    spelt = {_plain(name): name for name in reversed(columns)}
    found = {
        ours: next((spelt[s] for s in spellings if s in spelt), None)
        for ours, spellings in SPELLINGS.items()
    }
    if found["sample"] is None:
        unique = [name for name, cells in columns.items() if len(set(cells)) == len(cells)]
        found["sample"] = next(iter(unique), None)
    for ours in ("sample", "condition"):
        if found[ours] is None:
            names = ", ".join(columns)
            raise UserError(f"{path}: no column can be the {ours} (columns: {names}); rename one")
    time = found.pop("time")
    if time is not None:
        cells = [cell for cell in columns[time] if cell]
        kind = "collected" if all(map(is_date, cells)) else "day"
        if kind == "collected" or all(map(NUMBER.fullmatch, cells)):
            found[kind] = time
        else:
            said.append(f"column {time!r} is not a time: dates must be YYYY-MM-DD")
    taken = {ours: name for ours, name in found.items() if name is not None}
    said += [f"took column {name!r} for {ours}" for ours, name in taken.items() if name != ours]
    return taken


def _classifier(table: dict[str, list[str]], said: list[str]) -> dict[str, Any]:
    """Return a classifier of the conditions, when enough patients have each."""
    values = sorted(set(filter(None, table["condition"])))
    control = next((v for name in CONTROLS for v in values if _plain(v) == name), None)
    if control is None or len(values) < 2:
        said.append(
            f"no classifier: none of the conditions ({', '.join(values)}) is named like a control "
            f"({', '.join(CONTROLS)}); fill in the block classifiers"
        )
        return {}
    pairs = set(zip(table["patient"], table["condition"], strict=True))
    cases = {patient for patient, value in pairs if value not in ("", control)}
    controls = {patient for patient, value in pairs if value == control}
    if min(len(cases), len(controls)) < MIN_PATIENTS or cases & controls:
        said.append(
            f"no classifier: it needs {MIN_PATIENTS} patients of each class and none in both, "
            f"found {len(cases)} cases and {len(controls)} controls"
        )
        return {}
    others = [value for value in values if value != control]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", others[0]).strip("_").lower() or "cases"
    block = {"column": "condition", "case": others, "control": [control]}
    said.append(f"classifier {name}: {', '.join(others)} against {control}")
    return {name if len(others) == 1 else "cases": block}


def _technical(table: dict[str, list[str]], said: list[str]) -> list[str]:
    """Return columns named like a batch that group the samples."""
    found = [
        name
        for name, cells in table.items()
        if name not in known("samples")
        and set(_plain(name).split("_")) & {*BATCHES}
        and 2 <= len(set(filter(None, cells))) <= len(cells) / 2
    ]
    if found:
        said.append(f"quality.technical: {', '.join(found)} (named like batches)")
    return found


def _tsv(table: dict[str, list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()
