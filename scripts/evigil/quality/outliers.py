"""How far a sample's profile lies from those of the quality reference, in one frozen number.

The reference's principal components are fitted once; a sample is then measured by what was frozen
and by nothing else, so that it has alone the distance that it has in a cohort.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.quality.limits import MAD_TO_SD, MINIMUM_REFERENCE

Floats = NDArray[np.float64]

# Ours, all of them: shares of the reference that a feature must be detected in, and of the
# features that a sample must be supplied with; features at most, fewest that make a profile,
# components at most, and reference samples for each of these.
DETECTED, SUPPLIED = 0.75, 0.5
MOST_FEATURES, FEWEST_FEATURES = 300, 20
MOST_COMPONENTS, SAMPLES_PER_COMPONENT = 5, 10
FOLDS = 10
# Counts per million added before the logarithm: below this a shallow library holds chance alone.
PRIOR = 10.0
# Deviations beyond this many robust SDs do not draw a component towards themselves.
CLIPPED = 3.0
# A feature that hardly varies in the reference would decide every distance.
LEAST_SPREAD = 0.25

#: By layer; of layers that are not named here distances are not judged.
METRIC = {"smallrna": "outlier_distance", "proteomics": "protein_outlier_distance"}

Scale = Literal["counts", "log2"]


class Outliers(NamedTuple):
    """What is frozen, and how far each reference sample lies from the others.

    Attributes
    ----------
    frozen
        Ready for JSON: ``n, note, scale, features, share, centre, spread, components,
        score_centre, score_spread, off_centre, off_spread``; where there is nothing to compare
        with, ``features`` is empty and ``note`` says why.
    held_out
        Distance of each reference sample by a fit on the nine tenths that it is not in: what a
        sample that nothing was fitted on has. The limit is fitted on these.
    """

    frozen: dict[str, Any]
    held_out: pd.Series


class _Scores(NamedTuple):
    """Where samples lie: on the components, (n, k), and off them, (n,)."""

    on: Floats
    off: Floats


def fit_outliers(
    values: pd.DataFrame, reference_samples: Iterable[str], scale: Scale = "counts"
) -> Outliers:
    """Freeze the profiles of the quality reference; labels are not seen.

    Features are centred and scaled by median and median absolute deviation, components found in
    what is then clipped at 3, and the scores on them again scaled by median and
    median absolute deviation [as PCOut does, doi:10.1016/j.csda.2007.05.018]: a few odd samples in
    the reference do not hide themselves, and nothing is drawn at random.

    Parameters
    ----------
    values
        Counts, or log2 values, shape (n_samples, n_features); NaN where not supplied or missing.
    reference_samples
        Those that are fitted on; the others change nothing.
    scale
        ``counts`` become log2 of counts per million of the features kept.
    """
    chosen = sorted(set(reference_samples) & set(values.index))
    known = values.loc[chosen]
    components = len(chosen) // SAMPLES_PER_COMPONENT
    frozen = _freeze(known, scale, components if len(chosen) >= MINIMUM_REFERENCE else 0)
    held_out = outlier_distances(known, frozen)
    if frozen["features"]:
        fold = np.arange(len(chosen)) % FOLDS
        for i in range(FOLDS):
            others = _freeze(known[fold != i], scale, len(frozen["components"]))
            held_out[fold == i] = outlier_distances(known[fold == i], others)
    return Outliers(frozen, held_out)


def outlier_metrics(distances: pd.Series, layer: str) -> pd.DataFrame:
    """Bring distances into the form of the gates: ``sample, layer, metric, numerator, …``."""
    table = pd.DataFrame({"sample": distances.index, "layer": layer, "metric": METRIC[layer]})
    return table.assign(numerator=distances.to_numpy(float), denominator=np.nan, detail="")


def _freeze(known: pd.DataFrame, scale: Scale, components: int) -> dict[str, Any]:
    from scipy.linalg import eigh

    n = len(known)
    frozen: dict[str, Any] = {"n": n, "scale": scale, "note": "", "features": []}
    if not components:
        few = f"fewer than {MINIMUM_REFERENCE}"
        return frozen | {"note": f"the quality reference has {n} samples, {few}"}
    known = known[_kept(known, scale)]
    if known.shape[1] < FEWEST_FEATURES:
        few = f"{known.shape[1]} features are in {DETECTED:.0%} of the quality reference"
        return frozen | {"note": f"{few}, fewer than {FEWEST_FEATURES}"}
    x = np.ascontiguousarray(known.to_numpy(float))
    share = _share(x) if scale == "counts" else None
    centre, spread = _robust(_logs(x, share))
    spread = np.maximum(spread, LEAST_SPREAD)
    z = _standardised(x, share, centre, spread)
    clipped = np.clip(z, -CLIPPED, CLIPPED)
    first = z.shape[1] - min(components, MOST_COMPONENTS)
    # far quicker than singular values: the largest of few features, whatever the samples
    axes = eigh(clipped.T @ clipped, subset_by_index=[first, z.shape[1] - 1])[1].T[::-1]
    axes = _signed(axes)
    scores = _project(z, axes)
    score_centre, score_spread = _robust(scores.on)
    off_centre, off_spread = _robust(scores.off[:, None])
    if not (score_spread > 0).all() or off_spread[0] <= 0:
        return frozen | {"note": "most samples of the quality reference are equal"}
    return frozen | {
        "features": known.columns.tolist(),
        "share": None if share is None else share.tolist(),
        "centre": centre.tolist(),
        "spread": spread.tolist(),
        "components": axes.tolist(),
        "score_centre": score_centre.tolist(),
        "score_spread": score_spread.tolist(),
        "off_centre": float(off_centre[0]),
        "off_spread": float(off_spread[0]),
    }


def outlier_distances(values: pd.DataFrame, frozen: Mapping[str, Any]) -> pd.Series:
    """Measure samples by what was frozen, each by itself.

    The distance is that of Mahalanobis on the components, with how far a sample lies off all of
    them as one coordinate more that counts only when it is large (ours): what the reference has no
    component for is seen too.

    Parameters
    ----------
    values
        As for `fit_outliers`; features that were not frozen are not looked at.
    frozen
        As `fit_outliers` returns it.

    Returns
    -------
    pandas.Series
        ``outlier_distance``, indexed as `values`: in robust SDs of the reference, about the square
        root of the number of components for a usual sample; NaN where a sample has less than half
        of the features, or no count, or where nothing could be frozen.
    """
    distance = pd.Series(np.nan, index=values.index, name="outlier_distance")
    if not frozen["features"] or values.empty:
        return distance
    x = np.ascontiguousarray(values.reindex(columns=frozen["features"]).to_numpy(float))
    share = None if frozen["share"] is None else np.array(frozen["share"])
    enough = (~np.isnan(x)).mean(axis=1) >= SUPPLIED
    if share is not None:
        enough &= np.nansum(x, axis=1) > 0
    arrays = ("centre", "spread", "components", "score_centre", "score_spread")
    centre, spread, components, score_centre, score_spread = (np.array(frozen[a]) for a in arrays)
    scores = _project(_standardised(x[enough], share, centre, spread), components)
    on = (((scores.on - score_centre) / score_spread) ** 2).sum(axis=1)
    off = np.maximum((scores.off - frozen["off_centre"]) / frozen["off_spread"], 0.0)
    distance[enough] = np.sqrt(on + off**2)
    return distance


def _kept(known: pd.DataFrame, scale: Scale) -> pd.Index:
    """Choose the features to compare by: detected in most of the reference, the highest first."""
    present = known > 0 if scale == "counts" else known.notna()
    kept = present.mean() >= DETECTED
    if scale == "counts":  # a source that lacks a feature says nothing of how often it is there
        kept &= known.notna().all()
    level = known.loc[:, kept].median()
    highest = level.rename_axis("feature").reset_index(name="level")
    highest = highest.sort_values(["level", "feature"], ascending=[False, True])
    return pd.Index(sorted(highest["feature"][:MOST_FEATURES]))


def _share(counts: Floats) -> Floats:
    """Return the usual share of each feature: what a sample that lacks some has of the others."""
    total = counts.sum(axis=1, keepdims=True)
    share = np.median(counts / np.maximum(total, 1.0), axis=0)
    return share / share.sum()


def _logs(x: Floats, share: Floats | None) -> Floats:
    """Bring counts to log2 of counts per million; other values are that already."""
    if share is None:
        return x
    return np.log2(x * (1e6 / _depth(x, share)) + PRIOR)


def _depth(x: Floats, share: Floats) -> Floats:
    """Return each sample's reads, as if it had been supplied with all features; (n, 1)."""
    expected = (~np.isnan(x) * share).sum(axis=1, keepdims=True)
    return np.maximum(np.nansum(x, axis=1, keepdims=True), 1.0) / np.maximum(expected, 1e-12)


