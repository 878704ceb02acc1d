"""The ``.h5ad`` file as anndata writes it, byte for byte, without importing anndata.

The import alone takes longer than all else that a small step does. What these functions do not
know to write, they leave to anndata; a test compares the bytes.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: More column names than this, in bytes, do not fit into the header of a table.
HEADER = 30_000
EMPTY = ("obsm", "varm", "obsp", "varp")


def write_h5ad(
    path: str | Path, layers: dict[str, "csr_matrix"], obs: pd.DataFrame, var: pd.DataFrame
) -> None:
    """Write sparse layers, ``X`` among them, with what is known of their rows and columns.

    Parameters
    ----------
    path
        File to write.
    layers
        Shape (n_samples, n_features).
    obs, var
        A row for each sample and for each feature; the index, of text, has no name.
    """
    tables = {"obs": obs, "var": var}
    columns = {name: _columns(table) for name, table in tables.items()}
    others = {name: matrix for name, matrix in layers.items() if name != "X"}
    if any(found is None for found in columns.values()):
        import anndata

        data = anndata.AnnData(X=layers["X"], obs=obs, var=var, layers=others)
        data.write_h5ad(path, compression="gzip")
        return
    import h5py

    with h5py.File(path, "w") as file:
        _encoded(file, "anndata", "0.1.0")
        _sparse(file, "X", layers["X"])
        for name, table in tables.items():
            _table(file, name, table, columns[name] or {})
        for name in EMPTY:
            _encoded(file.require_group(f"/{name}"), "dict", "0.1.0")
        group = file.require_group("/layers")
        for name, matrix in others.items():
            _sparse(group, name, matrix)
        _encoded(group, "dict", "0.1.0")
        _encoded(file.require_group("/uns"), "dict", "0.1.0")


def _columns(table: pd.DataFrame) -> dict[str, np.ndarray | pd.Categorical] | None:
    """Return the columns as they are stored, or None if anndata must write the table."""
    names = [str(name) for name in table.columns]
    plain = table.index.name is None and list(table.columns) == names and len(table)
    if not plain or len(set(names)) < len(names) or len("".join(names).encode()) > HEADER:
        return None
    if "_index" in names or any("/" in name for name in names):
        return None
    found: dict[str, np.ndarray | pd.Categorical] = {}
    for name in names:
        values = table[name].to_numpy() if isinstance(table[name].dtype, np.dtype) else None
        if values is not None and values.dtype.kind in "iuf":
            found[name] = values
        elif values is not None and pd.api.types.infer_dtype(values) == "string":
            found[name] = _text(values)
        else:
            return None
    return found


def _text(values: np.ndarray) -> np.ndarray | pd.Categorical:
    """Store text that repeats, or is missing somewhere, as categories."""
    from natsort import natsorted

    coded = pd.Categorical(values)
    if len(coded.categories) >= len(coded):
        return values
    return coded.reorder_categories(natsorted(coded.categories))


def _table(
    file: Any, name: str, table: pd.DataFrame, columns: dict[str, np.ndarray | pd.Categorical]
) -> None:
    group = file.create_group(f"/{name}")
    group.attrs["column-order"] = list(columns)
    group.attrs["_index"] = "_index"
    _array(group, "_index", table.index.to_numpy(object))
    for column, values in columns.items():
        if isinstance(values, pd.Categorical):
            inner = group.require_group(f"/{name}/{column}")
            inner.attrs["ordered"] = False
            _array(inner, "codes", values.codes)
            _array(inner, "categories", values.categories.to_numpy(object))
            _encoded(inner, "categorical", "0.2.0")
        else:
            _array(group, column, values)
    _encoded(group, "dataframe", "0.2.0")


def _array(group: Any, name: str, values: np.ndarray) -> None:
    import h5py

    path = f"{group.name}/{name}"
    if values.dtype == object:
        text = h5py.special_dtype(vlen=str)
        group.create_dataset(path, data=values.astype(text), dtype=text, compression="gzip")
        _encoded(group[path], "string-array", "0.2.0")
    else:
        group.create_dataset(
            path, data=values, shape=values.shape, dtype=values.dtype, compression="gzip"
        )
        _encoded(group[path], "array", "0.2.0")


def _sparse(parent: Any, name: str, matrix: "csr_matrix") -> None:
    group = parent.require_group(f"{parent.name.rstrip('/')}/{name}")
    group.attrs["shape"] = matrix.shape
    for part in ("data", "indices", "indptr"):
        values = getattr(matrix, part)
        group.create_dataset(
            part,
            data=values,
            shape=values.shape,
            dtype=values.dtype,
            maxshape=(None,),
            compression="gzip",
        )
    _encoded(group, "csr_matrix", "0.1.0")


def _encoded(element: Any, kind: str, version: str) -> None:
    element.attrs["encoding-type"] = kind
    element.attrs["encoding-version"] = version
