"""Tables and matrices in and out: one form for every file that the workflow writes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evigil.errors import UserError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name only when the block succeeds."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text whole or not at all."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def read_table(path: str | Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a TSV of the workflow; an empty cell is missing, nothing else is.

    Names (``sample, patient, feature, marker`` and the columns in `text`) stay text, whatever
    they look like.
    """
    names = ("sample", "patient", "feature", "marker", *text)
    return pd.read_csv(
        path,
        sep="\t",
        keep_default_na=False,
        na_values=[""],
        dtype=dict.fromkeys(names, str),
        float_precision="round_trip",
    )


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a TSV: floats in their shortest exact form, a missing value as an empty cell."""
    booleans = table.select_dtypes("bool").columns
    with whole(path) as part:
        table.astype(dict.fromkeys(booleans, int)).to_csv(
            part, sep="\t", index=False, lineterminator="\n"
        )


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys; a number that is not finite is refused, never written."""
    write_text(
        json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n",
        path,
    )


def read_matrix(path: str | Path) -> pd.DataFrame:
    """Read the values of an ``.h5ad``.

    Returns
    -------
    pandas.DataFrame
        Shape (n_samples, n_features), samples as index, features as columns.

    Raises
    ------
    UserError
        If the file is cut off or damaged.
    """
    import anndata

    try:
        data = anndata.read_h5ad(path)
    except (OSError, KeyError) as error:
        raise UserError(f"{path}: is damaged ({error}); delete it and run again") from None
    return data.to_df()


def write_matrix(
    values: pd.DataFrame,
    stem: str | Path,
    obs: pd.DataFrame | None = None,
    var: pd.DataFrame | None = None,
) -> None:
    """Write a matrix as ``<stem>.h5ad`` and ``<stem>.tsv``.

    Parameters
    ----------
    values
        Shape (n_samples, n_features): samples as index, features as columns.
    stem
        Path without its ending.
    obs, var
        What is known of the samples and of the features, indexed by them.
    """
    import anndata

    data = anndata.AnnData(
        X=values.to_numpy(),
        obs=_annotation(values.index, obs),
        var=_annotation(values.columns, var),
    )
    with whole(f"{stem}.h5ad") as part:
        data.write_h5ad(part, compression="gzip")
    write_table(values.T.rename_axis("feature").reset_index(), f"{stem}.tsv")


def write_sparse(
    layers: dict[str, "csr_matrix"], stem: str | Path, obs: pd.DataFrame, var: pd.DataFrame
) -> None:
    """Write counts as ``<stem>.h5ad`` and ``X`` of them as ``<stem>.tsv``, without a dense copy.

    Parameters
    ----------
    layers
        ``X`` and others: sparse, shape (n_samples, n_features); NaN where missing.
    stem
        Path without its ending.
    obs, var
        What is known of the samples and of the features: a row for each, in the order of `layers`.
    """
    from evigil.h5ad import write_h5ad

    with whole(f"{stem}.h5ad") as part:
        write_h5ad(part, layers, _annotation(obs.index, obs), _annotation(var.index, var))
    by_feature = layers["X"].tocsc()
    with whole(f"{stem}.tsv") as part, part.open("w", encoding="utf-8", newline="\n") as text:
        text.write("\t".join(["feature", *obs.index]) + "\n")
        for i, feature in enumerate(var.index):
            column = by_feature[:, [i]].toarray()[:, 0].tolist()
            text.write("\t".join([feature, *map(_count, column)]) + "\n")


def _count(value: float) -> str:
    return "" if value != value else str(int(value))


def _annotation(names: pd.Index, table: pd.DataFrame | None) -> pd.DataFrame:
    known = pd.DataFrame(index=names) if table is None else table.reindex(names)
    return known.set_axis(names.astype(str).rename(None))
