"""Tables and matrices in and out: one form for every file that the workflow writes."""

import io
import json
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evigil.errors import UserError
from evigil.intact import is_result, remember, require_intact

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy.sparse import csr_matrix

#: Features of a sparse matrix that are written at once: as many as are dense in memory.
FEATURES = 100


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name only when the block succeeds.

    The temporary name is the process's own: a job of a run that was killed may live on for a while
    and write the same file.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_parts_of_the_dead(target.parent)
    part = target.with_name(f".{target.name}@{platform.node()}.{os.getpid()}.part")
    try:
        yield part
        remember(target, part)
        part.replace(target)
    except OSError as error:
        # a disk that fills up while a file is written names no file
        error.filename = error.filename or str(target)
        raise
    finally:
        part.unlink(missing_ok=True)


@cache
def _remove_parts_of_the_dead(folder: Path) -> None:
    """Remove what processes of this machine that were killed have left half-written."""
    part = re.compile(rf"\..+@{re.escape(platform.node())}\.(\d+)\.part")
    for left in folder.iterdir():
        found = part.fullmatch(left.name)
        if found and not _alive(int(found[1])):
            left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def require_writable(folder: str | Path) -> None:
    """Refuse a folder that cannot be written, or made, before any work.

    Raises
    ------
    UserError
        If the file system is read-only, or somebody else's.
    """
    place = Path(folder)
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        raise UserError(
            f"{folder}: cannot be written (read-only, or no permission for {place}); make it "
            "writable, or run elsewhere with --directory"
        )


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text whole or not at all."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def read_table(path: str | Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a TSV of the workflow; an empty cell is missing, nothing else is.

    Names (``sample, patient, feature, marker`` and the columns in `text`) stay text, whatever
    they look like.

    Raises
    ------
    UserError
        If a result is not what was written.
    """
    require_intact(path)
    names = ("sample", "patient", "feature", "marker", *text)
    with _damage_in_one_line(path):
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
    """Read a JSON file.

    Raises
    ------
    UserError
        If a result is not what was written.
    """
    require_intact(path)
    with _damage_in_one_line(path):
        return json.loads(Path(path).read_text(encoding="utf-8"))


@contextmanager
def _damage_in_one_line(path: str | Path) -> Iterator[None]:
    """Say of a result that cannot be read what to do; it has no record where results were copied.

    Of a file of the user's the caller says what it should be.
    """
    try:
        yield
    except ValueError as error:
        if not is_result(path):
            raise
        why = " ".join(str(error).split())
        raise UserError(f"{path}: is damaged ({why}); delete it and run again") from error


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
        If the file is cut off or damaged, or a result is not what was written.
    """
    values: pd.DataFrame = read_annotated(path).to_df()
    return values


def read_annotated(path: str | Path) -> "AnnData":
    """Read an ``.h5ad`` whole.

    Raises
    ------
    UserError
        If the file is cut off or damaged, or a result is not what was written.
    """
    import anndata

    require_intact(path)
    try:
        return anndata.read_h5ad(path)
    except MemoryError:
        raise
    except Exception as error:  # a damaged byte may be a type, a name or a length to the reader
        why = " ".join(str(error).split())
        raise UserError(f"{path}: is damaged ({why}); delete it and run again") from None


def read_layer(path: str | Path, layer: str) -> pd.DataFrame | None:
    """Read a layer beside the values of an ``.h5ad``, as `read_matrix` reads these, if it is there.

    Raises
    ------
    UserError
        If the file is cut off or damaged, or a result is not what was written.
    """
    data = read_annotated(path)
    return data.to_df(layer) if layer in data.layers else None


def write_matrix(
    values: pd.DataFrame,
    stem: str | Path,
    obs: pd.DataFrame | None = None,
    var: pd.DataFrame | None = None,
    layers: dict[str, pd.DataFrame] | None = None,
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
    layers
        What stands beside the values in the ``.h5ad``, of the same shape.
    """
    import anndata

    data = anndata.AnnData(
        X=values.to_numpy(),
        obs=_annotation(values.index, obs),
        var=_annotation(values.columns, var),
        layers={name: layer.to_numpy() for name, layer in (layers or {}).items()},
    )
    write_annotated(data, f"{stem}.h5ad")
    write_table(values.T.rename_axis("feature").reset_index(), f"{stem}.tsv")


def write_annotated(data: "AnnData", path: str | Path, compression: str = "gzip") -> None:
    """Write an ``.h5ad`` whole or not at all; its columns of text become categories."""
    import anndata
    import h5py

    data.strings_to_categoricals()
    # made in memory: HDF5 tells of a full disk in tracebacks that nothing can catch
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        anndata.io.write_elem(file, "/", data, dataset_kwargs={"compression": compression})
    with whole(path) as part:
        part.write_bytes(content.getbuffer())


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
        for start in range(0, len(var), FEATURES):
            block = by_feature[:, start : start + FEATURES].toarray().T.tolist()
            for feature, row in zip(var.index[start : start + FEATURES], block, strict=True):
                text.write("\t".join([feature, *map(_count, row)]) + "\n")


def _count(value: float) -> str:
    return "" if value != value else str(int(value))


def _annotation(names: pd.Index, table: pd.DataFrame | None) -> pd.DataFrame:
    known = pd.DataFrame(index=names) if table is None else table.reindex(names)
    # a column of text without any would be neither text nor numbers to anndata
    empty = [c for c in known if known[c].dtype == object and known[c].isna().all()]
    known = known.astype(dict.fromkeys(empty, "category"))
    return known.set_axis(names.astype(str).rename(None))
