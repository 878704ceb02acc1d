"""The text of a feature table: opening a file, splitting it into cells, faults of a cell."""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from evigil.errors import UserError

SEPARATORS = ("\t", ",", ";")
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
# From here on a float does not hold every whole number; no library comes near it.
LARGEST_COUNT = 2**53
_NOT_EXCEL = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ElementTree.ParseError),
    *(KeyError, IndexError, ValueError, OSError, RuntimeError),
)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_COUNT = re.compile(r"\d{1,15}", re.ASCII)
_COMMA = re.compile(r"\s*[+-]?\d+(,\d+)+\s*", re.ASCII)
_COUNTS_ARE = "a count is a whole number, 0 or more"


@contextmanager
def open_text(path: str | Path) -> Iterator[Iterator[str]]:
    """Open a TSV, CSV (either also ``.gz``) or the first sheet of an ``.xlsx`` as lines of text.

    Raises
    ------
    UserError
        If the file is missing, empty, not what its name says, cut off, or not UTF-8; also for
        what turns up while the lines are read.
    """
    file = Path(path)
    _check_file(file)
    try:
        with _stream(file) as text:
            yield text
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UserError(f"{path}: the gzip file is cut off or damaged") from None
    except csv.Error as error:
        raise UserError(f"{path}: cannot be split into cells ({error})") from None


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: no such file")
    with file.open("rb") as stream:
        start = stream.read(2)
    if not start:
        raise UserError(f"{file}: the file is empty")
    if (start == b"\x1f\x8b") != (file.suffix == ".gz"):
        state = "is not gzip although its name ends" if file.suffix == ".gz" else "is gzip: end it"
        raise UserError(f"{file}: {state} in .gz")


@contextmanager
def _stream(file: Path) -> Iterator[Iterator[str]]:
    if file.suffix == ".xlsx":
        with closing(_first_sheet(file)) as lines:
            yield lines
    elif file.suffix == ".gz":
        with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as text:
            yield text
    else:
        with file.open(encoding="utf-8-sig", newline="") as text:
            yield text


def _first_sheet(file: Path) -> Generator[str]:
    """Give the first sheet row by row, as tab-separated lines as wide as its header."""
    import openpyxl

    try:
        # in memory: who stops at the header must not leave a file open
        content = io.BytesIO(file.read_bytes())
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        try:
            yield from _lines(book.worksheets[0].iter_rows(values_only=True))
        finally:
            book.close()
    except _NOT_EXCEL:
        raise UserError(f"{file}: is not an .xlsx file with a sheet, or damaged") from None


def _lines(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    width = 0
    for cells in rows:
        row = ["" if cell is None else str(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        width = width or len(row)
        line = io.StringIO()
        filled = row + [""] * (width - len(row))
        csv.writer(line, delimiter="\t", lineterminator="\n").writerow(filled)
        yield line.getvalue()


def as_file(text: Iterator[str]) -> IO[str]:
    """Return what is left of a text as a file."""
    return text if isinstance(text, io.TextIOWrapper) else io.StringIO("".join(text))


def rows_of(text: Iterator[str]) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Find the separator in the header; give all rows, each with its number in the file.

    No more of `text` is taken than the rows that are asked for. Blank rows are left out.
    """
    blank = 0
    header = ""
    for header in text:
        if header.strip():
            break
        blank += 1
    separator = max(SEPARATORS, key=lambda s: (s == "\t" and s in header, header.count(s)))
    reader = csv.reader(chain([header], text), delimiter=separator)
    rows = ((blank + reader.line_num, cells) for cells in reader)
    return separator, ((number, cells) for number, cells in rows if "".join(cells).strip())


def first_cells(
    text: Iterable[str], separator: str, limit: int | None = None
) -> tuple[list[str], bool]:
    """Read the first cell of every row, and nothing else of it.

    Returns
    -------
    cells, complete
        `complete` is False if reading stopped after `limit` characters.
    """
    cells: list[str] = []
    size = 0
    for line in text:
        if limit is not None and size > limit:
            return cells, False
        size += len(line)
        cell = line[1:].partition('"')[0] if line[0] == '"' else line.partition(separator)[0]
        if cell.strip():
            cells.append(cell.strip())
    return cells, True


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a decimal number."""
    return _NUMBER.fullmatch(cell) is not None


def cell_fault(cell: str, counts: bool) -> str | None:
    """Say what is wrong with a cell, or nothing: of a table of counts, or of any numbers."""
    if counts and _COUNT.fullmatch(cell):
        return None
    if not counts and cell in MISSING:
        return None
    if not is_number(cell):
        return _not_a_number(cell, counts)
    number = float(cell)
    if abs(number) == float("inf") or (counts and number >= LARGEST_COUNT):
        return f"{cell!r} is too large"
    if counts and number < 0:
        return f"{cell!r} is negative; {_COUNTS_ARE}"
    if counts and number != int(number):
        return f"{cell!r} is not whole; {_COUNTS_ARE}"
    return None


def _not_a_number(cell: str, counts: bool) -> str:
    if not cell.strip():
        return f"empty; {_COUNTS_ARE} (write 0 for none)" if counts else "blank, not a number"
    if _COMMA.fullmatch(cell):
        return f"{cell!r} has a comma; decimals take a point, and thousands are not separated"
    return f"{cell!r} is not a number" + (f"; {_COUNTS_ARE}" if counts else "")
