"""How many features a part of a library would have shown, in closed form."""

import numpy as np
from numpy.typing import NDArray

#: Molecules from which on a feature counts as seen.
LEAST = 5


def seen_share(
    counts: NDArray[np.integer], shares: NDArray[np.float64], least: int = LEAST
) -> NDArray[np.float64]:
    """Return how probably each feature has enough molecules in a part of the library.

    A molecule is drawn with the share's probability, so a feature's are binomial; the sum of the
    result over features is the expected height of the saturation curve, without resampling.

    Parameters
    ----------
    counts
        Molecules, shape (n_features,).
    shares
        Parts of the library, above 0 and at most 1, shape (n_shares,).
    least
        Molecules that are enough, at least 1.

    Returns
    -------
    numpy.ndarray
        Shape (n_shares, n_features), from 0 to 1.
    """
    different, which = np.unique(counts, return_inverse=True)
    x = different.astype(np.float64)
    p = np.asarray(shares, dtype=np.float64)[:, None]
    miss = 1.0 - p
    # too few: the sum of the first binomial terms; 0^0 is 1, what all draw is never missed
    below = np.zeros((len(p), len(x)))
    choose = np.ones(len(x))
    for k in range(least):
        below += choose * p**k * miss ** np.maximum(x - k, 0) * (x >= k)
        choose = choose * (x - k) / (k + 1)
    return np.clip(1.0 - below, 0.0, 1.0)[:, which]
