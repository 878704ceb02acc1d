"""Sheets of one study read, typed, checked against each other and put on one time."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.config import Config
from evigil.config_words import show
from evigil.errors import UserError, hint
from evigil.sheets.cells import typed
from evigil.sheets.columns import DATE_COLUMN, OF_A_PATIENT, known
from evigil.sheets.days import (
    Clock,
    dates_in_days,
    time_faults,
    treatments_in_days,
)
from evigil.sheets.reading import Sheet, more_rows, notes, private_notes, read_sheet

DAYS_PER_YEAR = 365.25
OF_A_SAMPLE = ("sample", "collected", "day", "role", "replicate_of")


@dataclass
class Joined:
    """The tables of a study.

    Attributes
    ----------
    samples
        One row per sample, sorted; columns of the sheet, then those of its patient, and ``day``.
    patients
        One row per patient seen anywhere, sorted; times in days.
    series
        Typed rows by path of the file, with ``day``, sorted by patient, marker, day, sample.
    """

    samples: pd.DataFrame
    patients: pd.DataFrame
    series: dict[str, pd.DataFrame]
    notes: list[str] = field(default_factory=list)


def read_joined(config: Config, base: Path) -> Joined:
    """Read and join the sheets that a configuration names.

    Raises
    ------
    UserError
        With every fault of the sheets, one line each.
    """
    wanted = [(config.samples, "samples"), (config.patients, "patients")]
    wanted += [(file, "series") for file in series_files(config)]
    sheets, faults = [], []
    for file, kind in wanted:
        if file is not None:
            try:
                sheets.append(read_sheet(file, kind, base, config.private))
            except UserError as error:
                faults += str(error).splitlines()
    categorical = [*config.categorical, *config.quality.technical]
    tables = {sheet.file: typed(sheet, categorical) for sheet in sheets}
    faults += [fault for sheet in sheets for fault in sheet.faults]
    if not faults:
        faults = _between(config, sheets, tables) + time_faults(sheets)
    if faults:
        raise UserError("\n".join(faults))
    return _join(sheets, tables, config.private)


def series_files(config: Config) -> list[str]:
    """Return the paths of the series, each once."""
    return sorted({block.series for block in config.monitoring.values() if block.series})


def _between(config: Config, sheets: list[Sheet], tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what is wrong between rows or between sheets."""
    faults = []
    columns = {str(name) for table in tables.values() for name in table}
    for name in config.categorical:
        if name not in columns:
            faults.append(f"config: categorical: no column {name!r}{hint(name, columns)}")
    persons = next((sheet for sheet in sheets if sheet.kind == "patients"), None)
    for sheet in sheets:
        before = len(sheet.faults)
        if sheet.kind == "samples":
            _check_samples(sheet, tables[sheet.file], persons)
        elif sheet.kind == "patients":
            _check_patients(sheet, sheets)
        else:
            _check_series(sheet, config)
        if sheet.kind != "patients":
            sheet.faults += [
                f"{sheet.file}: column {name!r} belongs in the patient sheet"
                for name in OF_A_PATIENT
                if name in sheet.columns
            ]
        if persons is not None and sheet is not persons:
            listed = set(persons.columns["patient"])
            unknown = [
                row
                for row, name in enumerate(sheet.columns["patient"])
                if name and name not in listed
            ]
            near = hint(sheet.columns["patient"][unknown[0]], listed) if unknown else ""
            sheet.fault_of("patient", unknown, f"is not in {persons.file}{near}")
        faults += sheet.faults[before:]
    return faults


