"""Source files of the databases, each turned into sequences of a class."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from evigil.errors import UserError
from evigil.rna.sequences import read_fasta, read_text

#: NCBI taxonomy numbers of the species that RNAcentral's names end in.
TAXA = {"hsa": "9606", "mmu": "10090", "rno": "10116"}
ENSEMBL_CLASSES = {
    "rRNA": "rRNA",
    "Mt_rRNA": "rRNA",
    "rRNA_pseudogene": "rRNA",
    "snRNA": "snRNA",
    "snoRNA": "snoRNA",
    "scaRNA": "snoRNA",
    "Mt_tRNA": "tRNA",
    "vault_RNA": "vault",
    "vaultRNA": "vault",
    "misc_RNA": "other",
    "scRNA": "other",
    "ribozyme": "other",
    "sRNA": "other",
}
#: Gene symbols that say more than Ensembl's biotype does.
SYMBOL_CLASSES = (
    (re.compile(r"^(Y_RNA|RNY\d)"), "Y_RNA"),
    (re.compile(r"^VTRNA|^Vault"), "vault"),
    (re.compile(r"^(RN)?7SL|^Metazoa_SRP"), "7SL"),
    (re.compile(r"^(RN)?7SK"), "7SK"),
)


@dataclass(frozen=True)
class Sequence:
    """One sequence of a reference: `members` are the names of genes that share it."""

    name: str
    biotype: str
    sequence: str
    accession: str = ""
    members: tuple[str, ...] = field(default=())


def hairpins(path: Path, species: str) -> list[Sequence]:
    """Read miRBase's hairpins of one species."""
    found = [
        Sequence(name, "miRNA", sequence, rest.partition(" ")[0])
        for name, rest, sequence in read_fasta(path)
        if name.startswith(f"{species}-")
    ]
    if not found:
        raise UserError(f"{path}: no hairpin of the species {species!r}")
    return found


def matures(path: Path, gff3: Path, hairpin: list[Sequence], species: str) -> pd.DataFrame:
    """Place miRBase's matures on their hairpins by the coordinates of both.

    Returns
    -------
    pandas.DataFrame
        ``hairpin, mature, accession, start, end`` (1-based, inclusive), sorted.

    Raises
    ------
    UserError
        If the sequence at a place is not the one of the mature, or a hairpin is missing.
    """
    letters = {name: s for name, _, s in read_fasta(path) if name.startswith(f"{species}-")}
    rows = _gff3(gff3)
    genes = {r["ID"]: r for r in rows if r["type"] == "miRNA_primary_transcript"}
    by_accession: dict[str, list[Sequence]] = {}
    for h in hairpin:
        by_accession.setdefault(h.accession, []).append(h)
    placed = []
    for row in (r for r in rows if r["type"] == "miRNA"):
        gene = genes.get(row.get("Derives_from", ""))
        if gene is None or gene["Alias"] not in by_accession:
            raise UserError(f"{gff3}: {row['Name']} derives from no hairpin of the FASTA")
        (parent,) = by_accession[gene["Alias"]]
        forward = int(row["start"]) - int(gene["start"])
        back = int(gene["end"]) - int(row["end"])
        start = forward if gene["strand"] == "+" else back
        end = start + int(row["end"]) - int(row["start"]) + 1
        if parent.sequence[start:end] != letters.get(row["Name"]):
            start = parent.sequence.find(letters.get(row["Name"], "-"))
            end = start + len(letters.get(row["Name"], ""))
            if start < 0:
                raise UserError(f"{gff3}: {row['Name']} is not in {parent.name}")
        placed.append((parent.name, row["Name"], row["Alias"], start + 1, end))
    table = pd.DataFrame(placed, columns=["hairpin", "mature", "accession", "start", "end"])
    return table.drop_duplicates().sort_values(["hairpin", "start", "mature"], ignore_index=True)


def _gff3(path: Path) -> list[dict[str, str]]:
    rows = []
    for line in read_text(path).splitlines():
        cells = line.split("\t")
        if line.startswith("#") or len(cells) != 9:
            continue
        attributes = dict(a.split("=", 1) for a in cells[8].strip(";").split(";"))
        names = ("type", "start", "end", "strand")
        picked = dict(zip(names, (cells[2], cells[3], cells[4], cells[6]), strict=True))
        rows.append(picked | {"Alias": attributes.get("ID", "")} | attributes)
    if not rows:
        raise UserError(f"{path}: holds no GFF3 feature")
    return rows


