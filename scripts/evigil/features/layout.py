"""What the header and the first rows of a feature table show: where samples and features stand."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from evigil.errors import UserError, hint
from evigil.features.marks import is_mark
from evigil.features.text import MISSING, cell_fault, first_cells, is_number, open_text, rows_of

FEATURES_IN_ROWS = "features in rows"
SAMPLES_IN_ROWS = "samples in rows"
FIRST_ROWS = 20
# What `peek` reads of a table with samples in rows, to stay within a fraction of a second.
PEEK_CHARACTERS = 20_000_000

CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Row = tuple[int, list[str]]
#: Of a features-in-rows table's other columns with their first cells: which holds the names.
Namer = Callable[[dict[str, list[str]]], str | None]


class NoSampleError(UserError):
    """No wanted name stands in a table's header or first column; `names` are those that do."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        super().__init__(text)
        self.names = names


@dataclass(frozen=True)
class Peek:
    """What the header and the first rows of a feature table show.

    Attributes
    ----------
    path
        The file, as given.
    orientation
        ``"features in rows"`` or ``"samples in rows"``.
    samples
        Samples of the sheet that the table has, sorted.
    missing
        Samples of the sheet that it lacks, sorted: the layer is not supplied for them.
    extra
        Columns of numbers, or rows, that are no sample of the sheet: not used.
    var
        Columns that describe the features.
    complete
        False if samples stand in rows and the file is too long to be read here: more samples may
        follow, so `missing` is left empty.
    """

    path: str
    orientation: str
    samples: tuple[str, ...]
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    var: tuple[str, ...] = ()
    complete: bool = True

    @property
    def messages(self) -> list[str]:
        """What the user should know of the table, one line each."""
        more = "" if self.complete else " or more"
        lines = [
            f"{self.path}: {self.orientation}, {len(self.samples):,}{more} samples of the sheet"
        ]
        if self.missing:
            lines.append(
                f"{self.path}: {_named(self.missing, 'sample')} of the sheet not in this table"
                f"{hint(self.missing[0], self.extra)}: not supplied"
            )
        if self.extra:
            noun = "column" if self.orientation == FEATURES_IN_ROWS else "row"
            extra = _named(self.extra, noun)
            lines.append(f"{self.path}: {extra} of numbers not in the sample sheet: not used")
        return lines


@dataclass(frozen=True)
class Layout:
    """Where things stand in a text table."""

    path: str
    separator: str
    header: list[str]
    by_columns: bool  # samples are columns, features are rows
    name_column: int
    wanted: frozenset[str]
    marks: bool = False  # whether a cell may say that its value is censored

    @property
    def value_columns(self) -> list[int]:
        """Columns whose cells must be numbers."""
        columns = [i for i in range(len(self.header)) if i != self.name_column]
        return [i for i in columns if self.header[i] in self.wanted or not self.by_columns]

    @property
    def other_columns(self) -> list[int]:
        """Columns that are neither names nor samples."""
        known = {self.name_column, *self.value_columns}
        return [i for i in range(len(self.header)) if i not in known]


def find_layout(
    text: Iterator[str],
    path: str,
    wanted: frozenset[str],
    marks: bool = False,
    namer: Namer | None = None,
) -> tuple[Layout, list[Row]]:
    """Find separator and orientation; leave `text` behind the first rows, which are returned."""
    separator, rows = rows_of(text)
    found = list(islice(rows, FIRST_ROWS + 1))
    if len(found) < 2:
        raise UserError(f"{path}: no row below the header")
    (_, header), *first = found
    header = [name.strip() for name in header]
    if header[0] in wanted and len(first[0][1]) == len(header) + 1:  # R leaves out the corner
        header = ["", *header]
    if len(header) == 1:
        raise UserError(f"{path}: one column only; a tab, comma or semicolon separates columns")
    in_header = len(wanted.intersection(header))
    in_rows = len(wanted.intersection(cells[0].strip() for _, cells in first))
    if not in_header and not in_rows:
        names, _ = first_cells(text, separator)
        if not wanted.intersection(names):
            raise _no_sample(path, wanted, [*header, *(c[0] for _, c in first), *names])
    by_columns = in_header > in_rows
    name_column = next((i for i, n in enumerate(header) if n not in wanted), None)
    if name_column is None:
        raise UserError(f"{path}: no column of feature names beside the samples")
    layout = Layout(
        path, separator, header, by_columns, name_column if by_columns else 0, wanted, marks
    )
    if namer is not None and by_columns:
        layout = _named_by(namer, layout, first)
    _check_header(layout)
    return layout, first


def _named_by(namer: Namer, layout: Layout, first: list[Row]) -> Layout:
    spare = [layout.name_column, *layout.other_columns]
    cells = {
        layout.header[i]: [row[i] for _, row in first if len(row) == len(layout.header)]
        for i in sorted(spare)
    }
    name = namer(cells)
    return layout if name is None else replace(layout, name_column=layout.header.index(name))


