"""Fragments of tRNA, named by parent and type."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.smallrna.assignment import Assignment, Collapsed

#: Types as MINTbase names them, doi:10.1093/bioinformatics/btw194; the last is a whole tRNA.
TYPES = ("5'-half", "3'-half", "5'-tRF", "3'-tRF", "i-tRF", "tRNA")
#: The anticodon loop: seven nucleotides, two before the anticodon and two behind it.
BEFORE, LOOP = 2, 7
#: Where the anticodon begins in a tRNA without insertions (position 34, here from 0), and how
#: far it may be from there in one with a short or long D-loop.
USUAL, FARTHEST = 33, 8


def fragment_table(digest: Collapsed, assignment: Assignment, bundle: Bundle) -> pd.DataFrame:
    """Count the fragments of tRNA of a sample.

    A fragment that begins with the tRNA (also with its G−1) and ends in the anticodon loop is a
    5′-half, one that begins in the loop and ends with the tRNA (its last base, or C, CC or CCA
    behind it) a 3′-half; with only one end of the tRNA it is a 5′-tRF or 3′-tRF, with none an
    i-tRF [MINTmap, doi:10.1038/srep41184; that the whole loop may be cut is ours].

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    assignment
        What they were assigned to.
    bundle
        The references.

    Returns
    -------
    pandas.DataFrame
        ``type, parent`` (name of the tRNA), ``exclusive`` (molecules that fit only this type of
        this parent), ``ambiguous`` (share of those that fit several; shares of a molecule sum to
        1), sorted. All counts together are the tRNA column of the ledger.
    """
    trna = (bundle.references["biotype"] == "tRNA").to_numpy()
    hits = assignment.hits[trna[assignment.hits["reference"]]]
    unique = hits["unique"].to_numpy(np.int64)
    kind = _types(hits, np.diff(digest.offsets)[unique], bundle)
    pair = hits["reference"].to_numpy(np.int64) * len(TYPES) + kind
    table = pd.DataFrame({"unique": unique, "pair": pair, "weight": hits["weight"].to_numpy()})
    both = table.groupby(["unique", "pair"])["weight"].sum().reset_index()
    alone = ~both["unique"].duplicated(keep=False).to_numpy()
    molecules = digest.molecules[both["unique"]]
    pairs, group = np.unique(both["pair"].to_numpy(), return_inverse=True)
    exclusive = np.zeros(len(pairs), np.int64)
    np.add.at(exclusive, group[alone], molecules[alone])
    shares = np.where(alone, 0.0, both["weight"] * molecules)
    names = bundle.references["name"].to_numpy()
    table = pd.DataFrame(
        {
            "type": np.array(TYPES)[pairs % len(TYPES)],
            "parent": names[pairs // len(TYPES)],
            "exclusive": exclusive,
            "ambiguous": np.bincount(group, weights=shares, minlength=len(pairs)),
        }
    )
    found = table[(table["exclusive"] > 0) | (table["ambiguous"] > 0)]
    return found.sort_values(["type", "parent"], ignore_index=True)


def _types(hits: pd.DataFrame, length: NDArray[np.int64], bundle: Bundle) -> NDArray[np.int64]:
    """Return rows of `TYPES`; `length` is that of the fragments."""
    row = hits["reference"].to_numpy()
    of = bundle.references.iloc[row]
    start = hits["position"].to_numpy()
    end = start + length
    parents, which = np.unique(row, return_inverse=True)
    loop = np.array([anticodon(bundle, int(p)) for p in parents], np.int64)[which] - BEFORE
    first = start <= of["lead"].to_numpy()
    last = end >= (of["length"] - of["tail"]).to_numpy()
    ends_in_loop = (end > loop) & (end <= loop + LOOP)
    begins_in_loop = (start >= loop) & (start < loop + LOOP)
    conditions = [first & last, first & ends_in_loop, last & begins_in_loop, first, last]
    return np.select(conditions, [5, 0, 1, 2, 3], default=4).astype(np.int64)


def anticodon(bundle: Bundle, reference: int) -> int:
    """Find where the anticodon of a tRNA begins, from 0 on its sequence.

    It is what the name says (``tRNA-Gly-GCC-2-1``), behind a U where there is one (U33), nearest
    to its usual place; a name or sequence without it gives the usual place.
    """
    lead = int(bundle.references["lead"].iloc[reference])
    gene = bundle.sequence(reference)[lead:]
    named = re.search(r"-([ACGTU]{3})(?:-|$)", bundle.references["name"].iloc[reference])
    word = named[1].replace("U", "T") if named else "none"
    low, high = USUAL - FARTHEST, USUAL + FARTHEST + 1
    places = [i for i in range(low, high) if gene[i : i + 3] == word]
    behind_u = [i for i in places if gene[i - 1] == "T"]
    return lead + min(behind_u or places or [USUAL], key=lambda i: abs(i - USUAL))