def trnas(path: Path, introns: Path | None = None) -> list[Sequence]:
    """Read GtRNAdb's or mitotRNAdb's tRNAs, without introns.

    Parameters
    ----------
    path
        FASTA of mature tRNAs, or of genes when `introns` is given.
    introns
        tRNAscan-SE's table, which says where the introns are.
    """
    bounds = _introns(introns) if introns else {}
    genes: dict[str, list[str]] = {}
    for name, rest, sequence in read_fasta(path):
        if re.search(r"Escherichia|eColi", name):
            continue
        scan = re.search(r"tRNAscan-SE ID: (\S+?)\)", rest)
        for start, end in bounds.get(scan[1] if scan else "", ()):
            sequence = sequence[:start] + sequence[end:]
        genes.setdefault(sequence, []).append(_trna_name(name))
    names = {s: sorted({re.sub(r"(-\d+)-\d+$", r"\1", n) for n in g}) for s, g in genes.items()}
    shared = pd.Series([n for group in names.values() for n in group]).value_counts()
    found = []
    for sequence, members in genes.items():
        # two genes of one isodecoder that differ keep their full names
        short = [n for n in names[sequence] if shared[n] == 1]
        full = [m for m in members if re.sub(r"(-\d+)-\d+$", r"\1", m) not in short]
        name = "/".join(sorted({*short, *full}))
        found.append(Sequence(name, "tRNA", sequence, members=tuple(sorted(members))))
    return found


def _trna_name(name: str) -> str:
    parts = name.split("|")
    if len(parts) >= 5:  # mitotRNAdb: accession|species|taxon|amino acid|anticodon
        return f"mt-tRNA-{parts[3]}-{parts[4]}"
    return re.sub(r"^[A-Z][a-z]+(_[A-Za-z0-9]+)*?_(?=(nm-)?(mt-)?tR)", "", name)


def _introns(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Return where the introns are, 0-based and half open on the transcript."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line in read_text(path).splitlines():
        cells = line.split()
        if len(cells) < 9 or not cells[2].isdigit():
            continue
        begin, end = int(cells[2]), int(cells[3])
        places = zip(cells[6].split(","), cells[7].split(","), strict=True)
        for low, high in ((int(a), int(b)) for a, b in places):
            if low:
                span = (low - begin, high - begin + 1)
                if begin > end:
                    span = (begin - low, begin - high + 1)
                found.setdefault(f"{cells[0]}.trna{cells[1]}", []).append(span)
    # from the end, so that an earlier cut does not move a later one
    return {name: sorted(spans, reverse=True) for name, spans in found.items()}


def ensembl(path: Path) -> list[Sequence]:
    """Read Ensembl's ncRNA FASTA; miRNA and long RNA are left out."""
    found = []
    for name, rest, sequence in read_fasta(path):
        said = dict(re.findall(r"(gene_biotype|gene_symbol):(\S+)", rest))
        symbol = said.get("gene_symbol", name)
        biotype = ENSEMBL_CLASSES.get(said.get("gene_biotype", ""))
        if biotype is None:
            continue
        for pattern, known in SYMBOL_CLASSES:
            if pattern.search(symbol):
                biotype = known
        found.append(Sequence(f"{symbol}:{name}", biotype, sequence, name))
    if not found:
        raise UserError(f"{path}: no small RNA with a gene_biotype in its header")
    return found


def pirnas(path: Path, species: str) -> list[Sequence]:
    """Read RNAcentral's piRNAs of one species."""
    if species not in TAXA:
        raise UserError(f"{path}: no taxonomy number known for the species {species!r}")
    ending = f"_{TAXA[species]}"
    return [
        Sequence(name, "piRNA", sequence, name)
        for name, _, sequence in read_fasta(path)
        if name.endswith(ending)
    ]


def plain(path: Path, biotype: str) -> list[Sequence]:
    """Read any FASTA as one class."""
    return [Sequence(name, biotype, sequence) for name, _, sequence in read_fasta(path)]


def table(path: Path) -> list[Sequence]:
    """Read a TSV of ``name, class, accession, sequence``."""
    lines = [line.split("\t") for line in read_text(path).splitlines() if line]
    if not lines or lines[0] != ["name", "class", "accession", "sequence"]:
        raise UserError(f"{path}: the columns must be name, class, accession, sequence")
    return [Sequence(name, biotype, s, accession) for name, biotype, accession, s in lines[1:]]


def clades(path: Path, families: Path, species: str) -> pd.DataFrame:
    """Pick the matures of families that one clade only has.

    Parameters
    ----------
    path
        miRBase's matures of every species.
    families
        TSV of ``clade, kingdom, family`` (miRBase family numbers) [miRTrace,
        doi:10.1186/s13059-018-1588-9].
    species
        The species of the samples: its own clade is no contamination and is left out.

    Returns
    -------
    pandas.DataFrame
        ``clade, family, name, sequence``; one row for each sequence and clade.
    """
    lines = [line.split("\t") for line in read_text(families).splitlines() if line]
    clade_of = {family: clade for clade, _, family in lines[1:]}
    rows = []
    for name, _, sequence in read_fasta(path):
        family = re.match(r"[a-z0-9]+-(?:miR|MIR)-?(\d+)", name)
        if family and family[1] in clade_of:
            rows.append((clade_of[family[1]], family[1], name, sequence))
    found = pd.DataFrame(rows, columns=["clade", "family", "name", "sequence"])
    own = found.loc[found["name"].str.startswith(f"{species}-"), "clade"]
    if len(own):
        found = found[found["clade"] != own.mode().iloc[0]]
    joined = found.sort_values("name").groupby(["clade", "family", "sequence"], as_index=False)
    return joined.agg(name=("name", "/".join))[["clade", "family", "name", "sequence"]]
