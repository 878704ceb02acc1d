"""The sheet of libraries: which FASTQ files belong to which sample."""

from collections.abc import Collection
from os.path import normpath
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.config import Config
from evigil.config_words import show
from evigil.errors import UserError, hint
from evigil.sheets.cells import typed
from evigil.sheets.reading import Sheet, read_sheet, refuse_misspelt

COLUMNS = ("sample", "fastq_1", "fastq_2", "lane", "protocol")
AUTO = "auto"


def no_libraries() -> pd.DataFrame:
    """Return the table of a study without FASTQ files."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in (*COLUMNS, "row")})


def libraries_of(
    config: Config, base: Path, samples: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Read the sheet of libraries of a study, if it has one.

    Returns
    -------
    libraries, faults
        As from `read_libraries`; what is wrong with it, a line each.
    """
    if config.smallrna is None or config.smallrna.libraries is None:
        return no_libraries(), []
    sheet, names = config.smallrna.libraries, set(samples["sample"])
    try:
        return read_libraries(sheet, base, config.private, names), []
    except UserError as error:
        return no_libraries(), str(error).splitlines()


def with_entry(config: Config, samples: pd.DataFrame, libraries: pd.DataFrame) -> pd.DataFrame:
    """Say in the column ``entry`` how each sample enters, where there are two ways.

    It is a technical covariate: ``libraries`` or ``counts``.
    """
    if config.smallrna is None or not (config.smallrna.libraries and config.smallrna.counts):
        return samples
    sequenced = samples["sample"].isin(libraries["sample"])
    return samples.assign(entry=np.where(sequenced, "libraries", "counts").astype(object))


def read_libraries(
    file: str, base: Path, private: list[str], samples: Collection[str]
) -> pd.DataFrame:
    """Read the sheet of libraries and check it against the sample sheet.

    Parameters
    ----------
    file
        Path, relative to `base`.
    private
        Identifying columns that are dropped.
    samples
        Names in the sample sheet.

    Returns
    -------
    pandas.DataFrame
        ``sample, fastq_1, fastq_2, lane, protocol, row`` (as the user sees it), sorted by the
        first four; no mate and no lane are ``""``, no protocol is ``auto``.

    Raises
    ------
    UserError
        With every fault, one line each.
    """
    sheet = read_sheet(file, "libraries", base, private)
    typed(sheet, [])
    refuse_misspelt(sheet)
    _check_samples(sheet, samples)
    _check_files(sheet)
    _check_lanes(sheet)
    _check_pooled(sheet)
    if sheet.faults:
        raise UserError("\n".join(sheet.faults))
    cells = {name: sheet.columns.get(name, [""] * len(sheet.rows)) for name in COLUMNS}
    table = pd.DataFrame(cells, dtype=object).assign(row=sheet.rows)
    table["protocol"] = table["protocol"].replace("", AUTO)
    return table.sort_values(list(COLUMNS[:4]), ignore_index=True)


def _check_samples(sheet: Sheet, samples: Collection[str]) -> None:
    names = sheet.columns["sample"]
    unknown = [row for row, name in enumerate(names) if name and name not in samples]
    near = hint(names[unknown[0]], samples) if unknown else ""
    sheet.fault_of("sample", unknown, f"is not in the sample sheet{near}")


def _check_files(sheet: Sheet) -> None:
    first: dict[str, tuple[int, str]] = {}
    for row in range(len(sheet.rows)):
        for column in ("fastq_1", "fastq_2"):
            path = sheet.columns.get(column, [""] * len(sheet.rows))[row]
            there = first.setdefault(normpath(path), (row, column)) if path else (row, column)
            if there != (row, column):
                where = f"column {there[1]} of row {sheet.rows[there[0]]}"
                sheet.fault(row, f"column {column}: {show(path)} is also in {where}")


def _check_lanes(sheet: Sheet) -> None:
    first: dict[tuple[str, str], int] = {}
    for row, lane in enumerate(sheet.columns.get("lane", [])):
        sample = sheet.columns["sample"][row]
        earlier = first.setdefault((sample, lane), row) if lane else row
        if earlier != row:
            told = f"lane {lane} of sample {sample} is also in row {sheet.rows[earlier]}"
            sheet.fault(row, f"column lane: {told}")


def _check_pooled(sheet: Sheet) -> None:
    """Rows of one sample are one library: of one protocol, and with mates or without."""
    first: dict[str, int] = {}
    empty = [""] * len(sheet.rows)
    mates, kits = (sheet.columns.get(name, empty) for name in ("fastq_2", "protocol"))
    for row, sample in enumerate(sheet.columns["sample"]):
        other = first.setdefault(sample, row)
        where = f"row {sheet.rows[other]} of the same sample"
        if bool(mates[row]) != bool(mates[other]):
            has, lacks = ("a file", "none") if mates[row] else ("no file", "one")
            sheet.fault(row, f"column fastq_2 has {has}, {where} has {lacks}")
        if (kits[row] or AUTO) != (kits[other] or AUTO):
            one, two = (show(kits[i] or AUTO) for i in (row, other))
            sheet.fault(row, f"column protocol: {one}, but {two} in {where}")
