"""The list of files that a reference is built from."""

import re
from dataclasses import dataclass
from pathlib import Path

from evigil.errors import UserError, hint
from evigil.rna.sequences import read_text

COLUMNS = ("name", "format", "class", "source", "version", "licence", "sha256")
FORMATS = (
    "mirbase_hairpin",
    "mirbase_mature",
    "mirbase_gff3",
    "trna",
    "trna_genes",
    "trna_introns",
    "ensembl_ncrna",
    "rnacentral_pirna",
    "fasta",
    "table",
    "clade_matures",
    "clade_families",
)
#: A format that means nothing without the others of its group.
GROUPS = (
    ("mirbase_hairpin", "mirbase_mature", "mirbase_gff3"),
    ("trna_genes", "trna_introns"),
    ("clade_matures", "clade_families"),
)


@dataclass(frozen=True)
class Source:
    """One row of the list: where a file is, what it is, and what it must be."""

    name: str
    format: str
    biotype: str
    source: str
    version: str
    licence: str
    sha256: str


def is_url(source: str) -> bool:
    """Say whether a source is fetched rather than opened."""
    return source.startswith(("http://", "https://"))


def read_sources(path: str | Path) -> list[Source]:
    """Read the list of source files of a reference.

    Parameters
    ----------
    path
        TSV with `COLUMNS`; ``source`` is a URL or a path (relative to the list's own folder),
        ``class`` is needed for the format ``fasta``, ``version, licence, sha256`` may be empty.

    Raises
    ------
    UserError
        One line with file, row, column, value and what is allowed.
    """
    lines = [line.split("\t") for line in read_text(path).splitlines() if line.strip()]
    header = [cell.strip() for cell in lines[0]] if lines else []
    for column in COLUMNS:
        if column not in header:
            raise UserError(f"{path}: no column {column!r}{hint(column, header)}")
    found: list[Source] = []
    for number, line in enumerate(lines[1:], start=2):
        cells = dict(zip(header, [cell.strip() for cell in line], strict=False))
        found.append(_source(Path(path), number, {c: cells.get(c, "") for c in COLUMNS}))
        if found[-1].name in {s.name for s in found[:-1]}:
            raise UserError(f"{path}: row {number}: column 'name': {found[-1].name!r} is twice")
    given = {s.format for s in found}
    if not found:
        raise UserError(f"{path}: lists no source")
    for group in GROUPS:
        if given & set(group) and (missing := sorted(set(group) - given)):
            raise UserError(f"{path}: {' and '.join(group)} go together; no {missing[0]}")
    for single in (f for group in GROUPS for f in group):
        if sum(s.format == single for s in found) > 1:
            raise UserError(f"{path}: column 'format': {single} is listed twice")
    return found


def _source(path: Path, number: int, cells: dict[str, str]) -> Source:
    where = f"{path}: row {number}: column"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cells["name"]):
        raise UserError(f"{where} 'name' must be letters, digits, - and _, got {cells['name']!r}")
    if cells["format"] not in FORMATS:
        raise UserError(
            f"{where} 'format': {cells['format']!r} is not a format"
            f"{hint(cells['format'], FORMATS)}; allowed: {', '.join(FORMATS)}"
        )
    if cells["format"] == "fasta" and not re.fullmatch(r"[A-Za-z0-9_-]+", cells["class"]):
        raise UserError(f"{where} 'class' is needed for a fasta, got {cells['class']!r}")
    if cells["sha256"] and not re.fullmatch(r"[0-9a-f]{64}", cells["sha256"]):
        raise UserError(f"{where} 'sha256' must be 64 hexadecimal digits, got {cells['sha256']!r}")
    if not cells["source"]:
        raise UserError(f"{where} 'source' is empty")
    local = cells["source"]
    if not is_url(local) and not Path(local).is_absolute():
        local = str(path.parent / local)
    return Source(
        name=cells["name"],
        format=cells["format"],
        biotype=cells["class"],
        source=local,
        version=cells["version"],
        licence=cells["licence"],
        sha256=cells["sha256"],
    )
