"""Dividing reads that fit several features, and whole numbers that keep the sum."""

import numpy as np
from numpy.typing import NDArray

#: Enough for strong evidence to decide, see `divide`.
ROUNDS = 50


def divide(
    unique: NDArray[np.integer],
    feature: NDArray[np.integer],
    likelihood: NDArray[np.float64],
    count: NDArray[np.integer],
    n_features: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Divide each unique sequence among its features by expectation-maximisation.

    It begins with shares by likelihood alone; each of `ROUNDS` rounds divides again in proportion
    to likelihood times abundance, where the abundance holds the sequences that fit one feature
    only. Strong evidence decides, and a read or two do not: the rounds are few. No chance is in
    it, and the order of the rows decides nothing.

    Parameters
    ----------
    unique, feature
        Pairs, each once, sorted by `unique`, shape (n_pairs,).
    likelihood
        How probable the sequence is in the feature, above 0, up to a factor, shape (n_pairs,).
    count
        Reads or molecules of each unique sequence, shape (n_uniques,).
    n_features
        Number of features.

    Returns
    -------
    weight
        Share of the unique sequence, shape (n_pairs,); sums to 1 over its pairs.
    exclusive
        Reads of the sequences that fit one feature only, shape (n_features,).
    """
    fits = np.bincount(unique, minlength=len(count))[unique]
    shared = fits > 1
    exclusive = np.zeros(n_features, np.int64)
    np.add.at(exclusive, feature[~shared], count[unique[~shared]].astype(np.int64))
    weight = np.ones(len(unique))
    if not shared.any():
        return weight, exclusive
    # only the shared pairs take part in the rounds
    row = np.cumsum(np.r_[True, np.diff(unique[shared]) != 0]) - 1
    columns, column = np.unique(feature[shared], return_inverse=True)
    reads = count[unique[shared]].astype(np.float64)
    evidence = exclusive[columns].astype(np.float64)
    part = probable = likelihood[shared]
    for _ in range(ROUNDS):
        share = part / np.bincount(row, weights=part)[row]
        abundance = evidence + np.bincount(column, weights=share * reads, minlength=len(columns))
        # a feature may fade, but never to nothing: its shares stay defined
        part = probable * np.maximum(abundance, np.finfo(float).tiny ** 0.5)[column]
    weight[shared] = share
    return weight, exclusive


def largest_remainder(
    exact: NDArray[np.float64], group: NDArray[np.integer], totals: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Round to whole numbers that keep the sum of each group.

    Parameters
    ----------
    exact
        Not negative, shape (n,).
    group
        Group of each, shape (n,), from 0.
    totals
        Sum of `exact` in each group, exactly, shape (n_groups,).

    Returns
    -------
    numpy.ndarray
        The parts below rounded down, and one more for the largest remainders of each group
        (ties by position) until its total is reached.
    """
    # a sum of shares may miss a whole number by the last bits of a float
    near = np.round(exact, 6)
    whole = np.floor(near).astype(np.int64)
    missing = totals - np.bincount(group, weights=whole, minlength=len(totals)).astype(np.int64)
    order = np.lexsort((np.arange(len(exact)), -(near - whole), group))
    first = np.searchsorted(group[order], np.arange(len(totals)))
    place = np.arange(len(exact)) - first[group[order]]
    whole[order[place < missing[group[order]]]] += 1
    return whole
