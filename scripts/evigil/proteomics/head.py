"""The head of a file: what tells one engine's table from another's, without reading the rest."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from evigil.errors import UserError
from evigil.features.text import open_text, rows_of

#: Rows of text that a head holds; Olink's wide tables have their marks in the first six.
ROWS = 20
#: How the files of Excel before 2007 begin; engines also write text under their ending.
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"


class Head(NamedTuple):
    """The head of a file.

    Attributes
    ----------
    path
        The file, as given.
    suffix
        Its ending in lower case without ``.gz``: ``.tsv``, ``.parquet``, ….
    columns
        Cells of its first row that is not blank, without blanks around them; names of the columns
        of a parquet file; nothing for an ``.h5ad``.
    rows
        Up to `ROWS` first rows as text, the header among them; none of a parquet file.
    separator
        What stands between the cells of a text file, else empty.
    """

    path: str
    suffix: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    separator: str


def suffix_of(path: str | Path) -> str:
    """Return the ending of a file's name in lower case, without ``.gz``."""
    name = Path(path)
    return (Path(name.stem) if name.suffix.lower() == ".gz" else name).suffix.lower()


def read_head(path: str | Path) -> Head:
    """Read the head of a table.

    Raises
    ------
    UserError
        If the file is missing, empty, damaged or of a kind that nothing here reads.
    """
    suffix = suffix_of(path)
    if suffix == ".h5ad":
        return Head(str(path), suffix, (), (), "")
    if suffix == ".parquet":
        return Head(str(path), suffix, tuple(open_parquet(path).schema_arrow.names), (), "")
    refuse_binary(path)
    with open_text(path) as text:
        separator, rows = rows_of(text)
        first = tuple(tuple(cells) for _, cells in islice(rows, ROWS))
    if not first:
        raise UserError(f"{path}: is empty")
    columns = tuple(cell.strip() for cell in first[0])
    return Head(str(path), suffix, columns, first, "" if suffix == ".xlsx" else separator)


def open_parquet(path: str | Path):  # type: ignore[no-untyped-def]
    """Open a parquet file.

    Raises
    ------
    UserError
        If it is missing, empty, cut off or none.
    """
    import pyarrow
    import pyarrow.parquet

    file = Path(path)
    if not file.is_file():
        raise UserError(f"{path}: no such file")
    if not file.stat().st_size:
        raise UserError(f"{path}: the file is empty")
    try:
        return pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError):
        raise UserError(f"{path}: is not a parquet file, or cut off or damaged") from None


def refuse_binary(path: str | Path) -> None:
    """Refuse files that hold a table in a form of their own under an ending of text.

    Raises
    ------
    UserError
        If it is a workbook, an old one among them, or a zip archive.
    """
    file = Path(path)
    if not file.is_file() or file.suffix.lower() in (".gz", ".xlsx"):
        return
    with file.open("rb") as stream:
        start = stream.read(4)
    if start == OLD_EXCEL:
        raise UserError(f"{path}: is a workbook of Excel before 2007; save it as .xlsx")
    if start == ZIP:
        raise UserError(f"{path}: is an .xlsx or .zip file; name it .xlsx, or unpack it")


def numbered_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a TSV, CSV (either also ``.gz``) or ``.xlsx`` as cells with their numbers.

    Blank rows are left out; the numbers are those that a user sees.

    Raises
    ------
    UserError
        As `evigil.features.text.open_text`.
    """
    refuse_binary(path)
    with open_text(path) as text:
        _, rows = rows_of(text)
        yield from rows
