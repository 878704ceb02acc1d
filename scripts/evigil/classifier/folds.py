"""Folds: patients, never samples, are dealt into training and test parts."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError

OUTER = 5
INNER = 5


def deal(labels: pd.Series, n_folds: int, seed: list[int]) -> pd.Series:
    """Deal patients into folds, each class as evenly as its number allows.

    Parameters
    ----------
    labels
        One entry per patient: 0 or 1, indexed by patient, in any order.
    n_folds
        Number of folds; every class needs at least as many patients.
    seed
        Words of the seed: the same words give the same folds.

    Returns
    -------
    pandas.Series
        Fold in ``range(n_folds)`` per patient, indexed by patient in sorted order. The sizes of a
        class differ by at most one between folds, and so do the sizes of whole folds.
    """
    order = labels.sort_index()
    rng = np.random.default_rng(seed)
    shuffled = np.concatenate(
        [rng.permutation(np.flatnonzero(order.to_numpy() == label)) for label in (1, 0)]
    )
    fold = np.empty(len(order), dtype=int)
    # the second class goes on where the first one stopped, so that whole folds are level too
    fold[shuffled] = np.arange(len(order)) % n_folds
    return pd.Series(rng.permutation(n_folds)[fold], index=order.index, name="fold")


def patient_labels(training: pd.DataFrame) -> pd.Series:
    """Return one label per patient, by which folds are stratified: 1 when any sample is a case.

    Parameters
    ----------
    training
        Columns ``patient, label`` (0 or 1, without missing values).

    Returns
    -------
    pandas.Series
        0 or 1 per patient, indexed by patient in sorted order.
    """
    return training.groupby("patient", sort=True)["label"].max().astype(int)


def patient_weights(patients: NDArray) -> NDArray[np.float64]:
    """Return the weight of each draw, 1/n for the n draws of its patient; shape (n_draws,)."""
    _, code, count = np.unique(patients, return_inverse=True, return_counts=True)
    return 1.0 / count[code]


def first_draws(patients: NDArray) -> NDArray[np.bool_]:
    """Mark the first draw of each patient, shape (n_draws,).

    Thresholds and exact intervals need independent values that are each *one* draw: a mean over
    a patient's draws would vary less than the single draw that the threshold will judge.
    """
    marked = np.zeros(len(patients), dtype=bool)
    marked[np.unique(patients, return_index=True)[1]] = True
    return marked


def require_patients(training: pd.DataFrame) -> None:
    """Refuse a training set that is too small for the nested folds.

    Parameters
    ----------
    training
        Columns ``patient, label`` (0 or 1), usable samples only.

    Raises
    ------
    UserError
        If a class has fewer patients than give every inner fold one of them.
    """
    needed = _patients_needed()
    counts = patient_labels(training).value_counts()
    for label, name in ((1, "case"), (0, "control")):
        n = int(counts.get(label, 0))
        if n < needed:
            raise UserError(
                f"classifier: {n} usable {name} patients to train on; {OUTER} outer and {INNER} "
                f"inner folds need at least {needed}"
            )


def _patients_needed() -> int:
    n = OUTER
    while n - -(-n // OUTER) < INNER:
        n += 1
    return n
