"""SomaScan's ADAT: relative fluorescence of aptamers, with what is known of both in blocks.

``^HEADER``, ``^COL_DATA`` and ``^ROW_DATA`` say what was done and which fields follow; below
``^TABLE_BEGIN`` stand the fields of the aptamers, a row each, to the right of a margin that the
fields of the samples take up below. The format is that of SomaLogic as SomaDataIO documents it,
versions before 1.0 and assays of 1.3k, 5k, 7k and 11k among it.
"""

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.features.text import MISSING
from evigil.proteomics.columns import Columns
from evigil.proteomics.head import Head
from evigil.proteomics.quantities import LEDGER, Quantities
from evigil.proteomics.readers.adat import TABLE, Adat, read_adat

LAYOUT = "adat"
#: Wells of buffer that a limit of detection takes; SomaScan has three or more on a plate.
BUFFERS = 3
HUMAN = frozenset(("human", "homo sapiens"))
KINDS = {"sample": "sample", "calibrator": "calibrator", "buffer": "buffer", "qc": "control"}


def sniff(head: Head) -> str | None:
    """Tell whether a file is an ADAT."""
    above = {row[0].strip() for row in head.rows}
    return LAYOUT if head.suffix == ".adat" or {"^HEADER", TABLE} & above else None


def run_names(path: str, layout: str = LAYOUT, samples: Collection[str] = ()) -> list[str]:
    """Return the runs that are samples; the values are not read."""
    adat = read_adat(path, values=False)
    kinds, runs = _kinds(adat.rows), _runs(adat)
    return sorted(run for run, kind in zip(runs, kinds, strict=True) if kind == "sample")


def read(path: str, layout: str = LAYOUT, samples: Collection[str] = ()) -> Quantities:
    """Read an ADAT.

    Aptamers are features by their SeqId, so that several of one protein stay apart. Left out are
    those that test the assay (hybridisation controls, spuriomers, non-biotin, non-cleavable and
    deprecated ones) and those against proteins of other species. Those that SomaLogic flagged
    (``ColCheck``) stay: their number is said.

    Returns
    -------
    Quantities
        Of level ``assay``. With at least three wells of buffer there is a limit of detection
        (`eLOD`), one for all plates.

    Raises
    ------
    UserError
        One line: a block or a field that is missing, a cell that is no number, values that are
        logarithms already.
    """
    adat = read_adat(path, values=True)
    runs = pd.Index(_runs(adat), name="run")
    kinds = np.array(_kinds(adat.rows), dtype=object)
    control = _control_aptamers(adat)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(adat.values > 0, np.log2(adat.values), np.nan)
    names = _seq_ids(adat)
    used = ~control
    order = np.argsort(names[used], kind="stable")
    features = pd.Index(names[used][order], name="feature")
    table = pd.DataFrame(values[:, used][:, order], runs, features).sort_index()
    limits = _limits(adat.values[kinds == "buffer"][:, used][:, order])
    limit = None
    if limits is not None:
        limit = pd.DataFrame(np.tile(limits, (len(table), 1)), table.index, features)
    return Quantities(
        "somascan",
        LAYOUT,
        "assay",
        table,
        _described(adat, used, order, features),
        None if limit is None else table <= limit,
        limit,
        _run_facts(adat, runs, kinds),
        _ledger(runs, values, control),
        _notes(adat, control, limit),
    )


def _kinds(rows: pd.DataFrame) -> list[str]:
    column = Columns("", list(rows.columns)).find("SampleType")
    if column is None:
        return ["sample"] * len(rows)
    return [_kind(cell) for cell in rows[column]]


def _kind(cell: str) -> str:
    word = cell.lower()
    return KINDS.get(word.split("_")[0].split(" ")[0], "control" if word else "sample")


def _runs(adat: Adat) -> list[str]:
    """Name the runs by sample; where one is there twice, by slide and subarray too."""
    rows, columns = adat.rows, Columns(adat.path, list(adat.rows.columns))
    ids = columns.find("SampleId", "SampleUniqueId", "SampleName")
    samples = rows[ids] if ids else pd.Series("", index=rows.index)
    slide, subarray = columns.find("SlideId"), columns.find("Subarray")
    well = rows[slide] + "_" + rows[subarray] if slide and subarray else samples
    twice = samples.duplicated(keep=False)
    names = samples.where(~twice, samples + " (" + well + ")").where(samples != "", well)
    again = names.duplicated()
    if again.any():
        place = int(np.flatnonzero(again)[0])
        first = int(np.flatnonzero(names == names[place])[0])
        raise UserError(
            f"{adat.path}: row {adat.numbers[place]}: {names[place]!r} is in row "
            f"{adat.numbers[first]} already, on the same slide and subarray"
        )
    return list(names)


