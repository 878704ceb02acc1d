"""The other strand of sequences."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


def reverse_complement(
    bases: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Reverse and complement some sequences, in the order of `rows`.

    Returns
    -------
    bases, offsets
        As in `evigil.rna.sequences.encode`, of these sequences alone.
    """
    new = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(np.diff(offsets)[rows], out=new[1:])
    out = np.empty(new[-1], np.uint8)
    _turn(bases, offsets, rows.astype(np.int64), new, out)
    return out, new


@njit(cache=True, nogil=True)
def _turn(
    bases: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    rows: NDArray[np.int64],
    new: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    for i in range(len(rows)):
        start, last = offsets[rows[i]], new[i + 1] - 1
        for j in range(new[i + 1] - new[i]):
            out[last - j] = 3 - bases[start + j]
