"""Gene sets and miRNA targets that the user brings; nothing is downloaded."""

from pathlib import Path

from evigil.errors import UserError
from evigil.sheets.reading import read_records

TARGET_COLUMNS = ("mirna", "gene")


def read_gene_sets(path: str | Path) -> dict[str, frozenset[str]]:
    """Read a GMT file: name, description and members of a set per line, separated by tabs.

    Raises
    ------
    UserError
        In one line, with the row: no UTF-8, a row without members, a name that stands twice.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8; save the file as UTF-8") from error
    sets: dict[str, frozenset[str]] = {}
    for row, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, *rest = (cell.strip() for cell in line.split("\t"))
        members = frozenset(cell for cell in rest[1:] if cell)
        if not name or not members:
            raise UserError(
                f"{path}: row {row}: a gene set is name, description and genes, separated by tabs"
            )
        if name in sets:
            raise UserError(f"{path}: row {row}: set {name!r} is there already")
        sets[name] = members
    if not sets:
        raise UserError(f"{path}: is empty")
    return sets


def read_targets(path: str | Path) -> dict[str, frozenset[str]]:
    """Read a table of miRNA targets with the columns ``mirna`` and ``gene``.

    Returns
    -------
    dict
        The genes of each miRNA.

    Raises
    ------
    UserError
        In one line: no such column, an empty cell.
    """
    header, *rows = read_records(str(path), Path(path))
    for name in TARGET_COLUMNS:
        if name not in header:
            raise UserError(f"{path}: no column {name!r}; a table of targets has mirna and gene")
    places = [header.index(name) for name in TARGET_COLUMNS]
    found: dict[str, set[str]] = {}
    for number, row in enumerate(rows, 2):
        cells = [row[place] if place < len(row) else "" for place in places]
        for name, cell in zip(TARGET_COLUMNS, cells, strict=True):
            if not cell:
                raise UserError(f"{path}: row {number}: column {name}: is empty")
        found.setdefault(cells[0], set()).add(cells[1])
    if not found:
        raise UserError(f"{path}: has no row")
    return {mirna: frozenset(genes) for mirna, genes in found.items()}