def repeated(keys: list[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Return the positions of repeated keys, each with the position of its first."""
    first: dict[tuple[str, ...], int] = {}
    return [(row, first[key]) for row, key in enumerate(keys) if first.setdefault(key, row) != row]


def _check_repeats(sheet: Sheet, column: str) -> None:
    again = repeated([(name,) for name in sheet.columns[column]])
    if again:
        text = f"is also in row {sheet.rows[again[0][1]]}"
        sheet.fault_of(column, [row for row, _ in again], text)


def _check_samples(sheet: Sheet, table: pd.DataFrame, persons: Sheet | None) -> None:
    names = sheet.columns["sample"]
    _check_repeats(sheet, "sample")
    role = table.get("role", pd.Series("sample", index=table.index)).fillna("sample")
    for column in ("patient", "condition"):
        empty = np.flatnonzero((role == "sample") & table[column].isna())
        sheet.fault_of(column, list(empty), "is empty; only role blank or reference may leave it")
    known_names, copies = set(names), sheet.columns.get("replicate_of", [])
    wrong = [
        row
        for row, name in enumerate(copies)
        if name and (name not in known_names or name == names[row])
    ]
    near = hint(copies[wrong[0]], known_names - {copies[wrong[0]]}) if wrong else ""
    sheet.fault_of("replicate_of", wrong, f"is not another sample{near}")
    _check_parents(sheet, list(role), set(wrong))
    if persons is not None:
        for name in sheet.columns:
            if name not in ("patient", *OF_A_PATIENT) and name in persons.columns:
                sheet.faults.append(
                    f"{sheet.file}: column {name!r} is in {persons.file} too; keep one"
                )


def _check_parents(sheet: Sheet, roles: list[str], wrong: set[int]) -> None:
    """Find replicates of what is no first sample of the same person."""
    copies = sheet.columns.get("replicate_of", [])
    patients, position = (
        sheet.columns["patient"],
        {n: i for i, n in enumerate(sheet.columns["sample"])},
    )
    when = sheet.columns.get("collected") or sheet.columns.get("day") or [""] * len(copies)
    parents = {row: position[name] for row, name in enumerate(copies) if name and row not in wrong}

    def another_draw(row: int, of: int) -> bool:
        first_of_same = patients[of] == patients[row] and not copies[of]
        return first_of_same and bool(when[row]) and when[of] != when[row]

    for fault, text in (
        (lambda row, of: bool(copies[of]), "is a replicate itself; name the first sample"),
        (lambda row, of: roles[of] != "sample", "must have role sample"),
        (lambda row, of: patients[of] != patients[row], "is of another patient"),
        (another_draw, "is of another draw"),
    ):
        rows = [row for row, of in parents.items() if fault(row, of)]
        sheet.fault_of("replicate_of", rows, text)


def _check_patients(sheet: Sheet, sheets: list[Sheet]) -> None:
    _check_repeats(sheet, "patient")
    for name in OF_A_SAMPLE:
        if name in sheet.columns:
            sheet.faults.append(f"{sheet.file}: column {name!r} belongs in the sample sheet")
    if "age" in sheet.columns and "birth_year" in sheet.columns:
        sheet.faults.append(f"{sheet.file}: has both 'age' and 'birth_year'; keep one")
    dated = any(DATE_COLUMN.get(other.kind, "") in other.columns for other in sheets)
    if "birth_year" in sheet.columns and not dated:
        sheet.faults.append(
            f"{sheet.file}: column 'birth_year' needs dates in the samples or the series; "
            "give age instead"
        )


def _check_series(sheet: Sheet, config: Config) -> None:
    cells = sheet.columns
    when = [name for name in ("date", "day") if name in cells]
    if not when:
        sheet.faults.append(f"{sheet.file}: no column 'date' or 'day'")
        return
    stamped = [any(pair) for pair in zip(*(cells[name] for name in when), strict=True)]
    sheet.fault_of(when[0], [row for row, has in enumerate(stamped) if not has], "is empty")
    limits = cells.get("detection_limit", [""] * len(sheet.rows))
    pairs = list(zip(cells["value"], limits, strict=True))
    empty = [row for row, (value, limit) in enumerate(pairs) if not value and not limit]
    sheet.fault_of("value", empty, "is empty")
    below = [
        row
        for row, (value, limit) in enumerate(pairs)
        if limit and (not value or float(value) < float(limit))
    ]
    sheet.fault_of(
        "value", below, "is below its detection_limit; non-detects are not available in version 0.1"
    )
    for name, block in config.monitoring.items():
        if block.series == sheet.file and block.scale == "log":
            _check_log_scale(sheet, name, block.markers)
    parts = ["patient", "marker", *when, *(["sample"] if "sample" in cells else [])]
    keys = list(zip(*(cells[name] for name in parts), strict=True))
    again = repeated(keys)
    if again:
        row, earlier = again[0]
        who = f"patient {show(cells['patient'][row])}, marker {show(cells['marker'][row])}"
        more = more_rows(len(again) - 1)
        sheet.fault(row, f"the same draw as row {sheet.rows[earlier]} ({who}){more}")


def _check_log_scale(sheet: Sheet, name: str, markers: list[str] | None) -> None:
    draws = enumerate(zip(sheet.columns["marker"], sheet.columns["value"], strict=True))
    low = [
        row
        for row, (marker, value) in draws
        if value and float(value) <= 0 and (markers is None or marker in markers)
    ]
    text = f"is not above 0, which monitoring.{name} needs on its log scale (or set scale: linear)"
    sheet.fault_of("value", low, text)


def _join(sheets: list[Sheet], tables: dict[str, pd.DataFrame], private: list[str]) -> Joined:
    draws = [sheet for sheet in sheets if sheet.kind != "patients"]
    seen = [
        pd.DataFrame(
            {"patient": tables[s.file]["patient"], "date": tables[s.file].get(DATE_COLUMN[s.kind])}
        )
        for s in draws
    ]
    every = (
        pd.concat(seen, ignore_index=True) if seen else pd.DataFrame(columns=["patient", "date"])
    )
    clock = Clock(every["patient"], every["date"])
    for sheet in draws:
        table = tables[sheet.file]
        column = DATE_COLUMN[sheet.kind]
        if column in table and table[column].notna().any():
            table["day"] = clock.days(table["patient"], table[column])
        elif "day" not in table:
            table["day"] = np.nan
    patients = _patients(sheets, tables, every["patient"], clock)
    samples = next((tables[s.file] for s in sheets if s.kind == "samples"), None)
    return Joined(
        _samples(samples, patients, clock),
        patients.drop(columns="birth_year", errors="ignore"),
        {s.file: _series(tables[s.file]) for s in sheets if s.kind == "series"},
        [note for sheet in sheets for note in notes(sheet)] + private_notes(sheets, private),
    )


def _series(table: pd.DataFrame) -> pd.DataFrame:
    order = ["patient", "marker", "day"] + (["sample"] if "sample" in table else [])
    return table.sort_values(order, ignore_index=True)


def _patients(
    sheets: list[Sheet], tables: dict[str, pd.DataFrame], seen: pd.Series, clock: Clock
) -> pd.DataFrame:
    sheet = next((s for s in sheets if s.kind == "patients"), None)
    if sheet is None:
        return pd.DataFrame({"patient": sorted(seen.dropna().unique())}, dtype=object)
    table = tables[sheet.file]
    named = known("patients")
    for name in table:
        kind = named[name].kind if name in named else ""
        if kind == "day":
            table[name] = clock.days(table["patient"], table[name])
        elif kind in ("treatments", "dates"):
            rewrite = treatments_in_days if kind == "treatments" else dates_in_days
            table[name] = clock.rewrite(table["patient"], table[name], rewrite)
    return table.sort_values("patient", ignore_index=True)


def _samples(table: pd.DataFrame | None, patients: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Join samples to patients; the age is the age at the draw."""
    if table is None:
        return pd.DataFrame(columns=["sample", "patient", "condition", "role", "day"])
    table["role"] = table["role"].fillna("sample") if "role" in table else "sample"
    joined = table.merge(patients, on="patient", how="left", validate="many_to_one")
    since = joined["day"].fillna(0) / DAYS_PER_YEAR
    if "birth_year" in patients:
        # The day of birth is unknown on purpose: the middle of the year is off by half at most.
        born = joined.pop("birth_year").map(_middle_of_year, "ignore").astype(float)
        joined["age"] = (joined["patient"].map(clock.origin) - born) / DAYS_PER_YEAR + since
    elif "age" in patients:
        joined["age"] = joined["age"] + since
    return joined.sort_values("sample", ignore_index=True)


def _middle_of_year(year: float) -> int:
    return date(int(year), 7, 1).toordinal()
