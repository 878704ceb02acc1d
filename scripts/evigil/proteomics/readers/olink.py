"""Olink NPX as its software exports it: long (CSV, parquet, .xlsx) and wide (Target, Flex, Focus).

The format is that of NPX Explore, NPX Map, NPX Signature and NPX Manager, as OlinkAnalyze
documents it. NPX is log2 and stays as it is; a value below the limit of detection stays too and is
marked. What the laboratory put in beside the samples (plate, sample and negative controls, and the
incubation, extension, amplification and detection controls of each panel) is no sample and no
protein.
"""

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from evigil.proteomics.columns import plain
from evigil.proteomics.head import Head
from evigil.proteomics.quantities import LEDGER, Quantities
from evigil.proteomics.readers import olink_long, olink_wide
from evigil.proteomics.readers.olink_rows import OlinkRows, named_features, named_runs

LONG, WIDE = "npx_long", "npx_wide"
#: Columns of which any export has most, and no other engine's has more than `Assay`.
MARKS = frozenset(("sampleid", "olinkid", "uniprot", "assay", "panel", "plateid", "npx"))
OWN = frozenset(("olinkid", "npx"))
CONTROL_ASSAY = re.compile(
    r"(?:inc|ext|amp|det)(?:ubation|ension|lification|ection)?[\s_-]*(?:ctrl|control).*",
    re.IGNORECASE,
)
#: What a file without a column of sample types calls its controls.
CONTROL_SAMPLE = re.compile(
    r"(?:(?:control|ctrl)[\s_-]*sample|(?:sample|plate|negative|neg|inter-?plate)[\s_-]*(?:control|"
    r"ctrl)).*|(?:ipc|neg|nc|pc)[\s_-]*\d*",
    re.IGNORECASE,
)


def sniff(head: Head) -> str | None:
    """Tell which of Olink's exports a file is, if any."""
    found = MARKS & set(map(plain, head.columns))
    if len(found) >= 4 and found & OWN:
        return LONG
    above = {plain(row[0]) for row in head.rows}
    return WIDE if len({"panel", "assay", "uniprotid", "olinkid"} & above) >= 3 else None


def run_names(path: str, layout: str, samples: Collection[str] = ()) -> list[str]:
    """Return the runs that are samples.

    Parameters
    ----------
    path, layout
        The file, and what `sniff` calls it.
    samples
        Names that are samples, whatever they look like.
    """
    rows = _rows(path, layout, values=False)
    runs = named_runs(path, rows, named_features(rows))
    kinds = _kinds(rows, runs, samples)
    return sorted(kinds.index[kinds == "sample"])


def read(path: str, layout: str, samples: Collection[str] = ()) -> Quantities:
    """Read an export of Olink's software.

    Parameters
    ----------
    path, layout, samples
        As for `run_names`.

    Returns
    -------
    Quantities
        Of level ``assay``: features are Olink's ids, so that assays of one protein on several
        panels stay apart.

    Raises
    ------
    UserError
        One line: a column that is missing, a value that is no number, an assay that a sample has
        twice.
    """
    rows = _rows(path, layout, values=True)
    features = named_features(rows)
    runs = named_runs(path, rows, features)
    control = _control_assays(rows)
    failed = _failed_in_part(rows, runs)
    excluded = rows.state("assay_qc") == "fail"
    npx = np.where(excluded | failed, np.nan, rows.npx)
    empty = ~control & np.isnan(npx)
    used = ~control
    table = _Pivot(runs[used], features[used])
    values = table.of(npx[used])
    limit = None if rows.limit is None or np.isnan(rows.limit).all() else table.of(rows.limit[used])
    every = pd.Index(sorted(set(runs)), name="run")
    values = values.reindex(every)
    limit = None if limit is None else limit.reindex(every)
    return Quantities(
        "olink",
        layout,
        "assay",
        values,
        _described(rows, features, used),
        None if limit is None else values <= limit,
        limit,
        _run_facts(rows, runs, samples, failed),
        _ledger(runs, control, empty),
        _notes(path, rows, features, excluded & used),
    )


def _rows(path: str, layout: str, values: bool) -> OlinkRows:
    reader = olink_long if layout == LONG else olink_wide
    return reader.read_rows(path, values)


class _Pivot:
    """Rows of runs and features as a matrix; each pair is there once."""

    def __init__(self, runs: np.ndarray, features: np.ndarray) -> None:
        self._run, self._runs = pd.factorize(runs, sort=True)
        self._feature, self._features = pd.factorize(features, sort=True)

    def of(self, values: np.ndarray) -> pd.DataFrame:
        table = np.full((len(self._runs), len(self._features)), np.nan)
        table[self._run, self._feature] = values
        return pd.DataFrame(
            table,
            pd.Index(self._runs.astype(object), name="run"),
            pd.Index(self._features.astype(object), name="feature"),
        )


