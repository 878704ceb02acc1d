"""The sheet of proteomics tables: which files hold the proteins, and what is known of each."""

from os.path import normpath
from pathlib import Path

import pandas as pd

from evigil.config import Config
from evigil.config_words import show
from evigil.errors import UserError
from evigil.sheets.cells import typed
from evigil.sheets.columns import known
from evigil.sheets.reading import Sheet, read_sheet, refuse_misspelt

COLUMNS = ("path", "format", "batch", "runs", "scale")
AUTO, MATRIX, RAW = "auto", "matrix", "mzml"
ENGINES = {*known("proteomics")["format"].values} - {AUTO, MATRIX, RAW}


def no_tables() -> pd.DataFrame:
    """Return the sheet of a study without proteomics: its columns, and no row."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in (*COLUMNS, "row")})


def tables_of(config: Config, base: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read the sheet of proteomics tables of a study, if it has one.

    Returns
    -------
    tables, faults
        As from `read_tables`; what is wrong with it, a line each.
    """
    if config.proteomics is None:
        return no_tables(), []
    try:
        return read_tables(config.proteomics.tables, base, config.private), []
    except UserError as error:
        return no_tables(), str(error).splitlines()


def read_tables(file: str, base: Path, private: list[str]) -> pd.DataFrame:
    """Read the sheet of proteomics tables.

    Parameters
    ----------
    file
        Path, relative to `base`.
    private
        Identifying columns that are dropped.

    Returns
    -------
    pandas.DataFrame
        ``path, format, batch, runs, scale, row`` (as the user sees it), sorted by path; no format
        is ``auto``, the others are ``""`` where there is nothing.

    Raises
    ------
    UserError
        With every fault, one line each.
    """
    sheet = read_sheet(file, "proteomics", base, private)
    typed(sheet, [])
    refuse_misspelt(sheet)
    _check_files(sheet)
    _check_scales(sheet)
    if sheet.faults:
        raise UserError("\n".join(sheet.faults))
    cells = {name: sheet.columns.get(name, [""] * len(sheet.rows)) for name in COLUMNS}
    table = pd.DataFrame(cells, dtype=object).assign(row=sheet.rows)
    for name in ("format", "scale"):
        table[name] = table[name].str.lower()
    table["format"] = table["format"].replace("", AUTO)
    return table.sort_values("path", ignore_index=True)


def _check_files(sheet: Sheet) -> None:
    first: dict[str, int] = {}
    for row, path in enumerate(sheet.columns["path"]):
        earlier = first.setdefault(normpath(path), row) if path else row
        if earlier != row:
            sheet.fault(row, f"column path: {show(path)} is also in row {sheet.rows[earlier]}")


def _check_scales(sheet: Sheet) -> None:
    empty = [""] * len(sheet.rows)
    formats, scales = (sheet.columns.get(name, empty) for name in ("format", "scale"))
    for row, (kind, scale) in enumerate(zip(formats, scales, strict=True)):
        kind = kind.lower()
        if kind == MATRIX and not scale:
            sheet.fault(row, "column scale: is empty; a matrix needs linear or log2")
        elif kind in ENGINES and scale:
            sheet.fault(row, f"column scale: a table of {kind} has a scale of its own; leave empty")
        elif kind == RAW and scale:
            sheet.fault(row, "column scale: a run in mzML has no scale; leave empty")
