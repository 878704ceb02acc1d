"""Samples as points: the same as scikit-learn's and as counted one by one."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from evigil.quality.embedding import (
    UMAP,
    UMAP_FROM,
    components,
    mixing,
    silhouette,
    umap_table,
    without,
)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Forty samples of two batches; the second lies off by its own constant for each feature."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(40, 30)) + np.outer(np.arange(40) % 2, rng.normal(0, 2, 30))


@pytest.fixture(scope="module")
def batch() -> pd.Series:
    return pd.Series([f"b{i % 2}" for i in range(40)])


def test_components_are_those_of_a_full_decomposition(values):
    found = components(values)
    peer = PCA(n_components=10, svd_solver="full").fit(values)
    size = np.abs(peer.transform(values))
    np.testing.assert_allclose(np.abs(found.coordinates), size, atol=1e-9)
    np.testing.assert_allclose(found.shares, peer.explained_variance_ratio_, atol=1e-12)
    np.testing.assert_array_equal(components(values).coordinates, found.coordinates)


@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (5, 2), (0, 4), (4, 0)])
def test_too_small_for_components(shape):
    assert components(np.ones(shape)).coordinates.shape == (shape[0], 0)


def test_a_constant_matrix_has_no_components():
    assert components(np.ones((9, 9))).coordinates.shape == (9, 0)


def test_silhouette_and_mixing_are_as_counted(values, batch):
    points = components(values).coordinates
    assert silhouette(points, batch) == silhouette_score(points, batch)
    near = cdist(points, points)
    np.fill_diagonal(near, np.inf)
    others = batch.to_numpy()[np.argsort(near, axis=1)[:, :15]]
    same = (others == batch.to_numpy()[:, None]).mean()
    assert mixing(points, batch) == pytest.approx((1 - same) / (1 - 19 / 39))
    assert mixing(points, batch) < 0.2 and silhouette(points, batch) > 0.2


def test_samples_without_a_level_are_left_out(values, batch):
    points = components(values).coordinates
    partly = batch.mask(batch.index >= 30)
    assert silhouette(points, partly) == silhouette(points[:30], batch[:30])
    assert mixing(points, partly) == mixing(points[:30], batch[:30])


def test_levels_that_cannot_be_compared(values):
    points = components(values).coordinates
    for levels in (["a"] * 40, [f"s{i}" for i in range(40)], [None] * 40):
        assert np.isnan(silhouette(points, pd.Series(levels, dtype=object)))
    assert np.isnan(mixing(points, pd.Series(["a"] * 40)))
    nothing = np.empty((40, 0))
    assert np.isnan(mixing(nothing, pd.Series(["a", "b"] * 20)))


def test_correction_takes_the_batch_and_leaves_the_outcome(values, batch):
    rng = np.random.default_rng(6)
    outcome = ((np.arange(40) + rng.integers(0, 3, 40)) % 3 == 0).astype(float)[:, None]
    shifted = values + outcome * rng.normal(0, 3, 30)
    columns = (batch == "b1").to_numpy(float)[:, None]
    corrected = without(shifted, columns, outcome)
    design = np.column_stack([np.ones(40), columns, outcome])
    before, after = (np.linalg.lstsq(design, v, rcond=None)[0] for v in (shifted, corrected))
    np.testing.assert_allclose(after[1], 0, atol=1e-12)
    np.testing.assert_allclose(after[2], before[2], atol=1e-12)
    np.testing.assert_allclose(corrected.mean(axis=0), shifted.mean(axis=0), atol=1e-12)
    assert mixing(components(corrected).coordinates, batch) > 0.8


def test_what_cannot_be_told_from_the_outcome_stays(values, batch):
    columns = (batch == "b1").to_numpy(float)[:, None]
    np.testing.assert_allclose(without(values, columns, columns), values, atol=1e-12)


def test_nothing_to_remove_and_too_few_samples(values):
    nothing = np.empty((40, 0))
    assert without(values, nothing, nothing) is None
    many = np.random.default_rng(7).normal(size=(40, 20))
    assert without(values, many, nothing) is None


def laid_out(layer: str, n: int) -> pd.DataFrame:
    """Components of two groups of samples that lie far apart."""
    points = np.random.default_rng(n).normal(size=(n, 10))
    points[:, 0] += 30 * (np.arange(n) % 2)
    table = pd.DataFrame(points, columns=[f"pc{i + 1}" for i in range(10)])
    names = [f"s{i:03d}" for i in range(n)]
    return table.assign(layer=layer, correction="none", sample=names, pc1_share=0.9, pc2_share=0.1)


def test_too_few_samples_for_umap():
    table = umap_table(laid_out("smallrna", UMAP_FROM - 1), 1)
    assert table.empty and table.columns.tolist() == UMAP


@pytest.mark.slow
def test_umap_keeps_groups_apart_and_is_the_same_every_time():
    """Compiling takes half a minute."""
    both = pd.concat([laid_out("few", UMAP_FROM - 1), laid_out("smallrna", UMAP_FROM)])
    table = umap_table(both, 1)
    assert table.columns.tolist() == UMAP
    assert set(table["layer"]) == {"smallrna"} and len(table) == UMAP_FROM
    points = table[["umap1", "umap2"]].to_numpy()
    near = cdist(points, points) + np.diag(np.full(UMAP_FROM, np.inf))
    group = np.arange(UMAP_FROM) % 2
    assert (group[near.argmin(axis=1)] == group).all()
    pd.testing.assert_frame_equal(umap_table(both, 1), table)
    assert not np.allclose(umap_table(both, 2)[["umap1", "umap2"]].to_numpy(), points)
