"""ROC analysis; a sample is positive where its score is *above* the threshold."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Share of case-control pairs in which the case scores higher; a tie counts half.

    Parameters
    ----------
    labels
        1 for a case, 0 for a control, shape (n,).
    scores
        Higher speaks for a case, shape (n,).

    Returns
    -------
    float
        nan when one of the classes is empty.

    Raises
    ------
    ValueError
        If a label is not 0 or 1, or a score is not a number.

    References
    ----------
    Bamber (1975), doi:10.1016/0022-2496(75)90001-2
    """
    case, score = _checked(labels, scores)
    n1, n0 = int(case.sum()), int((~case).sum())
    if n1 == 0 or n0 == 0:
        return np.nan
    return float((rankdata(score)[case].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def within_fold_auc(labels: ArrayLike, scores: ArrayLike, folds: ArrayLike) -> float:
    """Share of correctly ordered case-control pairs among those inside one fold.

    Scores of different folds come from different models and are not compared.

    Parameters
    ----------
    labels, scores
        As in `auc`.
    folds
        The fold in which each row was tested, shape (n,).

    Returns
    -------
    float
        nan when no fold holds both classes.
    """
    once = np.ones((1, np.size(folds)))
    return float(within_fold_auc_weighted(labels, scores, folds, once)[0])


def within_fold_auc_weighted(
    labels: ArrayLike, scores: ArrayLike, folds: ArrayLike, weights: ArrayLike
) -> Floats:
    """`within_fold_auc` for many weightings of the rows at once.

    Parameters
    ----------
    labels, scores, folds
        As in `within_fold_auc`, shape (n,).
    weights
        Shape (m, n): how often a row is in a resample (`patient_multiplicities`), or its share of
        its patient; a pair weighs the product of its rows' weights.

    Returns
    -------
    numpy.ndarray
        Shape (m,); nan where no pair is left.
    """
    case, score = _checked(labels, scores)
    fold = np.asarray(folds)
    weight = np.asarray(weights, float)
    ordered = np.zeros(len(weight))
    pairs = np.zeros(len(weight))
    for name in np.unique(fold):
        cases = np.flatnonzero((fold == name) & case)
        controls = np.flatnonzero((fold == name) & ~case)
        high, low = score[cases, None], score[None, controls]
        wins = (high > low) + 0.5 * (high == low)
        ordered += ((weight[:, cases] @ wins) * weight[:, controls]).sum(axis=1)
        pairs += weight[:, cases].sum(axis=1) * weight[:, controls].sum(axis=1)
    return np.divide(ordered, pairs, out=np.full(len(weight), np.nan), where=pairs > 0)


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Rates at every threshold that the scores can tell apart.

    Parameters
    ----------
    labels, scores
        As in `auc`; both classes must be there.

    Returns
    -------
    false_positive_rate, true_positive_rate, thresholds
        Shape (n_distinct_scores + 1,), from (0, 0) at the highest score to (1, 1) at -inf;
        thresholds fall, and a sample is positive where its score is above.

    Raises
    ------
    ValueError
        If a class is empty.
    """
    from sklearn.metrics import roc_curve as curve

    case, score = _checked(labels, scores)
    if case.all() or not case.any():
        raise ValueError("a ROC curve needs cases and controls")
    false_positive, true_positive, at_least = curve(case, score, drop_intermediate=False)
    # scikit-learn calls `score >= threshold` positive: the same points, one threshold further on.
    return false_positive, true_positive, np.append(at_least[1:], -np.inf)


def delong(labels: ArrayLike, scores: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """AUC with DeLong's interval, cut to [0, 1].

    Parameters
    ----------
    labels, scores
        As in `auc`: independent samples scored by a model that none of them trained.

    Returns
    -------
    auc, low, high
        The bounds are nan with fewer than two samples in a class. With perfect separation the
        estimated variance is 0 and the interval is a point, as in pROC.

    References
    ----------
    DeLong et al. (1988), doi:10.2307/2531595; Sun and Xu (2014), doi:10.1109/LSP.2014.2337313
    """
    case, score = _checked(labels, scores)
    area = auc(case, score)
    if min(case.sum(), (~case).sum()) < 2:
        return area, np.nan, np.nan
    reach = ndtri((1 + level) / 2) * np.sqrt(_variance_of_mean(*_placements(case, score)))
    return area, float(max(area - reach, 0)), float(min(area + reach, 1))


def delong_paired(labels: ArrayLike, a: ArrayLike, b: ArrayLike) -> tuple[float, float]:
    """Difference of two AUCs on the same samples, with DeLong's two-sided test.

    Parameters
    ----------
    labels
        As in `auc`.
    a, b
        Two scores of the same samples, shape (n,).

    Returns
    -------
    difference, p
        AUC of `a` minus AUC of `b`. p is 1 when the two order all pairs alike, nan when the
        difference has no variance to be judged by.

    References
    ----------
    DeLong et al. (1988), doi:10.2307/2531595; Sun and Xu (2014), doi:10.1109/LSP.2014.2337313
    """
    case, score_a = _checked(labels, a)
    _, score_b = _checked(labels, b)
    difference = auc(case, score_a) - auc(case, score_b)
    if min(case.sum(), (~case).sum()) < 2:
        return difference, np.nan
    cases_a, controls_a = _placements(case, score_a)
    cases_b, controls_b = _placements(case, score_b)
    variance = _variance_of_mean(cases_a - cases_b, controls_a - controls_b)
    if variance <= 1e-24:  # what rounding leaves of zero
        return difference, 1.0 if difference == 0 else np.nan
    return difference, float(2 * ndtr(-abs(difference) / np.sqrt(variance)))


def _placements(case: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """Share of controls below each case and of cases above each control, in O(n log n)."""
    rank = rankdata(score)
    n1, n0 = case.sum(), (~case).sum()
    below = (rank[case] - rankdata(score[case])) / n0
    above = 1 - (rank[~case] - rankdata(score[~case])) / n1
    return below, above


def _variance_of_mean(cases: Floats, controls: Floats) -> float:
    return float(cases.var(ddof=1) / len(cases) + controls.var(ddof=1) / len(controls))


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    label = np.asarray(labels, float)
    score = np.asarray(scores, float)
    if label.ndim != 1 or label.shape != score.shape:
        raise ValueError(
            f"labels and scores must be as long as each other: {label.shape}, {score.shape}"
        )
    if not np.isin(label, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    if np.isnan(score).any():
        raise ValueError("a score is missing")
    return label == 1, score
