"""Feature tables in an ``.h5ad``: names without the values, and the values."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evigil.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def names_in_h5ad(path: str | Path) -> tuple[list[str], list[str]]:
    """Return the names of the observations and of the variables, without reading the values.

    Raises
    ------
    UserError
        If the file is missing or no ``.h5ad``.
    """
    import h5py

    _check(Path(path))
    try:
        with h5py.File(path) as data:
            return _index(data["obs"]), _index(data["var"])
    except (OSError, KeyError, AttributeError):
        raise UserError(f"{path}: is not an .h5ad file as anndata writes it") from None


def _index(group: Any) -> list[str]:
    return [str(name) for name in group[group.attrs["_index"]].asstr()[:]]


def values_in_h5ad(path: str | Path) -> "tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]":
    """Return ``X`` (observations x variables), ``obs`` and ``var``.

    Raises
    ------
    UserError
        If the file is missing, no ``.h5ad``, or without numbers in ``X``.
    """
    names_in_h5ad(path)
    import anndata

    try:
        data = anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as .h5ad ({type(error).__name__})") from None
    if data.X is None or data.X.dtype.kind not in "iuf":
        raise UserError(f"{path}: has no numbers in X")
    table = data.to_df()
    kind = "int64" if data.X.dtype.kind == "i" else "float64"
    return table.astype(kind), data.obs, data.var


def _check(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if not path.stat().st_size:
        raise UserError(f"{path}: the file is empty")