def _control_assays(rows: OlinkRows) -> np.ndarray:
    """Tell which rows are of an internal control: by the type of the assay, or by its name."""
    by_name = rows.each("assay", lambda cell: CONTROL_ASSAY.fullmatch(cell) is not None)
    by_type = rows.each(
        "assay_type", lambda cell: "ctrl" in cell.lower() or "control" in cell.lower()
    )
    unknown = rows.each("assay_type", lambda cell: cell.lower() in ("", "na"))
    return np.where(unknown, by_name, by_type)


def _kinds(rows: OlinkRows, runs: np.ndarray, samples: Collection[str]) -> pd.Series:
    """Return the kind of each run: as its type of sample says, else by its name."""
    first = pd.DataFrame({"type": rows.each("sample_type", str.upper), "name": rows.text("sample")})
    first = first.assign(run=runs).drop_duplicates("run").set_index("run").sort_index()
    kinds = [
        _kind(kind, name, name in samples)
        for kind, name in zip(first["type"], first["name"], strict=True)
    ]
    return pd.Series(kinds, first.index, dtype=object)


def _kind(given: str, name: str, wanted: bool) -> str:
    if given in ("", "NA", "NAN"):
        control = not wanted and CONTROL_SAMPLE.fullmatch(name)
        return (
            _kind("NEGATIVE_CONTROL" if name.upper().startswith("N") else "CONTROL", name, wanted)
            if control
            else "sample"
        )
    if given.startswith("NEG"):
        return "blank"
    return "control" if "CONTROL" in given or "CTRL" in given else "sample"


def _failed_in_part(rows: OlinkRows, runs: np.ndarray) -> np.ndarray:
    """Tell which rows failed the control of quality, of runs that passed it on another panel.

    A run that failed throughout keeps its values: it fails as a whole, by its gate.
    """
    failed = rows.state("sample_qc") == "fail"
    if not failed.any():
        return failed
    throughout = pd.Series(failed).groupby(runs).transform("all").to_numpy()
    return failed & ~throughout


def _run_facts(
    rows: OlinkRows, runs: np.ndarray, samples: Collection[str], failed: np.ndarray
) -> pd.DataFrame:
    state, panel = rows.state("sample_qc"), rows.text("panel")
    grouped = pd.DataFrame(
        {
            "plate": rows.text("plate").to_numpy(),
            "fail": state == "fail",
            "warn": state == "warn",
        }
    ).groupby(runs)
    worst = np.where(grouped["fail"].all(), "fail", "")
    warned = grouped["fail"].any() | grouped["warn"].any()
    worst = np.where((worst == "") & warned, "warn", worst)
    plates = grouped["plate"].agg(lambda names: ";".join(sorted(set(names) - {""})))
    lost = panel[failed].groupby(runs[failed]).agg(lambda names: ", ".join(sorted(set(names))))
    notes = ("quality control failed, not used: " + lost).reindex(plates.index).fillna("")
    return pd.DataFrame(
        {
            "kind": _kinds(rows, runs, samples).reindex(plates.index),
            "plate": plates,
            "qc": worst,
            "note": notes,
        },
        index=plates.index.rename("run"),
    )


def _described(rows: OlinkRows, features: np.ndarray, used: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "feature": features,
            "protein_group": rows.text("uniprot").to_numpy(),
            "gene": rows.text("assay").to_numpy(),
        }
    )[used]
    table = table.drop_duplicates("feature").set_index("feature").sort_index()
    # an assay of several proteins: P29460_Q9NPF7, FUT3_FUT5
    table["protein_group"] = (
        table["protein_group"].str.strip().str.replace(r"[\s,;_|]+", ";", regex=True)
    )
    table["gene"] = table["gene"].str.strip().str.replace(r"[,;_]\s*", ";", regex=True)
    return table.assign(peptides=np.nan)


def _ledger(runs: np.ndarray, control: np.ndarray, empty: np.ndarray) -> pd.DataFrame:
    counts = pd.DataFrame({"rows": 1, "control": control, "no_quantity": empty})
    ledger = counts.astype("int64").groupby(runs).sum().rename_axis("run")
    ledger["kept"] = ledger["rows"] - ledger["control"] - ledger["no_quantity"]
    return ledger.reindex(columns=list(LEDGER), fill_value=0)


def _notes(
    path: str, rows: OlinkRows, features: np.ndarray, excluded: np.ndarray
) -> tuple[str, ...]:
    notes = []
    if rows.unit:
        notes.append(f"{path}: {rows.unit} of Olink, taken to log2")
    for name, said in (("excluded", excluded), ("warned", rows.state("assay_qc") == "warn")):
        number = len(set(features[said]))
        if number:
            what = "are missing there" if name == "excluded" else "stay"
            plural = "s" * (number > 1)
            notes.append(f"{path}: Olink {name} {number} assay{plural} in some runs: they {what}")
    return tuple(notes)
