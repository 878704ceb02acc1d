"""Resampling of patients: a patient's rows stand or fall together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def patient_multiplicities(
    patients: ArrayLike, n: int, seed: int, strata: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Draw patients with replacement and say how often each row is in each resample.

    Parameters
    ----------
    patients
        The patient of each row, shape (n_rows,).
    n
        Number of resamples.
    strata
        A class of each row, shape (n_rows,), the same in all rows of a patient: as many patients
        are drawn from each class as it has, so that none can vanish.

    Returns
    -------
    numpy.ndarray
        Shape (n, n_rows). The order of the rows does not change what a patient gets.

    Raises
    ------
    ValueError
        If a patient has rows in two strata.
    """
    names, first, row_patient = np.unique(
        np.asarray(patients).astype(str), return_index=True, return_inverse=True
    )
    stratum = _patient_strata(strata, first, row_patient)
    generator = np.random.default_rng(seed)
    drawn = np.empty((n, len(names)), np.int64)
    for label in range(stratum.max(initial=-1) + 1):
        members = np.flatnonzero(stratum == label)
        drawn[:, members] = generator.multinomial(
            len(members), np.full(len(members), 1 / len(members)), size=n
        )
    return drawn[:, row_patient]


def percentile_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Take the central part of a bootstrap distribution.

    Parameters
    ----------
    values
        The resampled statistics, shape (n,); those that are nan (not defined in that resample)
        are left out.

    Returns
    -------
    low, high
        (nan, nan) when no value is left.
    """
    x = np.asarray(values, float)
    x = x[~np.isnan(x)]
    if x.size == 0:
        return np.nan, np.nan
    low, high = np.quantile(x, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _patient_strata(
    strata: ArrayLike | None, first: NDArray[np.intp], row_patient: NDArray[np.intp]
) -> NDArray[np.intp]:
    if strata is None:
        return np.zeros(len(first), np.intp)
    labels = np.unique(np.asarray(strata), return_inverse=True)[1]
    if (labels != labels[first][row_patient]).any():
        raise ValueError("a patient has rows in two strata")
    return labels[first]