def _noise(x: Floats, share: Floats | None, centre: Floats) -> Floats:
    """Return what counting alone adds to the variance of the logs: much in shallow libraries."""
    if share is None:
        return np.zeros(1)
    per_read = 1e6 / _depth(x, share)
    level = np.maximum(np.exp2(centre) - PRIOR, 0.0)
    # by the delta method, of a Poisson count whose mean is the reference's level at this depth
    return level * per_read / ((level + PRIOR) * np.log(2)) ** 2


def _robust(x: Floats) -> tuple[Floats, Floats]:
    centre = np.nanmedian(x, axis=0)
    return centre, MAD_TO_SD * np.nanmedian(np.abs(x - centre), axis=0)


def _standardised(x: Floats, share: Floats | None, centre: Floats, spread: Floats) -> Floats:
    """Put a missing value where it says nothing: at the reference's median."""
    z = (_logs(x, share) - centre) / np.sqrt(spread**2 + _noise(x, share, centre))
    return np.where(np.isnan(z), 0.0, z)


def _signed(components: Floats) -> Floats:
    """Make the largest loading of each component positive: its sign is nobody's choice."""
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return components * signs[:, None]


def _project(z: Floats, components: Floats) -> _Scores:
    # sums in one order whatever the number of samples: a sample alone has the same bytes
    on = np.einsum("ij,kj->ik", z, components, optimize=False)
    rest = z - np.einsum("ik,kj->ij", on, components, optimize=False)
    return _Scores(on, np.log(np.sqrt((rest**2).sum(axis=1)) + 1e-9))
