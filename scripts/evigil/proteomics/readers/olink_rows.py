"""The rows of an Olink export, whatever its layout: one of a sample and an assay."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.proteomics.columns import Columns

#: What a column may be called, by what it holds; the first that a file has is used.
COLUMNS = {
    "sample": ("SampleID", "Sample ID"),
    "assay_id": ("OlinkID", "Olink ID"),
    "assay": ("Assay", "Assay Name"),
    "uniprot": ("UniProt", "Uniprot ID"),
    "panel": ("Panel",),
    "plate": ("PlateID", "Plate"),
    "well": ("WellID", "Well", "Index"),
    "sample_type": ("SampleType", "Sample_Type"),
    "assay_type": ("AssayType", "Assay_Type"),
    "sample_qc": ("SampleQC", "QC_Warning", "Sample_QC"),
    "assay_qc": ("AssayQC", "Assay_Warning", "Assay_QC"),
}
NEEDED = ("sample", "assay_id")
QUANTIFIED = ("Quantified_value", "Quantified")
#: The limit that belongs to the values of this plate comes before one of the whole study.
LIMITS = ("LOD", "PlateLOD", "MaxLOD", "NCLOD", "FixedLOD")


@dataclass(frozen=True)
class OlinkRows:
    """Rows of an export.

    Attributes
    ----------
    texts
        Columns of `COLUMNS` that the file has, as categories.
    numbers
        Number of each row in the file, as a user sees it.
    npx
        log2 values; NaN where missing.
    limit
        log2 limits of detection; None where the file has none.
    unit
        What the values were, if not log2.
    """

    texts: pd.DataFrame
    numbers: np.ndarray
    npx: np.ndarray
    limit: np.ndarray | None = None
    unit: str = ""

    def each(self, name: str, function: Callable[[str], Any]) -> np.ndarray:
        """Return what `function` makes of each cell of a column, asked once for each text."""
        if name not in self.texts:
            words, codes = [""], np.zeros(len(self.numbers), int)
        else:
            column = self.texts[name].cat
            # code -1: nothing is there
            words, codes = [*column.categories.astype(str).str.strip(), ""], column.codes.to_numpy()
        made = [function(word) for word in words]
        # text by reference: as an array of its own it takes the longest in each row
        cells: np.ndarray = np.array(made, object if isinstance(made[0], str) else None)
        return cells[codes]

    def text(self, name: str) -> pd.Series:
        """Return a column as text, empty where the file has nothing."""
        return pd.Series(self.each(name, str), dtype=object)

    def state(self, name: str) -> np.ndarray:
        """Return what a column of quality says: ``""``, ``warn`` or ``fail``."""
        return self.each(name, _state)


def _state(cell: str) -> str:
    said = cell.upper()
    if said.startswith(("FAIL", "EXCL")):
        return "fail"
    return "warn" if "WARN" in said else ""


def text_columns(columns: Columns) -> dict[str, str]:
    """Return the file's own name of each of `COLUMNS` that it has.

    Raises
    ------
    UserError
        If one is missing without which a value has no place.
    """
    found = {name: columns.find(*spellings) for name, spellings in COLUMNS.items()}
    for name in NEEDED:
        found[name] = columns.need(*COLUMNS[name])
    return {name: spelling for name, spelling in found.items() if spelling is not None}


def of_quantified(rows: OlinkRows) -> OlinkRows:
    """Take absolute quantities (Target 48, Flex; pg/mL) to log2; 0 is none."""
    limit = rows.limit
    return replace(
        rows,
        npx=_log2(rows.npx),
        limit=None if limit is None else _log2(limit),
        unit="quantified values",
    )


def _log2(values: np.ndarray) -> np.ndarray:
    return np.log2(np.where(values > 0, values, np.nan))


def refuse_ct(path: str) -> NoReturn:
    """Refuse an export of Ct values.

    Raises
    ------
    UserError
        Always.
    """
    raise UserError(f"{path}: holds Ct values of Olink; export NPX")


def named_features(rows: OlinkRows) -> np.ndarray:
    """Return the feature of each row: Olink's id, and the panel where a sample has it on two."""
    ids = rows.text("assay_id")
    table = pd.DataFrame({"sample": rows.text("sample"), "id": ids})
    if not table.duplicated().any():
        return ids.to_numpy()
    panels = rows.text("panel")
    table["panel"] = panels
    on_panels = table.drop_duplicates().groupby(["sample", "id"], sort=False).size()
    on_several = set(on_panels[on_panels > 1].index.get_level_values("id"))
    return np.where(ids.isin(on_several), ids + ":" + panels, ids).astype(object)


def named_runs(path: str, rows: OlinkRows, features: np.ndarray) -> np.ndarray:
    """Return the run of each row: the sample, and its plate where it was measured on several.

    Raises
    ------
    UserError
        If a sample has an assay twice, and neither plate nor well tells the two apart.
    """
    table = pd.DataFrame({"sample": rows.text("sample"), "feature": features})
    blank = np.flatnonzero(table["sample"] == "")
    if len(blank):
        raise UserError(f"{path}: row {rows.numbers[blank[0]]}: no sample ID")
    again = table.duplicated(keep=False)
    if not again.any():
        return table["sample"].to_numpy()
    twice = table["sample"].isin(set(table["sample"][again]))
    for name in ("panel", "plate", "well"):
        table[name] = rows.text(name)
    several = table[twice].copy()
    # panels of one sample may lie on plates of different names: the n-th of each is one run
    places = several[["sample", "panel", "plate", "well"]].drop_duplicates()
    places = places.sort_values(["sample", "panel", "plate", "well"])
    places["number"] = places.groupby(["sample", "panel"]).cumcount()
    first = places.drop_duplicates(["sample", "number"])
    shared = first.duplicated(["sample", "plate"], keep=False)
    called = (
        first["sample"] + " (" + first["plate"] + np.where(shared, " " + first["well"], "") + ")"
    )
    first = first.assign(run=called)[["sample", "number", "run"]]
    places = places.merge(first, on=["sample", "number"])
    several["run"] = several.merge(places, "left", ["sample", "panel", "plate", "well"])[
        "run"
    ].to_numpy()
    table["run"] = table["sample"].where(~twice, several["run"])
    _refuse_twice(path, rows, table)
    return table["run"].to_numpy()


def _refuse_twice(path: str, rows: OlinkRows, table: pd.DataFrame) -> None:
    again = np.flatnonzero(table.duplicated(["run", "feature"]))
    if not len(again):
        return
    row = table.iloc[again[0]]
    same = (table["run"] == row["run"]) & (table["feature"] == row["feature"])
    earlier = rows.numbers[np.flatnonzero(same)[0]]
    more = f" (and {len(again) - 1:,} more rows)" if len(again) > 1 else ""
    raise UserError(
        f"{path}: row {rows.numbers[again[0]]}: sample {row['sample']!r} has assay "
        f"{row['feature']!r} in row {earlier} already, on the same plate{more}"
    )
