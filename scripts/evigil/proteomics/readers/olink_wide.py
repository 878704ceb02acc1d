"""Olink's wide exports (Target 96 and 48, Flex, Focus): .xlsx, or text as NPX Manager wrote it.

Above a blank row stand panel, assay, UniProt accession and Olink's id of each column; then a row
per sample, with plate and quality control of each panel in columns of their own; below another
blank row what belongs to the assays, limits of detection among it: one of the whole study, or one
per plate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.features.text import MISSING, is_number
from evigil.proteomics.columns import plain
from evigil.proteomics.head import numbered_rows
from evigil.proteomics.readers.olink_rows import LIMITS, OlinkRows, of_quantified, refuse_ct

Row = tuple[int, list[str]]
HEADER = {
    "panel": "panel",
    "assay": "assay",
    "uniprotid": "uniprot",
    "uniprot": "uniprot",
    "olinkid": "assay_id",
}
#: Rows among which those of `HEADER` stand.
MOST_ROWS_ABOVE = 12
LIMIT_ROWS = frozenset(map(plain, LIMITS))
#: Rows below the samples.
BELOW = LIMIT_ROWS | {
    *("missingdatafreq", "missingfreq", "normalization", "assaywarning", "lloq", "uloq"),
    *("lowestquantifiablelevel", "lql"),
}


@dataclass(frozen=True)
class _Sheet:
    path: str
    header: dict[str, list[str]]
    samples: list[Row]
    below: list[Row]
    columns: list[int]  # of assays, internal controls among them

    def cell(self, name: str, column: int) -> str:
        cells = self.header.get(name, [])
        return cells[column].strip() if column < len(cells) else ""


def read_rows(path: str, values: bool) -> OlinkRows:
    """Read a wide export.

    Parameters
    ----------
    values
        Whether values are read, and not only whose they are.

    Raises
    ------
    UserError
        If a row of the header is missing, a value is no number, or there is no sample.
    """
    sheet, kind = _split(path)
    if kind.startswith("ct"):
        refuse_ct(path)
    panels = [_panel(sheet.cell("panel", column)) for column in sheet.columns]
    plates = _by_panel(sheet, "plateid", panels)
    per_assay = {
        "assay_id": [sheet.cell("assay_id", c) or _control_id(sheet, c) for c in sheet.columns],
        "assay": [sheet.cell("assay", c) for c in sheet.columns],
        "uniprot": [sheet.cell("uniprot", c) for c in sheet.columns],
        "panel": panels,
    }
    n, m = len(sheet.samples), len(sheet.columns)
    texts = {name: np.tile(np.array(cells, object), n) for name, cells in per_assay.items()}
    texts["sample"] = np.repeat([_cell(cells, 0) for _, cells in sheet.samples], m)
    texts["plate"] = plates.ravel()
    texts["sample_qc"] = _by_panel(sheet, "qcwarning", panels).ravel()
    numbers = np.repeat([number for number, _ in sheet.samples], m)
    texts["well"] = numbers.astype(str).astype(object)
    warned = [cells for _, cells in sheet.below if plain(_cell(cells, 0)) == "assaywarning"]
    if warned:
        texts["assay_qc"] = np.tile([_cell(warned[0], c) for c in sheet.columns], n).astype(object)
    npx = np.full(n * m, np.nan)
    limit = None
    if values:
        npx = _numbers(sheet, sheet.samples).ravel()
        limit = _limits(sheet, plates)
    frame = pd.DataFrame(texts).astype("category")
    rows = OlinkRows(frame, numbers, npx, None if limit is None else limit.ravel())
    return of_quantified(rows) if kind.startswith("quant") else rows


def _split(path: str) -> tuple[_Sheet, str]:
    rows = list(numbered_rows(path))
    header: dict[str, list[str]] = {}
    last = 0
    for i, (_, cells) in enumerate(rows[:MOST_ROWS_ABOVE]):
        label = HEADER.get(plain(cells[0]))
        if label and label not in header:
            header[label], last = cells, i
    for label, name in (("panel", "Panel"), ("assay", "Assay"), ("assay_id", "OlinkID")):
        if label not in header:
            raise UserError(f"{path}: no row {name!r} above the samples")
    kind = plain(rows[1][1][0])
    body = [row for row in rows[last + 1 :] if plain(row[1][0]) != "unit"]
    end = _first_below(body, header["assay"])
    if not end:
        raise UserError(f"{path}: no row of a sample below the header")
    columns = [
        i
        for i in range(1, len(header["assay"]))
        if _cell(header["assay_id"], i) or _is_control(_cell(header["assay"], i))
    ]
    if not columns:
        raise UserError(f"{path}: no column with an Olink ID")
    return _Sheet(path, header, body[:end], body[end:], columns), kind


def _first_below(body: list[Row], assays: list[str]) -> int:
    """Return where the samples end: at a label that is known, or a blank row without plates."""
    plates = [i for i, name in enumerate(assays) if plain(name) == "plateid"]
    for i, (number, cells) in enumerate(body):
        apart = i > 0 and number > body[i - 1][0] + 1
        if plain(cells[0]) in BELOW or (apart and not any(_cell(cells, j) for j in plates)):
            return i
    return len(body)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column].strip() if column < len(cells) else ""


def _is_control(assay: str) -> bool:
    return plain(assay).rstrip("0123456789") in ("incctrl", "detctrl", "extctrl", "ampctrl")


def _control_id(sheet: _Sheet, column: int) -> str:
    return f"{sheet.cell('assay', column)} {sheet.cell('panel', column)}"


def _panel(name: str) -> str:
    """Return the name of a panel without its version, which a panel may change on the way."""
    return name.partition("(")[0].strip()


def _by_panel(sheet: _Sheet, label: str, panels: list[str]) -> np.ndarray:
    """Return what a column beside the assays says of each sample and panel, by assay.

    Returns
    -------
    Shape (n_samples, n_assays); empty where there is no such column.
    """
    columns = [i for i, name in enumerate(sheet.header["assay"]) if plain(name) == label]
    by_panel = {_panel(sheet.cell("panel", i)): i for i in reversed(columns)}
    if len(columns) == 1:  # of one for all panels the panel is not always given
        by_panel = dict.fromkeys(panels, columns[0])
    places = [by_panel.get(panel, -1) for panel in panels]
    said = [
        [_cell(cells, place) if place >= 0 else "" for place in places]
        for _, cells in sheet.samples
    ]
    return np.array(said, object).reshape(len(sheet.samples), len(panels))


def _numbers(sheet: _Sheet, rows: list[Row]) -> np.ndarray:
    """Return the cells of assays as numbers, NaN where there is none."""
    table = np.full((len(rows), len(sheet.columns)), np.nan)
    for i, (number, cells) in enumerate(rows):
        for j, column in enumerate(sheet.columns):
            cell = _cell(cells, column)
            if cell in MISSING or plain(cell) in ("nodata", "na"):
                continue
            # a comma separates no cells here: it is the decimal mark of the user's language
            value = cell if is_number(cell) else cell.replace(",", ".", 1)
            if not is_number(value):
                name = sheet.cell("assay_id", column) or sheet.cell("assay", column)
                raise UserError(
                    f"{sheet.path}: row {number}, column {name!r}: {cell!r} is not a number"
                )
            table[i, j] = float(value)
    return table


def _limits(sheet: _Sheet, plates: np.ndarray) -> np.ndarray | None:
    """Return the limit of detection of each sample and assay: of its plate, or of all."""
    rows = [row for row in sheet.below if plain(_cell(row[1], 0)) in LIMIT_ROWS]
    if not rows:
        return None
    names = [plain(_cell(cells, 0)) for _, cells in rows]
    best = min(names, key=[plain(limit) for limit in LIMITS].index)
    rows = [row for row, name in zip(rows, names, strict=True) if name == best]
    numbers = _numbers(sheet, rows)
    if len(rows) == 1:
        return np.broadcast_to(numbers, plates.shape).copy()
    limit = np.full(plates.shape, np.nan)
    for (_, cells), of_plate in zip(rows, numbers, strict=True):
        there = np.isin(plates, [name for cell in cells if (name := cell.strip())])
        limit = np.where(there & ~np.isnan(of_plate), of_plate, limit)
    return limit
