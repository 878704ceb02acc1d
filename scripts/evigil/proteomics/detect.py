"""Which engine wrote a table, found from its head; and the table read by the reader of it."""

from collections.abc import Collection
from pathlib import Path
from types import ModuleType

from evigil.errors import UserError, hint
from evigil.proteomics.head import Head, read_head
from evigil.proteomics.quantities import Quantities

__all__ = ["FORMATS", "Head", "detect", "read_head", "read_quantities", "run_names"]

#: Formats, and who writes them; a plain matrix is what no other reader knows.
FORMATS = {
    "diann": "DIA-NN",
    "maxquant": "MaxQuant",
    "fragpipe": "FragPipe",
    "spectronaut": "Spectronaut",
    "olink": "Olink",
    "somascan": "SomaScan",
    "matrix": "a plain matrix",
}
AUTO, MATRIX = "auto", "matrix"
#: Readers that are told which names are samples.
OF_SAMPLES = frozenset(("olink", "somascan", MATRIX))
SHOWN = 4


def detect(path: str | Path, declared: str = AUTO) -> tuple[str, str]:
    """Find the format of a table and which of its tables it is.

    Parameters
    ----------
    declared
        ``auto``, or the format that it must have.

    Returns
    -------
    format, layout
        Such as ``("diann", "pg_matrix")``.

    Raises
    ------
    UserError
        If the head cannot be read, or shows another format than the declared one.
    """
    if declared not in (AUTO, *FORMATS):
        allowed = (AUTO, *FORMATS)
        raise UserError(
            f"{path}: format {declared!r} is not known{hint(declared, allowed)}; allowed: "
            f"{', '.join(allowed)}"
        )
    head = read_head(path)
    found, layout = _found(head)
    columns = [name for name in head.columns if name]
    shown = ", ".join([*map(repr, columns[:SHOWN]), *(["…"] if len(columns) > SHOWN else [])])
    if found == MATRIX and head.suffix == ".parquet":
        raise UserError(
            f"{path}: is no table of an engine that is known (it begins with the columns {shown}); "
            "a plain matrix is TSV, CSV, .xlsx or .h5ad"
        )
    if declared in (AUTO, found):
        return found, layout
    if found == MATRIX:
        raise UserError(
            f"{path}: declared {declared}, but it is no table of {FORMATS[declared]} that is "
            f"known (it begins with the columns {shown})"
        )
    raise UserError(
        f"{path}: declared {declared}, but it is a table of {FORMATS[found]} ({layout}): declare "
        f"{found} or auto"
    )


def _found(head: Head) -> tuple[str, str]:
    for name, reader in _readers().items():
        if layout := reader.sniff(head):
            return name, layout
    return MATRIX, MATRIX


def _readers() -> dict[str, ModuleType]:
    """Return the readers of formats that show in the head, those with marks of their own first."""
    from evigil.proteomics.readers import (
        diann,
        fragpipe,
        maxquant,
        olink,
        somascan,
        spectronaut,
    )

    return {
        "somascan": somascan,
        "olink": olink,
        "diann": diann,
        "spectronaut": spectronaut,
        "maxquant": maxquant,
        "fragpipe": fragpipe,
    }


def run_names(
    path: str | Path,
    format: str = AUTO,
    scale: str | None = None,
    samples: Collection[str] = (),
) -> tuple[str, str, list[str]]:
    """Return the format of a table, its layout, and the runs that need a sample.

    Parameters
    ----------
    path, format
        As for `detect`.
    scale
        Of a matrix; the first rows are held against it.
    samples
        Names of runs that are samples, as the sample sheet or the mapping has them: a matrix may
        have other columns of numbers. Without any, all of them are runs, and features in rows.

    Raises
    ------
    UserError
        As `detect`, and what reading the runs shows.
    """
    found, layout = detect(path, format)
    if found == MATRIX:
        from evigil.proteomics.readers import matrix

        _require_scale(path, scale)
        return found, layout, matrix.run_names(str(path), layout, samples, scale)
    reader = _readers()[found]
    given = (samples,) if found in OF_SAMPLES else ()
    return found, layout, reader.run_names(str(path), layout, *given)


def read_quantities(
    path: str | Path,
    format: str = AUTO,
    scale: str | None = None,
    samples: Collection[str] = (),
) -> Quantities:
    """Read a table of any engine.

    Parameters
    ----------
    path, format, scale, samples
        As for `run_names`.

    Raises
    ------
    UserError
        One line with what is wrong.
    """
    found, layout = detect(path, format)
    if found == MATRIX:
        from evigil.proteomics.readers import matrix

        _require_scale(path, scale)
        return matrix.read(str(path), layout, samples, scale)
    reader = _readers()[found]
    quantities: Quantities = (
        reader.read(str(path), layout, samples)
        if found in OF_SAMPLES
        else reader.read(str(path), layout)
    )
    return quantities


def _require_scale(path: str | Path, scale: str | None) -> None:
    if not scale:
        raise UserError(
            f"{path}: no table of a known engine; a plain matrix needs a scale: linear or log2"
        )
