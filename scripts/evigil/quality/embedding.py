"""Samples as points: components by scanpy, and whether the levels of a covariate lie apart there.

For the eye only: nothing is fitted on what is corrected here, and no stored matrix holds it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.quality.partition import SAMPLES_PER_PARAMETER
from evigil.stats.least_squares import decompose

COMPONENTS = 10
NEIGHBOURS = 15
# Fewer samples are seen as well on two components (the contract's number).
UMAP_FROM = 100
UMAP = ["layer", "correction", "sample", "umap1", "umap2"]

Floats = NDArray[np.float64]


class Points(NamedTuple):
    """Samples on principal components.

    Attributes
    ----------
    coordinates
        Shape (n_samples, k), k at most 10.
    shares
        Share of the variance of each, shape (k,).
    """

    coordinates: Floats
    shares: Floats


def components(values: Floats, seed: int = 0) -> Points:
    """Return principal components of complete values, shape (n_samples, n_features).

    Fewer than 3 samples or 3 features have none.
    """
    number = min(COMPONENTS, *(size - 1 for size in values.shape))
    if number < 2 or not (values.std(axis=0) > 0).any():
        return Points(np.empty((len(values), 0)), np.empty(0))
    import anndata
    import scanpy

    data = anndata.AnnData(np.ascontiguousarray(values))
    scanpy.pp.pca(data, n_comps=number, svd_solver="arpack", random_state=seed, dtype="float64")
    return Points(data.obsm["X_pca"], data.uns["pca"]["variance_ratio"])


def without(values: Floats, removed: Floats, kept: Floats) -> Floats | None:
    """Take the part that a model gives to some columns away, as limma's removeBatchEffect.

    Parameters
    ----------
    values
        Complete, shape (n, m).
    removed
        Columns of what goes, shape (n, p).
    kept
        Columns of what stays, shape (n, q). What of `removed` repeats them stays too.

    Returns
    -------
    numpy.ndarray or None
        None where there is nothing to remove, or there are fewer than 2 samples for each parameter.
    """
    design = np.column_stack([np.ones(len(values)), kept, removed])
    if not removed.shape[1] or len(values) < SAMPLES_PER_PARAMETER * design.shape[1]:
        return None
    independent = next(decompose(design[None])).kept
    places = np.flatnonzero(independent)
    coefficients = np.linalg.lstsq(design[:, places], values, rcond=None)[0]
    going = places > kept.shape[1]
    part = design[:, places[going]] @ coefficients[going]
    return values - (part - part.mean(axis=0))


def silhouette(points: Floats, levels: pd.Series) -> float:
    """Return the mean silhouette of a category's levels: 1 apart, 0 or less together.

    Nan unless there are at least two levels, and one of them has two samples.
    """
    from sklearn.metrics import silhouette_score

    known = levels.notna().to_numpy()
    own, number = levels[known], levels.nunique()
    if not points.shape[1] or not 2 <= number < len(own):
        return float("nan")
    return float(silhouette_score(points[known], pd.factorize(own, sort=True)[0]))


def mixing(points: Floats, levels: pd.Series) -> float:
    """Return how well levels mix among nearest neighbours: 1 as by chance, 0 wholly apart.

    It is (1 − observed)/(1 − expected) of the share of a sample's 15 nearest neighbours (all others
    if there are fewer) that have its level (ours).
    """
    from sklearn.neighbors import NearestNeighbors

    known = levels.notna().to_numpy()
    own, number = levels[known], levels.nunique()
    n = len(own)
    if not points.shape[1] or number < 2 or n < 3:
        return float("nan")
    codes = pd.factorize(own, sort=True)[0]
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS, n - 1)).fit(points[known])
    observed = (codes[near.kneighbors(return_distance=False)] == codes[:, None]).mean()
    sizes = np.bincount(codes)
    expected = (sizes * (sizes - 1)).sum() / (n * (n - 1))
    return float((1 - observed) / (1 - expected))


def umap_table(components: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return UMAP's coordinates of every layer that has enough samples.

    Parameters
    ----------
    components
        ``quality/components.tsv``.
    seed
        Of the configuration: UMAP begins at random.

    Returns
    -------
    pandas.DataFrame
        ``quality/umap.tsv``: ``layer, correction, sample, umap1, umap2``; layers with fewer than
        100 usable samples have no row.
    """
    tables = []
    for _, rows in components.groupby(["layer", "correction"]):
        if len(rows) < UMAP_FROM:
            continue
        own = rows.filter(regex=r"^pc\d+$").dropna(axis=1)
        points = pd.DataFrame(umap(own.to_numpy(float), seed), columns=UMAP[3:])
        points[UMAP[:3]] = rows[UMAP[:3]].to_numpy()
        tables.append(points[UMAP])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=UMAP)


def umap(points: Floats, seed: int) -> Floats:
    """Return two coordinates of each sample by UMAP on its components, shape (n_samples, 2).

    The first call of a process compiles for half a minute.
    """
    import anndata
    import scanpy

    data = anndata.AnnData(np.zeros((len(points), 1)), obsm={"X_pca": points})
    scanpy.pp.neighbors(
        data, n_neighbors=NEIGHBOURS, use_rep="X_pca", random_state=seed, method="umap"
    )
    scanpy.tl.umap(data, random_state=seed)
    return np.asarray(data.obsm["X_umap"], dtype=np.float64)
