"""Feature tables: a matrix of counts or values as users have it, in any orientation or format."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evigil.errors import UserError
from evigil.features.layout import (
    FEATURES_IN_ROWS,
    SAMPLES_IN_ROWS,
    Layout,
    Namer,
    Peek,
    check_file,
    check_rows,
    find_layout,
    peek_columns,
    peek_matrix,
    peek_names,
)
from evigil.features.marks import split_marks
from evigil.features.text import (
    LARGEST_COUNT,
    MISSING,
    as_file,
    cell_fault,
    first_cells,
    open_text,
    rows_of,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["FeatureTable", "Peek", "peek", "peek_features", "read_feature_table"]

# What `peek` reads of a table with samples in rows, to stay within a fraction of a second.
PEEK_CHARACTERS = 15_000_000


@dataclass(frozen=True)
class FeatureTable:
    """A feature table, read and checked.

    Attributes
    ----------
    values
        Shape (n_samples, n_features), both sorted: the samples of the sheet that the table has.
        int64 for counts, else float64 with NaN for what is missing.
    var
        Text columns that describe the features, indexed by them; a missing text is empty.
    messages
        What the user should know, one line each: orientation, samples in one file only.
    censored
        Like `values`, boolean: cells with a censoring mark. None where there is none.
    limit
        Like `values`: the limits that the marks give, NaN where there is none.
    """

    values: "pd.DataFrame"
    var: "pd.DataFrame"
    messages: list[str]
    censored: "pd.DataFrame | None" = None
    limit: "pd.DataFrame | None" = None


def peek(
    path: str | Path,
    samples: Iterable[str],
    counts: bool = True,
    marks: bool = False,
    namer: Namer | None = None,
) -> Peek:
    """Look at the header and the first rows of a feature table, in a fraction of a second.

    Parameters
    ----------
    path
        TSV or CSV (also ``.gz``), ``.xlsx`` (first sheet) or ``.h5ad``.
    samples
        Names in the sample sheet.
    counts
        Whether the cells must be whole numbers, 0 or more.
    marks
        Whether a cell may hold a censoring mark instead (`evigil.features.marks`).
    namer
        Of a table with features in rows, chooses the column of their names by the first cells of
        each that is no sample's; default: the first.

    Raises
    ------
    UserError
        One line with file, row, column and value: what opening the file shows.
    """
    wanted = frozenset(samples)
    if Path(path).suffix == ".h5ad":
        from evigil.features.h5ad import names_in_h5ad

        return peek_matrix(str(path), *names_in_h5ad(path), wanted)
    with open_text(path) as text:
        layout, first = find_layout(text, str(path), wanted, marks, namer)
        check_rows(first, layout, counts)
        if layout.by_columns:
            return peek_columns(layout, first)
    with open_text(path) as text:
        limit = PEEK_CHARACTERS // (100 if Path(path).suffix == ".xlsx" else 1)
        names, complete = first_cells(text, layout.separator, limit)
    rows = names[bool(layout.header[0]) :]  # without the header's own first cell
    return peek_names(str(path), SAMPLES_IN_ROWS, rows, wanted, complete=complete)


def peek_features(path: str | Path, samples: Iterable[str]) -> list[str]:
    """Return the names of a table's features; nothing where that takes reading all of it.

    Parameters
    ----------
    path, samples
        As for `peek`.
    """
    wanted = frozenset(samples)
    if Path(path).suffix == ".h5ad":
        from evigil.features.h5ad import names_in_h5ad

        rows, columns = names_in_h5ad(path)
        across = peek_matrix(str(path), rows, columns, wanted).orientation == FEATURES_IN_ROWS
        return list(rows if across else columns)
    with open_text(path) as text:
        layout, _ = find_layout(text, str(path), wanted)
    if not layout.by_columns:
        return [layout.header[i] for i in layout.value_columns]
    if layout.name_column or Path(path).suffix == ".xlsx":
        return []
    with open_text(path) as text:
        names, complete = first_cells(text, layout.separator, PEEK_CHARACTERS)
    return [name.strip() for name in names] if complete else []


def read_feature_table(
    path: str | Path,
    samples: Iterable[str],
    counts: bool = True,
    marks: bool = False,
    namer: Namer | None = None,
) -> FeatureTable:
    """Read a feature table and check every cell.

    Parameters
    ----------
    path, samples, counts, marks, namer
        As for `peek`. A table of counts has a whole number in every cell; in any other table a
        cell may also be empty, ``NA`` or ``NaN``: missing.

    Raises
    ------
    UserError
        One line with file, row, column and value.
    """
    wanted = frozenset(samples)
    if Path(path).suffix == ".h5ad":
        return _read_h5ad(path, wanted, counts)
    with open_text(path) as text:
        layout, first = find_layout(text, str(path), wanted, marks, namer)
        check_rows(first, layout, counts)
    raw = _parse(layout, counts)
    names = raw[str(layout.name_column)].str.strip()
    used = names.notna() if layout.by_columns else names.isin(wanted)
    cells = raw.loc[used, [str(i) for i in layout.value_columns]]
    numbers = _numbers(cells, counts)
    censored = limit = None
    if marks and numbers is None:
        cells, censored, limit = split_marks(cells)
    # A row too short leaves its last cell empty (not in Excel); one too long stops the parser.
    cut = raw.iloc[:, -1].isna().any() and Path(path).suffix != ".xlsx"
    if numbers is None or cut or names.eq("").any() or names.duplicated().any():
        check_file(layout, counts)
        numbers = _converted(cells, counts)
    table = _assemble(layout, raw, names, numbers)
    if censored is None or limit is None or not censored.to_numpy().any():
        return table
    return replace(
        table,
        censored=_placed(censored.to_numpy(), layout, names[used], table.values),
        limit=_placed(limit.to_numpy(), layout, names[used], table.values),
    )


def _placed(
    cells: "np.ndarray", layout: Layout, names: "pd.Series", like: "pd.DataFrame"
) -> "pd.DataFrame":
    import pandas as pd

    values_of = [layout.header[i] for i in layout.value_columns]
    table = pd.DataFrame(cells, index=list(names), columns=values_of)
    return (table.T if layout.by_columns else table).reindex_like(like)


def _parse(layout: Layout, counts: bool) -> "pd.DataFrame":
    """Read all cells; a column of nothing but numbers becomes numeric."""
    import pandas as pd

    missing = {str(i): [""] for i in layout.other_columns}
    missing |= {str(i): list(MISSING[:1] if counts else MISSING) for i in layout.value_columns}
    with open_text(layout.path) as text:
        _, rows = rows_of(text)
        next(rows)
        try:
            raw = pd.read_csv(
                as_file(text),
                sep=layout.separator,
                header=None,
                names=[str(i) for i in range(len(layout.header))],
                dtype={str(layout.name_column): str},
                keep_default_na=False,
                na_values=missing,
                low_memory=False,
                float_precision="round_trip",
            )
        except pd.errors.ParserError as error:
            check_file(layout, counts)
            reason = str(error).strip()
            raise UserError(f"{layout.path}: cannot be split into cells ({reason})") from None
    named = raw[str(layout.name_column)].str.strip().ne("")
    return raw if named.all() else raw[named | (raw.notna() & (raw != "")).any(axis=1)]


def _numbers(cells: "pd.DataFrame", counts: bool) -> "np.ndarray | None":
    """Return the cells as int64 (counts) or float64, or nothing if one of them may be wrong."""
    import numpy as np

    if not all(dtype in (np.dtype("int64"), np.dtype("float64")) for dtype in cells.dtypes):
        return None
    numbers = cells.to_numpy()
    if not counts:
        return None if np.isinf(numbers).any() else numbers.astype(np.float64)
    # A comparison with NaN is false: an empty cell is caught with the others.
    if not ((numbers >= 0) & (numbers < LARGEST_COUNT)).all():
        return None
    whole = numbers.astype(np.int64)
    return whole if numbers.dtype == np.int64 or (whole == numbers).all() else None


def _converted(cells: "pd.DataFrame", counts: bool) -> "np.ndarray":
    """Return cells that were checked one by one as numbers."""
    import numpy as np
    import pandas as pd

    present = cells.mask(cells.isin(MISSING))
    return present.apply(pd.to_numeric).to_numpy(np.int64 if counts else np.float64)


def _assemble(
    layout: Layout, raw: "pd.DataFrame", names: "pd.Series", numbers: "np.ndarray"
) -> FeatureTable:
    import numpy as np
    import pandas as pd

    values_of = [layout.header[i] for i in layout.value_columns]
    if not layout.by_columns:
        used = names.isin(layout.wanted)
        table = pd.DataFrame(numbers, index=list(names[used]), columns=values_of)
        found = peek_names(layout.path, SAMPLES_IN_ROWS, names, layout.wanted)
        return _table(table, pd.DataFrame(index=table.columns), found)
    named = [i for i in layout.other_columns if layout.header[i]]
    other = raw[[str(i) for i in named]].set_axis([layout.header[i] for i in named], axis=1)
    extra = [c for c in other if other[c].dtype.kind in "iuf" and other[c].notna().any()]
    var = other.drop(columns=extra).astype(object).fillna("").astype(str).set_axis(list(names))
    table = pd.DataFrame(np.ascontiguousarray(numbers.T), index=values_of, columns=list(names))
    found = peek_names(layout.path, FEATURES_IN_ROWS, [*values_of, *map(str, extra)], layout.wanted)
    return _table(table, var, found)


def _table(values: "pd.DataFrame", var: "pd.DataFrame", found: Peek) -> FeatureTable:
    values = values.sort_index().sort_index(axis=1)
    return FeatureTable(values, var.reindex(values.columns), found.messages)


def _read_h5ad(path: str | Path, wanted: frozenset[str], counts: bool) -> FeatureTable:
    import numpy as np

    from evigil.features.h5ad import values_in_h5ad

    table, obs, var = values_in_h5ad(path)
    found = peek_matrix(str(path), list(table.index), list(table.columns), wanted)
    if found.orientation == FEATURES_IN_ROWS:
        table, var = table.T, obs
    table = table.loc[list(found.samples)]
    numbers = _numbers(table, counts)
    if numbers is None:
        flat = table.stack(future_stack=True)
        faults = (
            UserError(f"{path}: sample {s!r}, feature {f!r}: {fault}")
            for (s, f), cell in zip(flat.index, flat, strict=True)
            if (fault := cell_fault("" if np.isnan(cell) else f"{cell:.17g}", counts))
        )
        raise next(faults)
    text = var.select_dtypes(exclude="number").astype(object).fillna("").astype(str)
    return _table(table.__class__(numbers, table.index, table.columns), text, found)
