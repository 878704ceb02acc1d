"""What an assignment is: what it needs of a digest, and what it says of each sequence."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.classes import FATES

UNMAPPED = FATES.index("unmapped")


class Collapsed(Protocol):
    """Unique inserts of a sample: what assignment needs to know of a digest.

    ``molecules`` are reads where the protocol has no UMI.
    """

    @property
    def bases(self) -> NDArray[np.uint8]:
        """Return the codes of all uniques end to end."""

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Return where each unique begins, shape (n + 1,)."""

    @property
    def molecules(self) -> NDArray[np.int64]:
        """Return the count of each unique, shape (n,)."""


@dataclass(frozen=True)
class Assignment:
    """What became of each unique sequence of a sample.

    Attributes
    ----------
    fate
        Row of `evigil.rna.classes.FATES` for each unique, shape (n,).
    hits
        The best fits, sorted by ``unique, reference, position``: those columns, ``feature``,
        ``mature`` (−1 away from the matures), ``mismatches, mismatch_at, additions``,
        ``shift_5p, shift_3p`` (body against mature; 0 without one), ``weight`` (sums to 1 over a
        unique). The body of a read is its length less the additions.
    counts
        One row per feature of the bundle: ``exact`` (float), ``exclusive`` and ``X`` (int64; `X`
        keeps the sum of each class).
    ledger
        Molecules per fate; the sum is that of all uniques.
    """

    fate: NDArray[np.int16]
    hits: pd.DataFrame
    counts: pd.DataFrame
    ledger: dict[str, int]
