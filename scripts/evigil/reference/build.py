"""Building a reference folder from source files."""

import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from evigil.errors import UserError
from evigil.reference import formats
from evigil.reference.fetch import check_sum
from evigil.reference.formats import Sequence
from evigil.rna.load import CLADES, MANIFEST_COLUMNS, manifest_row
from evigil.rna.paths import MANIFEST
from evigil.rna.sources import Source
from evigil.tables import whole, write_table


def build_reference(sources: list[Source], files: list[Path], folder: Path, species: str) -> None:
    """Write a reference folder that `evigil.rna.load.load_reference` reads.

    Parameters
    ----------
    sources
        What the files are, see `evigil.rna.sources.read_sources`.
    files
        The files themselves, in the order of `sources`; each is checked by its sha256.
    folder
        Gets a FASTA per class, ``matures.tsv.gz``, ``clades.tsv.gz`` and ``manifest.tsv``.
    species
        miRBase code, for example ``hsa``.

    Raises
    ------
    UserError
        One line: a file that is missing, changed or not what its format says.
    """
    for source, path in zip(sources, files, strict=True):
        _check(source, path)
    at = {s.format: p for s, p in zip(sources, files, strict=True)}
    by_class: dict[str, list[Sequence]] = {}
    origin: dict[str, list[Source]] = {}
    for source, path in zip(sources, files, strict=True):
        for sequence in _sequences(source, path, at, species):
            by_class.setdefault(sequence.biotype, []).append(sequence)
            if source not in origin.setdefault(sequence.biotype, []):
                origin[sequence.biotype].append(source)
    rows = []
    for biotype, sequences in sorted(by_class.items()):
        file = f"{biotype.lower()}.fa.gz"
        _write(folder / file, _fasta(sequences))
        accessions = [s.accession for s in sequences if s.accession]
        said = accessions if len(accessions) <= 40 else ["in the headers"]
        rows.append(_row(folder, file, f"{len(sequences)} sequences", biotype, origin, said))
    if "mirbase_gff3" in at:
        placed = formats.matures(
            at["mirbase_mature"], at["mirbase_gff3"], by_class["miRNA"], species
        )
        rows.append(_tabular(folder, "matures.tsv.gz", "miRNA", placed, _of(sources, "mirbase")))
    if "clade_matures" in at:
        found = formats.clades(at["clade_matures"], at["clade_families"], species)
        rows.append(_tabular(folder, "clades.tsv.gz", CLADES, found, _of(sources, "clade")))
    table = pd.DataFrame(rows, columns=MANIFEST_COLUMNS).sort_values("file")
    write_table(table, folder / MANIFEST)


def _check(source: Source, path: Path) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error} (source {source.name!r})") from None
    check_sum(f"{path} (source {source.name!r})", found, source.sha256)


def _sequences(source: Source, path: Path, at: dict[str, Path], species: str) -> Iterable[Sequence]:
    match source.format:
        case "mirbase_hairpin":
            return formats.hairpins(path, species)
        case "trna":
            return formats.trnas(path)
        case "trna_genes":
            return formats.trnas(path, at["trna_introns"])
        case "ensembl_ncrna":
            return formats.ensembl(path)
        case "rnacentral_pirna":
            return formats.pirnas(path, species)
        case "fasta":
            return formats.plain(path, source.biotype)
        case "table":
            return formats.table(path)
    return []


def _fasta(sequences: list[Sequence]) -> str:
    lines = []
    for s in sorted(sequences, key=lambda s: (s.name, s.sequence)):
        said = f" accession={s.accession}" if s.accession else ""
        said += f" members={';'.join(s.members)}" if s.members else ""
        lines.append(f">{s.name}{said}\n{s.sequence}\n")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    with whole(path) as part:
        part.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _tabular(
    folder: Path, file: str, biotype: str, table: pd.DataFrame, sources: list[Source]
) -> dict[str, str]:
    _write(folder / file, table.to_csv(sep="\t", index=False, lineterminator="\n"))
    return _row(folder, file, f"{len(table)} rows", biotype, {biotype: sources}, ["in the rows"])


def _of(sources: list[Source], prefix: str) -> list[Source]:
    return [s for s in sources if s.format.startswith(prefix)]


def _row(
    folder: Path,
    file: str,
    name: str,
    biotype: str,
    origin: dict[str, list[Source]],
    accessions: list[str],
) -> dict[str, str]:
    said = {
        field: "; ".join(dict.fromkeys(getattr(s, field) for s in origin[biotype]))
        for field in ("name", "version", "licence")
    }
    return manifest_row(
        folder,
        file,
        name=name,
        accession=";".join(accessions),
        source=said["name"],
        version=said["version"],
        licence=said["licence"],
        **{"class": biotype},
    )
