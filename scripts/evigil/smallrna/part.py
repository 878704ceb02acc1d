"""What one sample's job leaves for the cohort: facts and small tables in one file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.rna.bundle import Bundle
from evigil.rna.classes import CLASSES, FATES
from evigil.smallrna.assignment import Assignment, Collapsed
from evigil.smallrna.clades import clade_reads
from evigil.smallrna.fragments import fragment_table
from evigil.smallrna.saturation import seen_share
from evigil.tables import write_text

#: Shares of a library at which its saturation is computed.
SHARES = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
#: What spike-ins and adapters are not: RNA of the species.
OF_THE_SPECIES = CLASSES[2:]
#: exceRpt takes rRNA out before it counts the transcriptome.
TRANSCRIPTOME = tuple(name for name in OF_THE_SPECIES if name != "rRNA")


class Digested(Collapsed, Protocol):
    """What is taken from the digest of a sample beside its unique inserts."""

    @property
    def total(self) -> int:
        """Return the reads of the FASTQ."""

    @property
    def fates(self) -> dict[str, int]:
        """Return reads that ended before assignment."""

    @property
    def protocol(self) -> str:
        """Return the name of the protocol."""

    @property
    def verdict(self) -> str:
        """Return the verdict on the protocol."""

    @property
    def reason(self) -> str:
        """Return why it does not fit."""

    @property
    def evidence(self) -> pd.DataFrame:
        """Return the evidence for each protocol."""

    @property
    def positions(self) -> pd.DataFrame:
        """Return quality and composition by cycle."""

    @property
    def lengths(self) -> pd.DataFrame:
        """Return inserts by length."""

    @property
    def duplication(self) -> pd.DataFrame:
        """Return sequences by number of reads."""

    @property
    def q30_bases(self) -> int:
        """Return bases of quality 30 or better."""

    @property
    def bases_read(self) -> int:
        """Return all bases."""


@dataclass(frozen=True)
class Part:
    """One sample.

    Attributes
    ----------
    facts
        Numbers and words of the sample.
    ledger
        Reads by fate, those that ended before assignment first.
    tables
        ``counts`` (``feature``, a row of the reference's features, ``exact, exclusive, X``),
        ``protocols, lengths, positions, duplication, saturation, clades, trfs``.
    """

    facts: dict[str, Any]
    ledger: dict[str, int]
    tables: dict[str, pd.DataFrame]


def describe(digest: Digested, assignment: Assignment, bundle: Bundle) -> Part:
    """Describe a sample by what its reads became.

    Raises
    ------
    ValueError
        If a read has no fate or two: a fault of ours.
    """
    ledger = digest.fates | assignment.ledger
    if sum(ledger.values()) != digest.total:
        raise ValueError(f"{digest.total} reads, but fates of {sum(ledger.values())}")
    kept = digest.lengths["kept_reads"].to_numpy()
    facts = {
        "sequenced_reads": digest.total,
        "library_protocol": digest.protocol,
        "protocol_verdict": digest.verdict,
        "protocol_reason": digest.reason,
        "insert_length_mode": int(digest.lengths["length"].iloc[kept.argmax()])
        if kept.any()
        else None,
        "bases_read": digest.bases_read,
        "q30_bases": digest.q30_bases,
    }
    counts = assignment.counts.rename_axis("feature").reset_index()
    tables = {
        "counts": counts[counts["exact"] > 0],
        "protocols": digest.evidence,
        "lengths": _lengths(digest, assignment),
        "positions": digest.positions,
        "duplication": digest.duplication,
        "saturation": saturation(assignment.counts["X"].to_numpy(), bundle),
        "clades": clade_reads(digest, assignment, bundle),
        "trfs": fragment_table(digest, assignment, bundle),
    }
    return Part(facts, ledger, tables)


def _lengths(digest: Digested, assignment: Assignment) -> pd.DataFrame:
    """Count molecules by length of the insert and by what they are."""
    length, fate = np.diff(digest.offsets), assignment.fate
    top = int(length.max(initial=0)) + 1
    counted = np.bincount(
        fate.astype(np.int64) * top + length,
        weights=digest.molecules,
        minlength=len(FATES) * top,
    )
    found = np.flatnonzero(counted)
    table = pd.DataFrame(
        {
            "length": found % top,
            "biotype": [FATES[i] for i in found // top],
            "molecules": counted[found].astype(np.int64),
        }
    )
    return table.sort_values(["length", "biotype"], ignore_index=True)


def saturation(counts: np.ndarray, bundle: Bundle) -> pd.DataFrame:
    """Say how many features a part of the library would have shown.

    Returns
    -------
    pandas.DataFrame
        ``reads`` (molecules of the transcriptome drawn), ``features, mirnas`` (expected number with
        at least 5 of them).
    """
    wanted = np.isin(bundle.feature_fates, [FATES.index(name) for name in TRANSCRIPTOME])
    mirna = (bundle.features["biotype"] == "miRNA").to_numpy()
    seen = seen_share(counts[wanted], SHARES)
    return pd.DataFrame(
        {
            "reads": np.rint(SHARES * counts[wanted].sum()).astype(np.int64),
            "features": seen.sum(axis=1),
            "mirnas": seen[:, mirna[wanted]].sum(axis=1),
        }
    )


def write_part(part: Part, path: str | Path) -> None:
    """Write a part; floats in their shortest exact form, a missing value as null."""
    tables = {
        name: {column: _plain(values) for column, values in table.items()}
        for name, table in part.tables.items()
    }
    content = {"facts": part.facts, "ledger": part.ledger, "tables": tables}
    write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), path)


def _plain(values: pd.Series) -> list[Any]:
    missing = values.isna()
    return [None if m else value for value, m in zip(values.tolist(), missing, strict=True)]


def read_part(path: str | Path) -> Part:
    """Read what `write_part` wrote.

    Raises
    ------
    UserError
        If the file is cut off or damaged.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        tables = {name: pd.DataFrame(table) for name, table in content["tables"].items()}
        return Part(content["facts"], content["ledger"], tables)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: is damaged ({error}); delete it and run again") from None
