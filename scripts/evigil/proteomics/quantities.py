"""What every engine's table becomes: runs × features on one scale, with marks and a ledger."""

from typing import NamedTuple

import pandas as pd

#: Why a row is not used, in the order in which a row is asked; a row has the first that holds.
REASONS = tuple("decoy contaminant control site_only q_value no_quantity duplicate".split())
#: Columns of `Quantities.ledger`: those after ``rows`` add up to it.
LEDGER = ("rows", *REASONS, "kept")


class Quantities(NamedTuple):
    """Quantities of one file of an engine.

    Attributes
    ----------
    format
        ``diann``, ``maxquant``, ``fragpipe``, ``spectronaut``, ``olink``, ``somascan`` or
        ``matrix``.
    layout
        Which of the engine's tables: ``report``, ``pg_matrix``, ``proteinGroups``, ….
    level
        ``ion`` (rolled up to proteins by directLFQ), ``protein`` (the engine's own quantity) or
        ``assay`` (Olink, SomaScan: stay on their own scale).
    values
        log2, shape (n_runs, n_features), float64, NaN where missing: runs as the file names them,
        features sorted.
    features
        Indexed by feature: ``protein_group`` (accessions joined by ``;`` in the engine's order),
        ``gene`` (joined by ``;``, empty where unknown), ``peptides`` (number, NaN where unknown).
    censored
        Like `values`: a mark, or a value at or below the limit of detection. None: not told.
    limit
        Like `values`: log2 limit of detection. None: not told.
    runs
        Indexed by run: ``kind`` (``sample``, ``control``, ``calibrator``, ``buffer``, ``blank``),
        ``plate``, ``qc`` (empty, ``warn`` or ``fail``), ``note``.
    ledger
        Indexed by run: `LEDGER`. A row of a wide table counts once for each run.
    notes
        What the user should know of the file, one line each.
    """

    format: str
    layout: str
    level: str
    values: pd.DataFrame
    features: pd.DataFrame
    censored: pd.DataFrame | None
    limit: pd.DataFrame | None
    runs: pd.DataFrame
    ledger: pd.DataFrame
    notes: tuple[str, ...] = ()


def plain_runs(runs: pd.Index) -> pd.DataFrame:
    """Describe runs of which the file tells nothing: all are samples."""
    return pd.DataFrame({"kind": "sample", "plate": "", "qc": "", "note": ""}, index=runs)
