"""Where each short word of the references is: the seeds of the matcher."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def index_words(
    codes: NDArray[np.uint8], length: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """List the positions of every word of `length` bases, by counting sort.

    Parameters
    ----------
    codes
        Bases of the references, shape (n,); words that hold a code above 3 are left out.
    length
        Bases of a word.

    Returns
    -------
    first
        Word w (two bits a base, first base highest) is at ``positions[first[w]:first[w + 1]]``,
        shape (4**length + 1,).
    positions
        Ascending for each word.
    """
    n_words = 1 << (2 * length)
    first = np.zeros(n_words + 2, np.int32)
    for sweep in range(2):
        word, valid = 0, 0
        if sweep == 1:
            for w in range(n_words + 1):
                first[w + 1] += first[w]
            positions = np.empty(first[n_words + 1], np.int32)
        for i in range(len(codes)):
            code = codes[i]
            if code > 3:
                valid = 0
                continue
            word = ((word << 2) | code) & (n_words - 1)
            valid += 1
            if valid >= length:
                if sweep == 0:
                    first[word + 2] += 1
                else:
                    positions[first[word + 1]] = i - length + 1
                    first[word + 1] += 1
    return first[: n_words + 1].copy(), positions