def _field(adat: Adat, *names: str) -> np.ndarray:
    found = Columns(adat.path, list(adat.aptamers)).find(*names)
    cells = adat.aptamers[found] if found else [""] * adat.values.shape[1]
    return np.array(cells, dtype=object)


def _seq_ids(adat: Adat) -> np.ndarray:
    """Return the aptamers' names: SeqIds without their version, where that tells them apart."""
    given = _field(adat, "SeqId")
    plain = np.array([re.sub(r"^(\d+-\d+)_\d+$", r"\1", name) for name in given], dtype=object)
    names = plain if len(set(plain)) == len(plain) else given
    if len(set(names)) != len(names):
        again = next(name for i, name in enumerate(names) if name in names[:i])
        raise UserError(f"{adat.path}: aptamer {again!r} has two columns")
    return names


def _control_aptamers(adat: Adat) -> np.ndarray:
    kind, organism = _field(adat, "Type"), _field(adat, "Organism")
    other_kind = [bool(k) and k.lower() != "protein" for k in kind]
    other_species = [
        bool(o) and not HUMAN & set(re.split(r"[,;|/]\s*", o.lower())) for o in organism
    ]
    hybridisation = [n.lower().startswith("hybcontrol") for n in _field(adat, "Target")]
    return np.array(other_kind) | np.array(other_species) | np.array(hybridisation)


def _limits(buffers: np.ndarray) -> np.ndarray | None:
    """Return log2 limits of detection: the median of the buffer and 3.3 scaled deviations from it.

    The deviation is the median absolute one times 1.4826. Over all plates at once, since a limit
    that differed by plate would give the plate away.
    """
    if len(buffers) < BUFFERS:
        return None
    middle = np.nanmedian(buffers, axis=0)
    spread = 1.4826 * np.nanmedian(np.abs(buffers - middle), axis=0)
    limits: np.ndarray = np.log2(middle + 3.3 * spread)
    return limits


def _described(adat: Adat, used: np.ndarray, order: np.ndarray, features: pd.Index) -> pd.DataFrame:
    groups = (_field(adat, name)[used][order] for name in ("UniProt", "EntrezGeneSymbol"))
    group, gene = (
        [";".join(dict.fromkeys(re.findall(r"[^\s,;|]+", cell))) for cell in cells]
        for cells in groups
    )
    return pd.DataFrame({"protein_group": group, "gene": gene, "peptides": np.nan}, features)


def _run_facts(adat: Adat, runs: pd.Index, kinds: np.ndarray) -> pd.DataFrame:
    columns = Columns(adat.path, list(adat.rows.columns))
    text = {
        name: adat.rows[found] if (found := columns.find(*spellings)) else ""
        for name, spellings in {
            "plate": ("PlateId",),
            "check": ("RowCheck",),
            "sample_notes": ("SampleNotes",),
            "assay_notes": ("AssayNotes",),
        }.items()
    }
    facts = pd.DataFrame(text, index=adat.rows.index).fillna("").astype(str)
    said = [
        "; ".join(cell for cell in cells if cell and cell not in MISSING)
        for cells in zip(facts["sample_notes"], facts["assay_notes"], strict=True)
    ]
    flagged = ~facts["check"].str.upper().isin(("", "PASS", *MISSING))
    return pd.DataFrame(
        {
            "kind": kinds,
            "plate": facts["plate"].to_numpy(),
            "qc": np.where(flagged, "warn", ""),
            "note": said,
        },
        index=runs,
    ).sort_index()


def _ledger(runs: pd.Index, values: np.ndarray, control: np.ndarray) -> pd.DataFrame:
    ledger = pd.DataFrame(0, index=runs, columns=list(LEDGER))
    ledger["rows"] = len(control)
    ledger["control"] = int(control.sum())
    ledger["no_quantity"] = np.isnan(values[:, ~control]).sum(axis=1)
    ledger["kept"] = ledger["rows"] - ledger["control"] - ledger["no_quantity"]
    return ledger.sort_index()


def _notes(adat: Adat, control: np.ndarray, limit: pd.DataFrame | None) -> tuple[str, ...]:
    path, notes = adat.path, []
    flagged = np.array([cell.upper() == "FLAG" for cell in _field(adat, "ColCheck")])
    number = int((flagged & ~control).sum())
    if number:
        of = f"{number:,} of {int((~control).sum()):,}"
        notes.append(f"{path}: SomaLogic flagged {of} aptamers (ColCheck): they stay")
    if limit is None:
        notes.append(f"{path}: no limit of detection: it takes {BUFFERS} wells of buffer")
    return tuple(notes)
