"""What the pass over the reads says of their quality, as tables."""

import numpy as np
import pandas as pd

from evigil.reads.fates import MAX_POSITIONS, QUALITIES

Q30 = 30
#: Lower limits of the bins of copies, as FastQC has them.
COPIES = (*range(1, 10), 10, 50, 100, 500, 1000, 5000, 10_000)


def position_table(qualities: np.ndarray) -> pd.DataFrame:
    """Describe the bases of each cycle.

    Parameters
    ----------
    qualities
        Bases by position, quality and code (A, C, G, T, unknown), shape (positions, 64, 5).

    Returns
    -------
    pandas.DataFrame
        ``position`` (from 1), ``reads``, ``A, C, G, T, N``, ``mean_quality``, ``q30_share``.
    """
    by_quality = qualities.sum(axis=2)
    reads = by_quality.sum(axis=1)
    read = np.flatnonzero(reads)
    table = pd.DataFrame({"position": read + 1, "reads": reads[read]})
    table[list("ACGTN")] = qualities.sum(axis=1)[read]
    values = np.arange(QUALITIES)
    table["mean_quality"] = (by_quality[read] @ values) / reads[read]
    table["q30_share"] = by_quality[read, Q30:].sum(axis=1) / reads[read]
    return table


def length_table(
    inserts: np.ndarray, sizes: np.ndarray, reads: np.ndarray, molecules: np.ndarray
) -> pd.DataFrame:
    """Count inserts by length.

    Parameters
    ----------
    inserts
        Reads by length of the insert as the adapter sets it, whatever became of them.
    sizes, reads, molecules
        Of the collapsed sequences, shape (n,).

    Returns
    -------
    pandas.DataFrame
        ``length`` (nt), ``reads`` (with such an insert), ``kept_reads``, ``molecules``,
        ``sequences``.
    """
    width = len(inserts)
    bins = np.minimum(sizes, MAX_POSITIONS)
    kept = np.bincount(bins, weights=reads, minlength=width).astype(np.int64)
    columns = {
        "reads": inserts,
        "kept_reads": kept,
        "molecules": np.bincount(bins, weights=molecules, minlength=width).astype(np.int64),
        "sequences": np.bincount(bins, minlength=width),
    }
    table = pd.DataFrame(columns).rename_axis("length").reset_index()
    return table[(table["reads"] > 0) | (table["kept_reads"] > 0)].reset_index(drop=True)


def duplication_table(reads: np.ndarray) -> pd.DataFrame:
    """Count sequences by how often they were read: ``copies`` (at least), ``sequences, reads``."""
    limits = np.array(COPIES)
    bins = np.searchsorted(limits, reads, side="right") - 1
    return pd.DataFrame(
        {
            "copies": limits,
            "sequences": np.bincount(bins, minlength=len(limits)),
            "reads": np.bincount(bins, weights=reads, minlength=len(limits)).astype(np.int64),
        }
    )
