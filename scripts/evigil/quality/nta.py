"""Size distributions of particles, as nanoparticle tracking, TRPS and flow cytometry export them.

An export is text: whatever the instrument writes first, then a header with a diameter and a
concentration, then a row per bin. What follows the bins (percentiles, a second table) is left out.
"""

import csv
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.errors import UserError

Floats = NDArray[np.float64]

# Order counts: a tab is never part of a name, a comma may be.
SEPARATORS = ("\t", ";", ",")
# utf-16 by its mark; latin-1 reads any byte, and is what instruments of Windows write
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}

DIAMETER = re.compile(r"diam|size|\bbin\b|durchmesser|gr(ö|oe)(ß|ss)e", re.I)
CONCENTRATION = re.compile(r"conc|konzentr|(particles|partikel)\s*/|(/|\bper)\s*(ml|cm)", re.I)
# Columns beside the two that share words with them.
OTHER = re.compile(
    r"st\.?\s*d|\bs\.?d\b|dev|err|cumul|\d\s*%|%|perc|volume|area|intens|norm|zeta", re.I
)
EDGES = {
    "centre": re.compile(r"cent|mid|mitte", re.I),
    "low": re.compile(r"start|lower|left|from|min|von", re.I),
    "high": re.compile(r"end|upper|right|\bto\b|max|bis", re.I),
}
AVERAGE = re.compile(r"av(era)?ge?\b|mean|mittel", re.I)
POWER = re.compile(r"(?:\bx?10\s*(?:\^|\*\*)\s*|\be\+?)(\d{1,2})", re.I)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(E[+-]?\d+)?", re.I | re.ASCII)


class Distribution(NamedTuple):
    """Particles by size; bins are in order and do not overlap. Each array has shape (n_bins,)."""

    low: Floats
    high: Floats
    diameter: Floats
    """Centre of the bin, nm."""
    per_ml: Floats
    """Particles per mL in the bin."""


class Sizes(NamedTuple):
    """What a distribution comes to; NaN where it has no particle."""

    particles_per_ml: float
    mode_nm: float
    mean_nm: float
    d10_nm: float
    d50_nm: float
    d90_nm: float


class _Header(NamedTuple):
    row: int
    separator: str
    cells: list[str]
    sizes: dict[str, int]
    counts: list[int]


def read_distribution(path: str | Path) -> Distribution:
    """Read the export of a particle counter.

    Parameters
    ----------
    path
        TSV, CSV with ``,`` or ``;``, decimal point or comma, any line ends, UTF-8, UTF-16 or
        Latin-1. Its header names a diameter (nm, or µm where it says so) by the centre or the edges
        of bins, and a concentration (per mL unless it says µL or L; a power of ten and ``/nm`` are
        obeyed). Of several concentrations the average is taken, else the mean of equal names.

    Returns
    -------
    Distribution
        Only the first table of the file.

    Raises
    ------
    UserError
        In one line: what cannot be read, in which row.
    """
    lines = _lines(Path(path))
    header = _find_header(lines, path)
    bins = _bins(lines, header, path)
    names = [header.cells[i] for i in header.sizes.values()]
    scale = 1000.0 if re.search(r"[µμ]m|\bum\b", " ".join(names)) else 1.0
    sizes = {edge: scale * bins[:, i] for i, edge in enumerate(header.sizes)}
    low, high, diameter = _edges(sizes, path)
    name = header.cells[header.counts[0]]
    name = RAISED.sub(lambda found: "^" + found[0].translate(SUPERSCRIPTS), name)
    per_ml = bins[:, len(sizes) :].mean(axis=1) * _unit(name)
    if re.search(r"(/|\bper)\s*nm", name, re.I):
        per_ml = per_ml * (high - low)
    return Distribution(low, high, diameter, per_ml)


def sizes(distribution: Distribution) -> Sizes:
    """Sum a distribution up.

    The mode is the centre of the fullest bin, the smaller one of two. Quantiles take the particles
    of a bin as spread evenly over it.

    Returns
    -------
    Sizes
        Total, and diameters in nm: mode, mean, and below which 10, 50 and 90 % of the particles
        are.
    """
    per_ml = distribution.per_ml
    total = float(per_ml.sum())
    if not total > 0:
        return Sizes(total, *[float("nan")] * 5)
    edges = np.append(distribution.low, distribution.high[-1])
    # bins that leave a gap have their particles before it
    upper = np.concatenate([[0.0], np.cumsum(per_ml)]) / total
    d10, d50, d90 = (_quantile(q, upper, edges, distribution.high) for q in (0.1, 0.5, 0.9))
    mode = float(distribution.diameter[int(per_ml.argmax())])
    mean = float((per_ml * distribution.diameter).sum() / total)
    return Sizes(total, mode, mean, d10, d50, d90)


