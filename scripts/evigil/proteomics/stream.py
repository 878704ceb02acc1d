"""Tables of any size, a part at a time: parquet by row groups, text by blocks."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evigil.errors import UserError
from evigil.features.text import open_text, rows_of
from evigil.proteomics.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of a parquet file, and bytes of a text, that are held at once.
ROWS = 250_000
BLOCK = 8_000_000
#: Cells without a number; Spectronaut writes ``Filtered`` and, where it took a value from other
#: runs, ``Profiled`` for a q-value; its German edition ``n. def.``.
MISSING = [
    *("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "#N/A"),
    *("Filtered", "Profiled", "n. def.", "Infinity", "-Infinity"),
]

_CONVERSION = re.compile(r"column #(\d+): Row #(\d+): .*invalid value '(.*)'", re.DOTALL)
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


class ReadAgainError(Exception):
    """What a row shows (a decimal comma, cells left out at its end) changes how all are read."""


class Stream:
    """A table of which only some columns are read, in parts.

    Parameters
    ----------
    path
        ``.parquet``; else text (any ending, also ``.gz``) or ``.xlsx`` (first sheet).

    Raises
    ------
    UserError
        One line: missing, empty, cut off, damaged, not UTF-8, no row below the header.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self.parquet = Path(path).suffix.lower() == ".parquet"
        self._separator, self._header_row = "", 0
        self._decimal, self._padded, self._least = ".", False, 0
        names = self._parquet_names() if self.parquet else self._text_names()
        self.columns = Columns(self.path, names)

    def _parquet_names(self) -> list[str]:
        import pyarrow as pa

        with self._one_line() as pq:
            file = pq.ParquetFile(self.path)
            if not file.metadata.num_rows:
                raise UserError(f"{self.path}: no row below the header")
            schema = file.schema_arrow
        if nested := [field.name for field in schema if pa.types.is_nested(field.type)]:
            raise UserError(f"{self.path}: column {nested[0]!r}: holds lists, not one value a row")
        return list(schema.names)

    def _text_names(self) -> list[str]:
        with open_text(self.path) as text:
            self._separator, rows = rows_of(text)
            first = list(islice(rows, 2))
        if len(first) < 2:
            raise UserError(f"{self.path}: no row below the header")
        (self._header_row, header), (_, row) = first
        names = [name.strip() for name in header]
        return ["", *names] if len(row) == len(names) + 1 else names  # R leaves out the corner

    def parts(
        self, text: Sequence[str], numbers: Sequence[str], filled: Sequence[str] = ()
    ) -> Iterator["pa.RecordBatch"]:
        """Read columns part by part.

        Parameters
        ----------
        text, numbers
            Columns, as the file spells them, to be read as text (missing is null) and as
            float64 (missing is null).
        filled
            Columns that every row has: it may leave out empty cells at its end, as spreadsheets
            do, but with one of these missing it is cut off.

        Raises
        ------
        UserError
            One line with row, column and value.
        ReadAgainError
            If the parts given so far do not hold, and the next call gives them right.
        """
        if self.parquet:
            return self._parquet_parts(text, numbers)
        self._least = max((self.columns.names.index(name) + 1 for name in filled), default=0)
        return self._text_parts(text, numbers)

    def _parquet_parts(
        self, text: Sequence[str], numbers: Sequence[str]
    ) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        wanted = [*text, *numbers]
        kinds = [pa.string()] * len(text) + [pa.float64()] * len(numbers)
        with self._one_line() as pq:
            file = pq.ParquetFile(self.path, read_dictionary=list(text))
            for part in file.iter_batches(ROWS, columns=wanted, use_threads=False):
                yield pa.RecordBatch.from_arrays(
                    [
                        self._as(part.column(name), name, kind)
                        for name, kind in zip(wanted, kinds, strict=True)
                    ],
                    wanted,
                )

    def _as(self, column: Any, name: str, kind: Any) -> Any:
        """Give a column as text, each once and by number, or as numbers."""
        import pyarrow as pa

        if kind == pa.string():
            coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            texts = coded.dictionary.cast(kind)
            return pa.DictionaryArray.from_arrays(coded.indices.cast(pa.int32()), texts)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        try:
            return column if column.type == kind else column.cast(kind)
        except pa.ArrowException:
            raise UserError(f"{self.path}: column {name!r}: is not numbers") from None

    def _text_parts(
        self, text: Sequence[str], numbers: Sequence[str]
    ) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        # by position: a header may leave a column without a name, or give a name twice
        place = {name: str(self.columns.names.index(name)) for name in [*text, *numbers]}
        kinds = {place[name]: pa.dictionary(pa.int32(), pa.string()) for name in text}
        kinds |= {place[name]: pa.float64() for name in numbers}
        lines = self._padded or self.path.lower().endswith(".xlsx")
        separator = "\t" if lines else self._separator
        with self._one_line(), self._bytes() as source:
            reader = arrow_csv.open_csv(
                source,
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK,
                    skip_rows=self._header_row,
                    column_names=[str(i) for i in range(len(self.columns.names))],
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=separator),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=kinds,
                    include_columns=list(place.values()),
                    null_values=MISSING,
                    decimal_point=self._decimal,
                ),
            )
            for part in reader:
                yield part.rename_columns(list(place))

    @contextmanager
    def _bytes(self) -> Iterator[Any]:
        import pyarrow as pa

        if self._padded or self.path.lower().endswith(".xlsx"):
            yield pa.BufferReader(self._filled().encode())
        else:
            zipped = "gzip" if self.path.lower().endswith(".gz") else None
            with pa.input_stream(self.path, compression=zipped) as source:
                yield source

    def _filled(self) -> str:
        """Give the text with as many cells in each row as there are columns, between tabs."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        width = len(self.columns.names)
        with open_text(self.path) as lines:
            for row, cells in rows_of(lines)[1]:
                if len(cells) < self._least or len(cells) > width:
                    self._raise(f"Row #{row}: Expected {width} columns, got {len(cells)}")
                writer.writerow([*cells, *[""] * (width - len(cells))])
        return "\n" * (self._header_row - 1) + text.getvalue()

    @contextmanager
    def _one_line(self) -> Iterator[Any]:
        """Say what pyarrow finds in one line; give its module of parquet files."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            yield parquet
        except FileNotFoundError:
            raise UserError(f"{self.path}: no such file") from None
        except (pa.ArrowException, OSError) as error:
            self._raise(str(error))

    def _raise(self, why: str) -> None:
        if cell := _CONVERSION.search(why):
            place, row, value = cell.groups()
            if self._decimal == "." and _COMMA.fullmatch(value.strip()):
                self._decimal = ","
                raise ReadAgainError from None
            mixed = "; other cells have a decimal comma" if self._decimal == "," else ""
            raise UserError(
                f"{self.path}: row {row}: column {self.columns.names[int(place)]!r}: "
                f"{value!r} is not a number{mixed}"
            ) from None
        if ragged := _RAGGED.search(why):
            row, expected, got = ragged.groups()
            if self._least <= int(got) < int(expected) and not self._padded:
                self._padded = True
                raise ReadAgainError from None
            raise UserError(
                f"{self.path}: row {row}: {got} cells, the header has {expected} columns"
            ) from None
        kind = "is no parquet file, or cut off or damaged" if self.parquet else "is cut off, or "
        what = kind if self.parquet else kind + "damaged, or not UTF-8"
        raise UserError(f"{self.path}: {what} ({' '.join(why.split())[:120]})") from None


def run_texts(stream: Stream, column: str) -> list[str]:
    """Give the texts of a column, sorted, each once."""
    try:
        parts = [part.column(0).unique() for part in stream.parts([column], [], [column])]
    except ReadAgainError:
        return run_texts(stream, column)
    return sorted({str(text).strip() for part in parts for text in part.to_pylist() if text})
