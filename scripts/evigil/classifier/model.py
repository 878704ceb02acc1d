"""The classifier of one training part: everything that is fitted, from values to logits."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.classifier.calibration import Platt
from evigil.classifier.folds import INNER, deal, first_draws, patient_labels, patient_weights
from evigil.classifier.grid import GRID, Candidate, Fits, fit_candidates
from evigil.classifier.layer import COUNTS, SMALLRNA, Layer
from evigil.classifier.log_model import LogPipeline, LogPreparation
from evigil.errors import UserError

Floats = NDArray[np.float64]


class Preparation:
    """Counts to standardised values: detection filter, frozen normalisation, scaling.

    Attributes
    ----------
    filter_, normalise_, scale_
        The fitted steps; ``normalise_`` and ``scale_`` know the kept features only.
    """

    def fit_transform(self, counts: Floats, weights: Floats, names: NDArray) -> Floats:
        """Fit on training samples and return their values.

        Parameters
        ----------
        counts
            Shape (n_samples, n_features).
        weights, names
            Of the samples, shape (n_samples,).
        """
        from sklearn.preprocessing import StandardScaler

        from evigil.matrix.filter import DetectionFilter
        from evigil.matrix.normalise import MedianOfRatios

        self.filter_ = DetectionFilter().fit(counts, sample_weight=weights)
        kept = counts[:, self.filter_.support_]
        _require_counts(kept, names)
        self.normalise_ = MedianOfRatios().fit(kept, sample_weight=weights)
        values = self.normalise_.transform(kept)
        self.scale_ = StandardScaler().fit(values, sample_weight=weights)
        return self.scale_.transform(values)

    def transform(self, counts: Floats, names: NDArray) -> Floats:
        """Return standardised values of the kept features, shape (n_samples, n_kept)."""
        kept = counts[:, self.filter_.support_]
        _require_counts(kept[:, _reference(self.normalise_)], names)
        return self.scale_.transform(self.normalise_.transform(kept))

    def pipeline(self, classify: Any, calibrate: Platt) -> "LockedPipeline":
        """Return these steps and those after them as one."""
        return LockedPipeline(self.normalise_, self.scale_, classify, calibrate)


class LockedPipeline:
    """Counts of the model's own features to calibrated logits; fitted, and then never again.

    Attributes
    ----------
    normalise_, scale_, classify_, calibrate_
        `MedianOfRatios`, scikit-learn's ``StandardScaler`` and ``LogisticRegression``, `Platt`.
    """

    def __init__(self, normalise: Any, scale: Any, classify: Any, calibrate: Platt) -> None:
        self.normalise_ = normalise
        self.scale_ = scale
        self.classify_ = classify
        self.calibrate_ = calibrate

    def decision_function(self, counts: Floats) -> Floats:
        """Score samples.

        Parameters
        ----------
        counts
            Of the model's features in their order, shape (n_samples, n_features).

        Returns
        -------
        numpy.ndarray
            Calibrated logits, shape (n_samples,); missing for a sample that was not supplied with
            all features, or without a count in those by which depth is judged.
        """
        logits = np.full(len(counts), np.nan)
        scorable = (counts[:, _reference(self.normalise_)] > 0).any(axis=1)
        scorable &= ~np.isnan(counts).any(axis=1)
        if scorable.any():
            values = self.scale_.transform(self.normalise_.transform(counts[scorable]))
            raw = self.classify_.decision_function(values)
            logits[scorable] = self.calibrate_.transform(raw)
        return logits


class Fitted(NamedTuple):
    """A fitted model and what its inner folds say about it."""

    pipeline: LockedPipeline | LogPipeline
    features: pd.Index
    candidate: Candidate
    inner_log_loss: Floats  # of every candidate of the grid
    control_scores: Floats  # calibrated inner out-of-fold logits, one per distinct control

    def score(self, counts: pd.DataFrame) -> Floats:
        """Return calibrated logits, shape (n_samples,); as `LockedPipeline.decision_function` does.

        Parameters
        ----------
        counts
            Shape (n_samples, n_features), with all features of the model.
        """
        return self.pipeline.decision_function(counts[self.features].to_numpy(float))


def fit_model(
    counts: pd.DataFrame, rows: pd.DataFrame, seed: list[int], layer: Layer = SMALLRNA
) -> Fitted:
    """Choose, fit and calibrate the default model on one training part.

    Parameters
    ----------
    counts
        Shape (n_samples, n_features), on the layer's scale; only the samples of `rows` are looked
        at.
    rows
        Columns ``sample, patient, label`` (0 or 1), sorted by sample.
    seed
        Words of the seed of the inner folds.
    layer
        What the values are.

    Raises
    ------
    UserError
        If the detection filter leaves no feature, or a sample has no count in the features by
        which depth is judged, or too few log2 values.
    """
    values = counts.loc[rows["sample"]].to_numpy(float)
    labels = rows["label"].to_numpy(float)
    patients = rows["patient"].to_numpy(str)
    weights = patient_weights(patients)
    n_patients = len(np.unique(patients))
    fold = deal(patient_labels(rows), INNER, seed).loc[patients].to_numpy()

    def prepare() -> Preparation | LogPreparation:
        return Preparation() if layer.scale == COUNTS else LogPreparation(layer, counts.columns)

    out_of_fold = np.empty((len(rows), len(GRID)))
    for k in range(INNER):
        train = fold != k
        prepared = prepare()
        fits = _fit_part(prepared, values[train], rows[train], GRID, n_patients)
        test = prepared.transform(values[~train], rows["sample"].to_numpy(str)[~train])
        out_of_fold[~train] = fits.decision(test)
    loss = np.average(
        np.logaddexp(0, out_of_fold) - labels[:, None] * out_of_fold, axis=0, weights=weights
    )
    best = int(np.argmin(loss))
    calibrate = Platt().fit(out_of_fold[:, best], labels, weights)

    prepared = prepare()
    fits = _fit_part(prepared, values, rows, (GRID[best],), n_patients)
    pipeline = prepared.pipeline(_as_scikit_learn(fits, GRID[best]), calibrate)
    controls = labels == 0
    own = first_draws(patients[controls])
    return Fitted(
        pipeline,
        counts.columns[prepared.filter_.support_],
        GRID[best],
        loss,
        calibrate.transform(out_of_fold[controls, best][own]),
    )


def _fit_part(
    prepared: Preparation | LogPreparation,
    counts: Floats,
    rows: pd.DataFrame,
    candidates: tuple[Candidate, ...],
    total_weight: float,
) -> Fits:
    """Fit one part and its preparation; its weights add up to that of the whole training part.

    With the same C and fewer samples an inner model would be shrunken more than the one that is
    fitted to all: its out-of-fold scores would spread less, and threshold and calibration, which
    are taken from them, would be too narrow for the scores that they judge.
    """
    weights = patient_weights(rows["patient"].to_numpy(str))
    values = prepared.fit_transform(counts, weights, rows["sample"].to_numpy(str))
    labels = rows["label"].to_numpy(float)
    return fit_candidates(values, labels, weights * (total_weight / weights.sum()), candidates)


def _reference(normalise: Any) -> NDArray[np.bool_]:
    """Return by which features the normalisation judges a sample's depth."""
    return np.isfinite(normalise.log_reference_)


def _require_counts(counts: Floats, names: NDArray) -> None:
    empty = names[~(counts > 0).any(axis=1)]
    if len(empty):
        raise UserError(
            f"sample {', '.join(empty)} has no count in the features by which depth is judged; "
            "fail it in its gate"
        )


def _as_scikit_learn(fits: Fits, candidate: Candidate) -> Any:
    """Store a single fit as the scikit-learn model that it is a solution of."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=candidate.C, l1_ratio=candidate.l1_ratio, solver="saga")
    model.classes_ = np.array([0, 1])
    model.coef_ = np.ascontiguousarray(fits.coef.T)
    model.intercept_ = fits.intercept
    model.n_features_in_ = model.coef_.shape[1]
    model.n_iter_ = np.array([0], dtype=np.int32)
    return model
