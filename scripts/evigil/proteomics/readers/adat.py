"""The blocks of an ADAT (SomaScan) as text: fields of aptamers and of samples, and fluorescence."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.features.text import MISSING, is_number, open_text
from evigil.proteomics.columns import Columns

TABLE = "^TABLE_BEGIN"
#: Rows of the head among which the table begins: versions differ in what they say above.
MOST_ROWS_ABOVE = 2000
#: log2 of fluorescence stays below it, and no table of fluorescence does.
LARGEST_LOG2 = 32.0


@dataclass(frozen=True)
class Adat:
    """An ADAT.

    Attributes
    ----------
    aptamers
        Fields of the aptamers, a cell each.
    rows
        Fields of the samples, as text.
    numbers
        Numbers of their rows in the file.
    values
        Fluorescence, shape (n_samples, n_aptamers); NaN where missing.
    """

    path: str
    aptamers: dict[str, list[str]]
    rows: pd.DataFrame
    numbers: list[int]
    values: np.ndarray


def read_adat(path: str, values: bool) -> Adat:
    """Read the blocks of an ADAT.

    Parameters
    ----------
    values
        Whether the fluorescence is read, and not only what is known of it.

    Raises
    ------
    UserError
        One line: no table, no aptamers, a row of another width, a cell that is no number, values
        that are logarithms already.
    """
    with open_text(path) as text:
        lines = ((i, line.rstrip("\r\n").split("\t")) for i, line in enumerate(text, start=1))
        above = (cells for _, cells in islice(lines, MOST_ROWS_ABOVE))
        if not any(cells[0].strip() == TABLE for cells in above):
            raise UserError(f"{path}: no {TABLE}: not an ADAT, or cut off")
        aptamers: dict[str, list[str]] = {}
        header: list[str] | None = None
        margin, body, numbers = 0, [], []
        for number, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None and not cells[0].strip():
                margin = margin or next(i for i, cell in enumerate(cells) if cell.strip())
                aptamers[cells[margin].strip()] = [cell.strip() for cell in cells[margin + 1 :]]
            elif header is None:
                header = [cell.strip() for cell in cells[:margin]]
            else:
                body.append(cells)
                numbers.append(number)
    fields = Columns(path, list(aptamers))
    width = len(aptamers[fields.need("SeqId")])
    if header is None or not body:
        raise UserError(f"{path}: no row of a sample below {TABLE}")
    aptamers = {name: (cells + [""] * width)[:width] for name, cells in aptamers.items()}
    named = [i for i, name in enumerate(header) if name]
    rows = pd.DataFrame(
        [[cells[i].strip() if i < len(cells) else "" for i in named] for cells in body],
        columns=[header[i] for i in named],
        dtype=object,
    )
    measured = np.full((len(body), width), np.nan)
    if values:
        for i, (number, cells) in enumerate(zip(numbers, body, strict=True)):
            measured[i] = _fluorescence(path, number, cells[margin + 1 :], width, aptamers)
        _refuse_logarithms(path, measured)
    return Adat(path, aptamers, rows, numbers, measured)


def _fluorescence(
    path: str, number: int, cells: list[str], width: int, aptamers: dict[str, list[str]]
) -> np.ndarray:
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        raise UserError(
            f"{path}: row {number}: {len(cells):,} values, but there are {width:,} aptamers"
        )
    cells = cells[:width]
    try:
        return np.array(cells, dtype=float)
    except ValueError:
        names = aptamers[Columns(path, list(aptamers)).need("SeqId")]
        wrong = (i for i, c in enumerate(cells) if c.strip() not in MISSING and not is_number(c))
        if (first := next(wrong, None)) is not None:
            raise UserError(
                f"{path}: row {number}, aptamer {names[first]!r}: {cells[first]!r} is not a number"
            ) from None
    return np.array([np.nan if c.strip() in MISSING else float(c) for c in cells])


def _refuse_logarithms(path: str, values: np.ndarray) -> None:
    known = values[~np.isnan(values)]
    if known.size and known.max() <= LARGEST_LOG2:
        raise UserError(
            f"{path}: its largest value is {known.max():g}; fluorescence (RFU) is far above: give "
            "the ADAT as SomaLogic sent it, not logarithms"
        )
