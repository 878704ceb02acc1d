"""Reads of another species: miRNA families that one clade only has [miRTrace]."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.sequences import encode
from evigil.smallrna.assignment import UNMAPPED, Assignment, Collapsed

#: First nucleotides of a mature that a read must have, all of them.
PREFIX = 20


def clade_reads(digest: Collapsed, assignment: Assignment, bundle: Bundle) -> pd.DataFrame:
    """Count reads that fit the miRNA of a clade-specific family and nothing of the reference.

    A read counts when its first 20 nucleotides are those of such a mature
    (doi:10.1186/s13059-018-1588-9); what two clades share says nothing and is left out.

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    assignment
        What they were assigned to: only unmapped ones are looked at.
    bundle
        The references; its own species' clade is not among ``bundle.clades``.

    Returns
    -------
    pandas.DataFrame
        ``clade, family, reads`` with at least one read, sorted.
    """
    known = _prefixes(bundle.clades)
    rows = np.flatnonzero((assignment.fate == UNMAPPED) & (np.diff(digest.offsets) >= PREFIX))
    keys = _keys(digest.bases, digest.offsets[rows])
    found = pd.DataFrame({"key": keys, "reads": digest.molecules[rows]}).merge(known, on="key")
    table = found.groupby(["clade", "family"], as_index=False)["reads"].sum()
    return table[table["reads"] > 0].reset_index(drop=True)


def _prefixes(clades: pd.DataFrame) -> pd.DataFrame:
    long = clades[clades["sequence"].str.len() >= PREFIX]
    bases, offsets = encode(long["sequence"].tolist())
    table = long[["clade", "family"]].assign(key=_keys(bases, offsets[:-1]))
    table = table.drop_duplicates(["key", "clade"])
    return table[~table["key"].duplicated(keep=False)]


def _keys(bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first bases of each sequence as one number, two bits a base."""
    keys = np.zeros(len(starts), np.int64)
    for i in range(PREFIX):
        keys |= bases[starts + i].astype(np.int64) << (2 * i)
    return keys
