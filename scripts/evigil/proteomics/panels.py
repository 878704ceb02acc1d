"""Marker proteins: categories of vesicle proteins, and proteins of blood cells and coagulation."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError, hint
from evigil.features.text import open_text
from evigil.tables import read_table

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "panels"
SHIPPED = ("ev_categories.tsv", "plasma_quality.tsv")

#: Categories of MISEV2018, Table 3 (doi:10.1080/20013078.2018.1535750), and what is in them.
CATEGORIES = {
    "1": "transmembrane proteins of vesicles",
    "2": "proteins inside vesicles",
    "3": "proteins isolated with vesicles",
    "4": "proteins of other compartments of the cell",
    "5": "secreted proteins and proteins of the corona",
}
SUBCATEGORIES = ("1a", "1b", "2a", "2b", "3a", "3b", "3c", "4a", "4b", "4c", "4d", "5a", "5b")
#: Panels of Geyer 2019 (doi:10.15252/emmm.201910427).
QUALITY = ("platelet", "erythrocyte", "coagulation")
PANELS = (*SUBCATEGORIES, *QUALITY)

COLUMNS = ("panel", "uniprot", "symbol", "aliases", "ev_safe", "mode")
MODES = ("add", "replace", "remove")
TRUTH = {"yes": True, "no": False, "": True}

#: https://www.uniprot.org/help/accession_numbers
ACCESSION = re.compile(
    r"([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})(?:-[0-9]+)?"
)
BETWEEN = re.compile(r"[;,/\s]+")


def read_panels(path: str | Path | None = None) -> pd.DataFrame:
    """Read the shipped panels, and what a file of the user's adds, replaces or takes away.

    Parameters
    ----------
    path
        TSV with the columns ``panel`` and ``uniprot`` or ``symbol``; further ``aliases``,
        ``ev_safe`` (yes or no) and ``mode``: ``add`` (default), ``replace`` (what is shipped of
        this panel is dropped) or ``remove`` (this protein is dropped). A protein that is added to
        one category leaves the others.

    Returns
    -------
    pandas.DataFrame
        Sorted by ``panel`` (of `PANELS`), ``symbol`` and ``uniprot`` (accessions joined by ``;``,
        without isoform; the first one is the protein's); ``aliases`` (joined by ``;``) and
        ``ev_safe``: false where vesicles are known to carry the protein. An accession is at most
        once among the categories, and at most once in each other panel.

    Raises
    ------
    UserError
        One line for each fault: file, row, column, value, what is allowed.
    """
    text = {"text": ("panel", "uniprot", "symbol", "aliases", "ev_safe")}
    shipped = pd.concat([read_table(FOLDER / name, **text) for name in SHIPPED])
    shipped = shipped.reindex(columns=list(COLUMNS[:5])).fillna("")
    shipped["ev_safe"] = shipped["ev_safe"].map(TRUTH)
    proteins = shipped if path is None else _changed(shipped, _read_own(path))
    return proteins.sort_values(["panel", "symbol", "uniprot"], ignore_index=True)


def categories(proteins: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which proteins are of a category, shape (n_proteins,)."""
    return np.asarray(proteins["panel"].isin(SUBCATEGORIES))


def match(features: pd.DataFrame, proteins: pd.DataFrame) -> NDArray[np.int64]:
    """Find each protein group among the proteins of panels.

    By accession, without isoform: the leading one of the group decides, or else the one that is at
    least half of the group's; one of many that share their peptides is no evidence of itself. By
    symbol in the same way, any spelling of case, only where the group or the protein has no
    accession: the albumin of a cow has the symbol of man's.

    Parameters
    ----------
    features
        Indexed by feature: ``protein_group``, ``gene`` (both joined by ``;``, may be missing).
    proteins
        Rows of `read_panels`, of the categories or of one other panel.

    Returns
    -------
    numpy.ndarray
        The position among `proteins` for each group, -1 where there is none; shape (n_groups,).
    """
    at: dict[tuple[str, str], int] = {}
    for i, row in enumerate(_rows(proteins, "uniprot", "symbol", "aliases")):
        uniprot, symbol, aliases = row
        for name in _parts(uniprot):
            at.setdefault(("accession", name), i)
        for name in (symbol, *_parts(aliases)):
            at.setdefault(("symbol", name.upper()), i)
            if not uniprot:
                at.setdefault(("symbol only", name.upper()), i)
    groups = features.get("protein_group", pd.Series("", features.index)).fillna("").astype(str)
    genes = features.get("gene", pd.Series("", features.index)).fillna("").astype(str)
    names = zip(features.index.astype(str), groups, genes, strict=True)
    return np.array([_found(at, _keys(*name)) for name in names], dtype=np.int64)


def _found(at: dict[tuple[str, str], int], keys: list[list[tuple[str, str]]]) -> int:
    for alternative in keys:
        rows = [at.get(key, -1) for key in alternative]
        for row in rows:
            if row >= 0 and (row == rows[0] or 2 * rows.count(row) >= len(rows)):
                return row
    return -1


def _keys(feature: str, group: str, gene: str) -> list[list[tuple[str, str]]]:
    """Return what a group is looked up by, first to last: accessions, or else symbols."""
    symbols = [s.upper() for s in _parts(gene)]
    tokens = _parts(group) or _parts(feature)
    # the symbol P2RY12 could be an accession
    accessions = [a for t in tokens if t.upper() not in symbols and (a := accession(t))]
    if not accessions:
        return [[("symbol", s) for s in symbols or [t.upper() for t in tokens]]]
    unique = list(dict.fromkeys(accessions))
    return [[("accession", a) for a in unique], [("symbol only", s) for s in symbols]]


def accession(token: str) -> str:
    """Return the UniProt accession in a name without isoform, empty where there is none.

    ``P06396-2`` and ``sp|P06396|GELS_HUMAN`` are ``P06396``.
    """
    found = (ACCESSION.fullmatch(part) for part in token.split("|"))
    return next((hit[1] for hit in found if hit), "")


def _parts(cell: str) -> list[str]:
    return [part for part in BETWEEN.split(cell) if part]


def _changed(shipped: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    replaced = own.loc[own["mode"] == "replace", "panel"]
    kept = shipped[~shipped["panel"].isin(replaced)].reset_index(drop=True)
    added = own[own["mode"] != "remove"]
    of_category = categories(kept)
    leaves = np.zeros(len(kept), bool)
    for uniprot, symbol, panel, mode in _rows(own, "uniprot", "symbol", "panel", "mode"):
        everywhere = mode != "remove" and panel in SUBCATEGORIES
        where = of_category if everywhere else (kept["panel"] == panel).to_numpy()
        leaves |= _same(kept, uniprot, symbol) & where
    return pd.concat([kept[~leaves], added[list(COLUMNS[:5])]], ignore_index=True)


def _same(proteins: pd.DataFrame, uniprot: str, symbol: str) -> NDArray[np.bool_]:
    """Tell which rows are of a protein: by accession, or by symbol where it has none."""
    own = set(_parts(uniprot))
    if own:
        return np.array([not own.isdisjoint(_parts(cell)) for cell in proteins["uniprot"]], bool)
    names = zip(proteins["symbol"], proteins["aliases"], strict=True)
    return np.array([symbol in (first, *_parts(more)) for first, more in names], bool)


def _read_own(path: str | Path) -> pd.DataFrame:
    with open_text(path) as lines:
        cells = [row for row in csv.reader(lines, delimiter="\t", strict=True)]
    numbered = [(i, [c.strip() for c in row]) for i, row in enumerate(cells, start=1) if any(row)]
    header = numbered[0][1] if numbered else []
    _check_header(path, header)
    if len(numbered) < 2:
        raise UserError(f"{path}: holds no protein")
    records, faults = [], []
    for number, row in numbered[1:]:
        if len(row) > len(header):
            told = f"{len(row)} cells, the header has {len(header)} columns"
            raise UserError(f"{path}: row {number}: {told}")
        given = dict(zip(header, row, strict=False))
        record = {column: given.get(column, "") for column in COLUMNS}
        faults += [f"{path}: row {number}: {fault}" for fault in _faults(record)]
        record["uniprot"] = ";".join(accession(a) for a in _parts(record["uniprot"]))
        records.append({**record, "row": number})
    own = pd.DataFrame(records).assign(mode=lambda t: t["mode"].mask(t["mode"] == "", "add"))
    own["symbol"] = own["symbol"].mask(own["symbol"] == "", own["uniprot"].str.split(";").str[0])
    if faults := faults or [f"{path}: {fault}" for fault in _twice(own)]:
        raise UserError("\n".join(faults))
    return own.assign(ev_safe=own["ev_safe"].str.lower().map(TRUTH))


def _check_header(path: str | Path, header: list[str]) -> None:
    for mark, name in ((",", "commas"), (";", "semicolons")):
        if len(header) == 1 and mark in header[0]:
            raise UserError(f"{path}: row 1: the columns are separated by {name}, expected tabs")
    if "panel" not in header:
        raise UserError(f"{path}: no column 'panel'{hint('panel', header)}")
    if not {"uniprot", "symbol"} & {*header}:
        raise UserError(f"{path}: no column 'uniprot' or 'symbol'{hint('uniprot', header)}")
    if twice := [column for column in COLUMNS if header.count(column) > 1]:
        raise UserError(f"{path}: row 1: column {twice[0]!r} is given twice")


def _faults(record: dict[str, str]) -> Iterator[str]:
    allowed = {"panel": PANELS, "mode": ("", *MODES), "ev_safe": tuple(TRUTH)}
    for column, values in allowed.items():
        cell = record[column].lower() if column == "ev_safe" else record[column]
        if cell not in values:
            named = ", ".join(v for v in values if v)
            yield f"column {column!r}: {record[column]!r}{hint(cell, values)}; allowed: {named}"
    wrong = [a for a in _parts(record["uniprot"]) if not accession(a)]
    if wrong:
        yield f"column 'uniprot': {wrong[0]!r} is no UniProt accession, such as P21926"
    if not record["uniprot"] and not record["symbol"]:
        yield "neither 'uniprot' nor 'symbol' is given"


def _twice(own: pd.DataFrame) -> Iterator[str]:
    """Find proteins that are given twice in a panel, or in two categories."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    rows = _rows(own, "uniprot", "symbol", "panel")
    for number, (uniprot, symbol, panel) in zip(own["row"], rows, strict=True):
        block = "category" if panel in SUBCATEGORIES else panel
        for name in _parts(uniprot) or [symbol]:
            first, of = seen.setdefault((block, name), (number, panel))
            if first != number:
                yield f"row {number}: {name!r} is in row {first}, panel {of}, already"
                break


def _rows(table: pd.DataFrame, *columns: str) -> list[list[str]]:
    rows: list[list[str]] = table[list(columns)].to_numpy(str).tolist()
    return rows
