"""What is written without anndata is what anndata writes, to the last byte."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from evigil.h5ad import write_h5ad

COUNTS = sparse.csr_matrix(np.array([[1, 0, 3, 0], [0, 5, 0, 0], [7, 0, 0, 9]]))
LAYERS = {"X": COUNTS, "exact": COUNTS * 0.5, "exclusive": COUNTS.astype(float) * np.nan}
OBS = {
    "all_differ": ["a", "b", "c"],
    "repeats": ["s10", "s9", "s10"],
    "one_is_missing": ["x", None, "y"],
    "not_a_number": ["é", np.nan, "é"],
    "whole": np.array([1, 2, 3]),
    "small": np.array([1, 2, 3], np.int8),
    "real": [0.5, np.nan, 2],
}
LEFT_TO_ANNDATA = {
    "truth": [True, False, True],
    "nothing": [np.nan, np.nan, np.nan],
    "categories": pd.Categorical(["a", "b", "a"]),
}
VAR = pd.DataFrame({"biotype": ["miRNA"] * 3 + ["tRNA"]}, index=["f1", "f10", "f2", "f3"])


def both(tmp_path, obs, var=VAR, rows=slice(None)):
    layers = {name: matrix[rows] for name, matrix in LAYERS.items()}
    obs = pd.DataFrame(obs, index=["s1", "s2", "s3"])[rows]
    write_h5ad(tmp_path / "ours.h5ad", layers, obs.copy(), var.copy())
    others = {name: layers[name] for name in ("exact", "exclusive")}
    data = anndata.AnnData(X=layers["X"], obs=obs.copy(), var=var.copy(), layers=others)
    data.write_h5ad(tmp_path / "theirs.h5ad", compression="gzip")
    return [(tmp_path / f"{name}.h5ad").read_bytes() for name in ("ours", "theirs")]


@pytest.mark.parametrize("column", OBS)
def test_each_kind_of_column_is_the_same_bytes(tmp_path, column):
    ours, theirs = both(tmp_path, {column: OBS[column]})
    assert ours == theirs


@pytest.mark.parametrize("rows", [slice(None), slice(1)], ids=["cohort", "one sample"])
def test_a_table_of_all_kinds_is_the_same_bytes(tmp_path, rows):
    ours, theirs = both(tmp_path, {k: v for k, v in OBS.items() if k[0] != "o"}, rows=rows)
    assert ours == theirs


@pytest.mark.parametrize("column", LEFT_TO_ANNDATA)
def test_other_columns_are_left_to_anndata(tmp_path, column):
    ours, theirs = both(tmp_path, OBS | {column: LEFT_TO_ANNDATA[column]})
    assert ours == theirs


def test_without_columns(tmp_path):
    ours, theirs = both(tmp_path, {}, VAR[[]])
    assert ours == theirs


def test_anndata_reads_it(tmp_path):
    both(tmp_path, OBS)
    data = anndata.read_h5ad(tmp_path / "ours.h5ad")
    assert (data.X.toarray() == COUNTS.toarray()).all()
    assert (data.layers["exact"].toarray() == COUNTS.toarray() / 2).all()
    assert data.obs["repeats"].cat.categories.tolist() == ["s9", "s10"]
    assert data.obs["one_is_missing"].isna().tolist() == [False, True, False]
    assert data.var_names.tolist() == ["f1", "f10", "f2", "f3"]