def _quantile(q: float, upper: Floats, edges: Floats, high: Floats) -> float:
    i = int(np.searchsorted(upper[1:], q - 1e-12))
    share = (q - upper[i]) / (upper[i + 1] - upper[i])
    return float(edges[i] + min(max(share, 0.0), 1.0) * (high[i] - edges[i]))


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        raise UserError(f"{file}: no such file")
    data = file.read_bytes()
    if not data.strip():
        raise UserError(f"{file}: the file is empty")
    if data[:4] == b"PK\x03\x04":
        raise UserError(f"{file}: is a workbook; export the size distribution as CSV")
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\x00" in text:
        raise UserError(f"{file}: is not text; export the size distribution as CSV")
    return re.split(r"\r\n|\r|\n", text)


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _find_header(lines: list[str], path: str | Path) -> _Header:
    """Find the first row that names both columns and has a row of numbers below it."""
    named = False
    for row, line in enumerate(lines):
        for separator in SEPARATORS:
            header = _header(row, separator, _cells(line, separator))
            if header is None:
                continue
            named = True
            below = next((text for text in lines[row + 1 :] if text.strip(separator + " ")), "")
            cells = _cells(below, separator)
            wanted = [*header.sizes.values(), *header.counts]
            if len(cells) > max(wanted) and all(_is_number(cells[i]) for i in wanted[:1]):
                return header
    if named:
        raise UserError(f"{path}: there is no row of numbers below its header")
    raise UserError(
        f"{path}: no header with a diameter and a concentration of particles, such as "
        "'Bin centre (nm)' and 'Concentration (particles / ml)'"
    )


def _header(row: int, separator: str, cells: list[str]) -> _Header | None:
    found = [i for i, cell in enumerate(cells) if DIAMETER.search(cell) and not OTHER.search(cell)]
    counts = [
        i
        for i, cell in enumerate(cells)
        if i not in found and CONCENTRATION.search(cell) and not OTHER.search(cell)
    ]
    if not found or not counts:
        return None
    of_edge = {edge: [i for i in found if words.search(cells[i])] for edge, words in EDGES.items()}
    edges = {edge: columns[0] for edge, columns in of_edge.items() if columns}
    if "centre" in edges or not edges:
        edges = {"centre": edges.get("centre", found[0])}
    averages = [i for i in counts if AVERAGE.search(cells[i])]
    alike = [i for i in counts if _stem(cells[i]) == _stem(cells[counts[0]])]
    return _Header(row, separator, cells, edges, averages[:1] or alike)


def _stem(name: str) -> str:
    """Return a name without the number of the capture that it is of."""
    return re.sub(r"[\s._#-]*\d*$", "", name).lower()


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _bins(lines: list[str], header: _Header, path: str | Path) -> Floats:
    """Return the numbers of the first table, shape (n_bins, n_columns): sizes, then counts."""
    wanted = [*header.sizes.values(), *header.counts]
    rows: list[int] = []
    numbers: list[list[str]] = []
    for row in range(header.row + 1, len(lines)):
        cells = _cells(lines[row], header.separator)
        cells += [""] * (max(wanted) + 1 - len(cells))
        used = [cells[i] for i in wanted]
        if not any(cells):
            if rows:
                break
            continue
        words = not any(_is_number(cell) for cell in used)
        if words or all(cell.startswith("-1") for cell in used):  # an instrument's end of table
            break
        rows.append(row + 1)
        numbers.append(used)
    texts = [cell for used in numbers for cell in used]
    comma = header.separator != "," and any("," in cell for cell in texts)
    if comma and any("." in cell for cell in texts):
        raise UserError(f"{path}: numbers have a decimal comma and a decimal point; write one")
    for row, used in zip(rows, numbers, strict=True):
        for i, cell in zip(wanted, used, strict=True):
            if not _is_number(cell) or cell[0] == "-" or (header.separator == "," and "," in cell):
                what = f"{cell!r} is not a number, 0 or more" if cell else "is empty"
                raise UserError(f"{path}: row {row}, column {header.cells[i]!r}: {what}")
    if not numbers:
        raise UserError(f"{path}: there is no row of numbers below its header")
    table = np.array([[float(cell.replace(",", ".")) for cell in used] for used in numbers])
    if not np.isfinite(table).all():
        raise UserError(f"{path}: a number is too large")
    return table


def _edges(given: dict[str, Floats], path: str | Path) -> tuple[Floats, Floats, Floats]:
    """Return lower edge, upper edge and centre of every bin from what the header has of them."""
    first = next(iter(given.values()))
    if (np.diff(first) <= 0).any():
        raise UserError(f"{path}: diameters do not increase from row to row")
    if "low" in given and "high" in given:
        low, high = given["low"], given["high"]
        if (high <= low).any() or (low[1:] < high[:-1] - 1e-9 * high[:-1]).any():
            raise UserError(f"{path}: bins overlap, or end before they start")
        return low, high, (low + high) / 2
    step = np.diff(first)
    if "low" in given:
        high = first + np.append(step, step[-1:] if len(step) else 0.0)
        return first, high, (first + high) / 2
    if "high" in given:
        low = np.maximum(first - np.append(step[:1] if len(step) else 0.0, step), 0.0)
        return low, first, (low + first) / 2
    if not len(step):
        return first, first, first
    middle = first[:-1] + step / 2
    low = np.append(max(first[0] - step[0] / 2, 0.0), middle)
    return low, np.append(middle, first[-1] + step[-1] / 2), first


def _unit(name: str) -> float:
    """Return what a number of the column is in particles per mL."""
    power = POWER.search(name)
    scale = 10.0 ** int(power[1]) if power else 1.0
    if re.search(r"(/|\bper)\s*([µμ]|u)l", name, re.I):
        return scale * 1e3
    if re.search(r"(/|\bper)\s*(l\b|lit)", name, re.I):
        return scale * 1e-3
    return scale
