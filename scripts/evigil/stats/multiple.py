"""Adjustment of p-values for many tests."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that the family-wise error is held.

    Parameters
    ----------
    p
        p-values, shape (n,); nan = not tested, counts for nothing and stays nan.

    Returns
    -------
    numpy.ndarray
        Adjusted p-values, shape (n,), in the order of `p`.

    References
    ----------
    Holm (1979), https://www.jstor.org/stable/4615733
    """
    return _adjust(p, "holm")


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Turn p-values into q-values: the false discovery rate at which each would be called.

    Parameters
    ----------
    p
        p-values, shape (n,); nan = not tested, counts for nothing and stays nan.

    Returns
    -------
    numpy.ndarray
        q-values, shape (n,), in the order of `p`.

    References
    ----------
    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    return _adjust(p, "fdr_bh")


def _adjust(p: ArrayLike, method: str) -> NDArray[np.float64]:
    from statsmodels.stats.multitest import multipletests

    adjusted = np.array(p, float)
    tested = ~np.isnan(adjusted)
    if tested.any():
        adjusted[tested] = multipletests(adjusted[tested], method=method)[1]
    return adjusted
