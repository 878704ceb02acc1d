"""Sheets in: TSV, CSV or the first sheet of an .xlsx, as text cells with the rows a user sees."""

import codecs
import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from evigil.config_words import show
from evigil.errors import UserError, hint
from evigil.sheets.columns import IDENTIFYING, RESERVED, known, plain

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL"})
"""Cells that mean nothing was recorded."""
DELIMITERS = {".tsv": "\t", ".txt": "\t", ".csv": ","}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CONTROL_IN_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""In a cell a tab and a line end may stand between quotation marks."""
NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons"}


@dataclass
class Sheet:
    """A sheet as text.

    Attributes
    ----------
    file
        Path as the user wrote it: what an error names.
    kind
        ``samples``, ``patients``, ``series``, ``libraries`` or ``proteomics``.
    columns
        Values by column, ``""`` where nothing was recorded; all of one length.
    rows
        Row numbers as the user sees them; the header is row 1.
    header
        Names of all columns, those that were dropped included.
    """

    file: str
    kind: str
    columns: dict[str, list[str]]
    rows: list[int]
    header: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, row: int, text: str) -> None:
        """Note a fault of the row at position `row`."""
        self.faults.append(f"{self.file}: row {self.rows[row]}: {text}")

    def fault_of(self, column: str, rows: list[int], text: str) -> None:
        """Note one fault that several rows of a column share: the first, and how many more."""
        if rows:
            value = self.columns[column][rows[0]]
            more = more_rows(len(rows) - 1)
            shown = f"{show(value)} " if value else ""
            self.fault(rows[0], f"column {column}: {shown}{text}{more}")


def more_rows(number: int) -> str:
    """Say how many more rows have the same fault."""
    return f" (and {number} more row{'s' * (number > 1)})" if number else ""


def read_sheet(file: str, kind: str, base: Path, private: list[str]) -> Sheet:
    """Read a sheet as text cells and check its shape and header.

    Parameters
    ----------
    file
        Path, relative to `base`.
    kind
        ``samples``, ``patients``, ``series``, ``libraries`` or ``proteomics``.
    private
        Identifying columns that are dropped.

    Raises
    ------
    UserError
        With every fault of the shape: missing, empty, not UTF-8, ragged, header.
    """
    return _sheet(file, kind, read_records(file, base / file), private)


def read_records(file: str, path: Path) -> list[list[str]]:
    """Read every row of a sheet as cells without the blanks around them; the first is the header.

    Raises
    ------
    UserError
        If the file is missing, empty, of another format or not UTF-8.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"{file}: no such file") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from error
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise UserError(f"{file}: is empty")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        records = _excel(file, content)
    elif suffix in DELIMITERS:
        records = _text(file, content, DELIMITERS[suffix])
    else:
        raise UserError(f"{file}: must end in .tsv, .csv or .xlsx")
    return [[cell.strip() for cell in record] for record in records]


def _text(file: str, content: bytes, delimiter: str) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        row = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        raise UserError(f"{file}: row {row}: not UTF-8; save the file as UTF-8") from error
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        records = list(reader)
    except csv.Error as error:
        raise UserError(f"{file}: row {reader.line_num}: {error}") from error
    if len(records[0]) == 1:
        for other in NAMES:
            if other in records[0][0]:
                raise UserError(
                    f"{file}: row 1: the columns are separated by {NAMES[other]}, "
                    f"expected {NAMES[delimiter]}"
                )
    return records


def _excel(file: str, content: bytes) -> list[list[str]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UserError(f"{file}: is not an .xlsx file") from error
    rows = book.worksheets[0].iter_rows(values_only=True)
    records = [[_excel_cell(value) for value in row] for row in rows]
    if not any(any(row) for row in records):
        raise UserError(f"{file}: is empty")
    return records


def _excel_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sheet(file: str, kind: str, records: list[list[str]], private: list[str]) -> Sheet:
    header, body = records[0], records[1:]
    while header and not header[-1] and not any(row[len(header) - 1 :][:1] > [""] for row in body):
        body = [row[: len(header) - 1] + row[len(header) :] for row in body]
        header = header[:-1]
    numbered = [(number, row) for number, row in enumerate(body, start=2) if any(row)]
    faults = _header_faults(file, kind, header, private)
    for number, row in numbered:
        if len(row) != len(header):
            faults.append(
                f"{file}: row {number}: {len(row)} cells, the header has {len(header)} columns"
            )
            break
    if not numbered:
        faults.append(f"{file}: has a header and no rows")
    if faults:
        raise UserError("\n".join(faults))
    dropped = set(map(plain, private))
    columns = {
        name: ["" if row[i] in MISSING else row[i] for _, row in numbered]
        for i, name in enumerate(header)
        if plain(name) not in dropped
    }
    sheet = Sheet(file, kind, columns, [number for number, _ in numbered], header)
    for name, cells in columns.items():
        wrong = [row for row, cell in enumerate(cells) if CONTROL_IN_CELL.search(cell)]
        sheet.fault_of(name, wrong, "has a control character; remove it")
    if sheet.faults:
        raise UserError("\n".join(sheet.faults))
    return sheet


def _header_faults(file: str, kind: str, header: list[str], private: list[str]) -> list[str]:
    faults = []
    unnamed = [i for i, name in enumerate(header, start=1) if not name]
    if unnamed:
        faults.append(f"{file}: row 1: column {unnamed[0]} has no name")
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        faults.append(f"{file}: row 1: column {name!r} is given twice")
    allowed = set(map(plain, private))
    for name in header:
        if CONTROL.search(name):
            faults.append(f"{file}: row 1: column {show(name)} has a control character; rename it")
        if kind != "series" and name in RESERVED and plain(name) not in allowed:
            faults.append(
                f"{file}: column {name!r} is the name of a column of the results; rename it"
            )
        if plain(name) in IDENTIFYING and plain(name) not in allowed:
            faults.append(
                f"{file}: column {name!r} identifies a person; remove it, or list it in private "
                "to drop it at reading"
            )
    named = known(kind)
    for column in named.values():
        if column.required and column.name not in header:
            spare = [name for name in header if name and name not in named]
            faults.append(f"{file}: no column {column.name!r}{hint(column.name, spare)}")
    return faults


def refuse_misspelt(sheet: Sheet) -> None:
    """Refuse what looks like a misspelt column where nothing else would tell that it was left out.

    Unlike the extra columns of samples and patients, those of files have no use as covariates.
    """
    spare = [column for column in known(sheet.kind) if column not in sheet.columns]
    for name in sheet.columns:
        near = get_close_matches(name.lower(), spare, n=1, cutoff=0.8)
        if name not in known(sheet.kind) and near:
            sheet.faults.append(f"{sheet.file}: column {name!r} is not known{hint(name, near)}")


def notes(sheet: Sheet) -> list[str]:
    """Name columns that look like a misspelt named column; they are kept as covariates."""
    named = [name for name in known(sheet.kind) if name not in sheet.columns]
    spare = (name for name in sheet.columns if name not in known(sheet.kind))
    return [
        f"{sheet.file}: column {name!r} is kept as a covariate{hint(name, near)}"
        for name in spare
        if (near := get_close_matches(name.lower(), named, n=1, cutoff=0.85))
    ]


def private_notes(sheets: list[Sheet], private: list[str]) -> list[str]:
    """Name columns that should be dropped and that no sheet has: one may stand misspelt there."""
    header = [name for sheet in sheets for name in sheet.header]
    there = set(map(plain, header))
    return [
        f"config: private: no sheet has a column {name!r}{hint(name, header)}"
        for name in private
        if plain(name) not in there
    ]