def _no_sample(path: str, wanted: frozenset[str], names: Sequence[str]) -> NoSampleError:
    looked_for = sorted(wanted)
    near = next((h for name in looked_for[:5] if (h := hint(name, names))), "")
    return NoSampleError(
        f"{path}: no sample of the sheet in its header or first column; looked for "
        f"{_named(looked_for, 'sample')}{near}",
        names,
    )


def _named(names: Collection[str], noun: str) -> str:
    first = [repr(name) for name in islice(names, 5)]
    more = ["…"] if len(names) > 5 else []
    return f"{len(names):,} {noun}{'s' * (len(names) != 1)} ({', '.join(first + more)})"


def _check_header(layout: Layout) -> None:
    seen: dict[str, int] = {}
    if layout.by_columns and "_index" in (layout.header[i] for i in layout.other_columns):
        raise UserError(
            f"{layout.path}: row 1: column '_index' has a name that .h5ad keeps for itself; "
            "rename it"
        )
    what = "sample or annotation" if layout.by_columns else "feature"
    for number, name in enumerate(layout.header, start=1):
        # row numbers, as pandas and R write them, stand below no name
        if not name and number - 1 not in (layout.name_column, 0):
            raise UserError(f"{layout.path}: row 1, column {number}: no name of the {what}")
        if CONTROL.search(name):
            raise UserError(f"{layout.path}: row 1: {name!r} has a control character; rename it")
        if name in seen:
            raise UserError(
                f"{layout.path}: row 1: {name!r} stands in columns {seen[name]} and {number}"
            )
        seen[name] = number


def check_rows(rows: Iterable[Row], layout: Layout, counts: bool) -> None:
    """Raise the first fault of these rows, with its place."""
    columns = layout.value_columns
    seen: dict[str, int] = {}
    for number, cells in rows:
        place = f"{layout.path}: row {number}"
        if len(cells) != len(layout.header):
            raise UserError(
                f"{place}: {len(cells):,} columns, but the header has {len(layout.header):,}"
            )
        name = cells[layout.name_column].strip()
        if not name:
            raise UserError(f"{place}: no name in the column {layout.header[layout.name_column]!r}")
        if CONTROL.search(name):
            raise UserError(f"{place}: {name!r} has a control character; rename it")
        if name in seen:
            raise UserError(f"{place}: {name!r} stands in row {seen[name]} already")
        seen[name] = number
        if layout.by_columns or name in layout.wanted:
            for i in columns:
                if layout.marks and is_mark(cells[i]):
                    continue
                if fault := cell_fault(cells[i], counts):
                    raise UserError(f"{place}, column {layout.header[i]!r}: {fault}")


def check_file(layout: Layout, counts: bool) -> None:
    """Check every row of a file in which something is wrong, or may be."""
    with open_text(layout.path) as text:
        _, rows = rows_of(text)
        next(rows)
        check_rows(rows, layout, counts)


def peek_columns(layout: Layout, first: list[Row]) -> Peek:
    """Sort the columns of a features-in-rows table into samples, other numbers and text."""
    others = [i for i in layout.other_columns if layout.header[i]]
    columns = {layout.header[i]: [row[i] for _, row in first] for i in others}
    extra = [name for name, cells in columns.items() if _all_numbers(cells)]
    return peek_names(
        layout.path,
        FEATURES_IN_ROWS,
        [*(layout.header[i] for i in layout.value_columns), *extra],
        layout.wanted,
        var=tuple(name for name in columns if name not in extra),
    )


def _all_numbers(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell not in MISSING]
    return bool(filled) and all(map(is_number, filled))


def peek_names(
    path: str,
    orientation: str,
    names: Iterable[str],
    wanted: frozenset[str],
    var: tuple[str, ...] = (),
    complete: bool = True,
) -> Peek:
    """Compare the names in a table with those in the sample sheet."""
    names = list(names)
    found = tuple(sorted(wanted.intersection(names)))
    missing = tuple(sorted(wanted.difference(names))) if complete else ()
    extra = tuple(name for name in names if name not in wanted)
    return Peek(path, orientation, found, missing, extra, var, complete)


def peek_matrix(
    path: str, rows: Sequence[str], columns: Sequence[str], wanted: frozenset[str]
) -> Peek:
    """Find the samples among the observations (rows) or the variables of an ``.h5ad``."""
    if not wanted.intersection([*rows, *columns]):
        raise _no_sample(path, wanted, [*rows, *columns])
    by_columns = len(wanted.intersection(columns)) > len(wanted.intersection(rows))
    names, features = (columns, rows) if by_columns else (rows, columns)
    for axis, what in ((names, "sample"), (features, "feature")):
        if twice := next((name for name, n in Counter(axis).items() if n > 1), None):
            raise UserError(f"{path}: the {what} {twice!r} stands in it more than once")
    return peek_names(path, FEATURES_IN_ROWS if by_columns else SAMPLES_IN_ROWS, names, wanted)
