"""``quality/misev.tsv``: what a study reports of its vesicles, and what it may claim of them.

After MISEV2023 (doi:10.1002/jev2.12404) and, for blood, MIBlood-EV (doi:10.1002/jev2.12385).
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evigil.metrics_specimen import SPECIMEN
from evigil.quality.markers import FEWEST, entered

MISEV = ["sample", "section", "item", "status", "value", "note"]
# The row of the study.
STUDY = "ALL"

#: By section: what to report, and the columns of which one is enough.
ITEMS: dict[str, dict[str, tuple[str, ...]]] = {
    "collection": {
        "biofluid": ("biofluid",),
        "anticoagulant": ("anticoagulant",),
        "tube": ("tube",),
        "hours_to_plasma": ("hours_to_plasma",),
        "centrifugation": ("centrifugation",),
        "platelets": ("residual_platelets", "platelet_depleted"),
        "haemolysis": ("a414",),
        "lipaemia": ("lipaemia",),
        "fasting": ("fasting",),
        "freeze_thaw": ("freeze_thaw",),
        "storage_days": ("storage_days",),
        "storage_temperature": ("storage_temperature",),
    },
    "separation": {
        "isolation_method": ("isolation_method",),
        "isolation_instrument": ("isolation_instrument",),
        "kit_or_lot": ("kit", "lot"),
        "input_volume_ml": ("input_volume_ml",),
        "elution_volume_ml": ("elution_volume_ml",),
    },
    "quantity": {
        "particles_per_ml": ("particles_per_ml",),
        "particle_method": ("particle_method",),
        "protein_ug_per_ml": ("protein_ug_per_ml",),
        "particles_per_ug_protein": ("particles_per_ug_protein",),
    },
    "size": {
        "mode_diameter_nm": ("mode_diameter_nm",),
        "size_distribution": ("d50_nm",),
    },
    "controls": {
        "detergent_loss": ("detergent_loss",),
        "detergent_blank": ("detergent_blank_particles_per_ml",),
    },
}
SECTIONS = [*ITEMS, "markers", "claims"]
# Serum has no anticoagulant, and no platelets to be removed.
OF_PLASMA = ("anticoagulant", "hours_to_plasma", "platelets")
MARKERS = {
    "1": "transmembrane proteins of vesicles",
    "2": "proteins inside vesicles",
    "3": "proteins isolated with vesicles, such as apolipoproteins and albumin",
    "4": "proteins of other compartments of the cell",
}
_LIMIT = {metric.name: dict(metric.limits) for metric in SPECIMEN}
LEAST_LOSS = _LIMIT["detergent_loss"]["warn_below"]
LARGEST_MODE = _LIMIT["mode_diameter_nm"]["warn_above"]


def misev(
    sheet: pd.DataFrame, specimen: pd.DataFrame, proteins: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Say what was reported, what is missing, and which claims that allows.

    Parameters
    ----------
    sheet
        The sample sheet, every column that it has.
    specimen
        ``quality/specimen.tsv``.
    proteins
        ``proteomics/samples.tsv``: proteins of the categories that a proteome has count as the
        sheet's markers do, whichever has more.

    Returns
    -------
    pandas.DataFrame
        `MISEV`: rows of the study (``sample`` is ``ALL``), then of every sample but blanks, by
        section and item. ``status`` is ``reported``, ``missing`` or ``not_applicable``; of the
        study also ``partly``; of a claim ``allowed`` or ``not_allowed``, of the study ``partly``.
    """
    known = _joined(sheet, specimen, proteins)
    parts = [*_reported(known), *_claims(known)]
    names = known["sample"].to_numpy()
    rows = [
        pd.DataFrame({"sample": names, "section": section, "item": item, **columns})
        for section, item, columns in parts
    ]
    own = pd.concat(rows, ignore_index=True)
    order = {(section, item): i for i, (section, item, _) in enumerate(parts)}
    rank = pd.Series(list(zip(own["section"], own["item"], strict=True)), dtype=object).map(order)
    own = own.assign(rank=rank.astype(float)).sort_values(["sample", "rank"], ignore_index=True)
    of_study = [*_study(own), *_study_controls(sheet, known)]
    of_study.sort(key=lambda row: SECTIONS.index(str(row["section"])))
    study = pd.DataFrame(of_study, columns=MISEV)
    return pd.concat([study, own[MISEV]], ignore_index=True) if len(own) else study


def _joined(
    sheet: pd.DataFrame, specimen: pd.DataFrame, proteins: pd.DataFrame | None
) -> pd.DataFrame:
    known = sheet[sheet["role"].fillna("sample") != "blank"] if "role" in sheet else sheet
    known = known.sort_values("sample", ignore_index=True)
    markers = _with_proteome(entered(known), proteins).reset_index(drop=True)
    of = specimen.set_index("sample").reindex(known["sample"]).reset_index(drop=True)
    bare = known.drop(columns=[name for name in known if name in of or name in markers])
    return pd.concat([bare, of, markers], axis=1)


def _with_proteome(markers: pd.DataFrame, proteins: pd.DataFrame | None) -> pd.DataFrame:
    """Add ``proteome_1 … proteome_4``: proteins of each category, NaN where none was looked for."""
    table = markers.copy()
    found = None if proteins is None else proteins.set_index("sample").reindex(table.index)
    for of in MARKERS:
        column = np.nan if found is None else found[f"category_{of}_detected"]
        table[f"proteome_{of}"] = pd.Series(column, table.index, dtype=float)
    return table


Part = tuple[str, str, dict[str, object]]
#: Where a fault is, shape (n_samples,), and what it is.
Fault = tuple[pd.Series, str]


def _reported(known: pd.DataFrame) -> Iterator[Part]:
    serum = known["biofluid"].eq("serum").to_numpy()
    for section, items in ITEMS.items():
        for item, columns in items.items():
            values = _first(known, columns)
            status = np.where(values != "", "reported", "missing")
            if item in OF_PLASMA:
                status = np.where(serum & (values == ""), "not_applicable", status)
            note = ", ".join(columns) if len(columns) > 1 else ""
            notes = np.where(status == "missing", f"one of {note}" if note else "", "")
            yield section, item, {"status": status, "value": values, "note": notes}
    for of, text in MARKERS.items():
        value = [_shown(*counts) for counts in zip(*_counts(known, of), strict=True)]
        status = np.where(np.array(value, dtype=object) != "", "reported", "missing")
        notes = np.where(status == "reported", "", f"{text}: columns marker_<protein>")
        yield "markers", f"category_{of}", {"status": status, "value": value, "note": notes}


def _counts(known: pd.DataFrame, of: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    return known[f"detected_{of}"], known[f"assessed_{of}"], known[f"proteome_{of}"]


def _shown(found: int, assessed: int, proteome: float) -> str:
    parts = [f"{found} of {assessed} detected"] if assessed else []
    parts += [] if np.isnan(proteome) else [f"{proteome:.0f} in the proteome"]
    return ", ".join(parts)


def _found(known: pd.DataFrame, of: str) -> pd.Series:
    found, _, proteome = _counts(known, of)
    return found.clip(lower=proteome.fillna(0))


def _assessed(known: pd.DataFrame, of: str) -> pd.Series:
    _, assessed, proteome = _counts(known, of)
    return (assessed > 0) | proteome.notna()


def _claims(known: pd.DataFrame) -> Iterator[Part]:
    """Give each claim with what stands against it: the first reason counts."""
    counted, method = known["particles_per_ml"].notna(), known["particle_method"].notna()
    yield _claim(
        "particle_concentration",
        (~counted, "no particle count"),
        (~method, "particle_method is not given: instruments count different particles"),
    )
    mode = known["mode_diameter_nm"]
    yield _claim(
        "small_vesicle_size",
        (mode.isna(), "no diameter"),
        (~method, "particle_method is not given"),
        (mode >= LARGEST_MODE, f"the mode is not below {LARGEST_MODE} nm"),
    )
    loss, alone = known["detergent_loss"], known["detergent_blank_particles_per_ml"]
    of_membrane: list[Fault] = [
        (loss.isna(), "no count before and after detergent"),
        (alone.isna(), "no count of detergent alone"),
        (~(loss >= LEAST_LOSS), f"detergent removes less than {LEAST_LOSS:g} of the particles"),
    ]
    yield _claim("particles_are_vesicles", *of_membrane)
    first, second = _found(known, "1"), _found(known, "2")
    of_proteins: list[Fault] = [
        (~(_assessed(known, "1") | _assessed(known, "2")), "no marker of vesicles assessed"),
        (first + second < FEWEST, f"fewer than {FEWEST} proteins of vesicles detected"),
        (first < 1, "no transmembrane protein (category 1) detected"),
        (second < 1, "no protein from inside vesicles (category 2) detected"),
        (~_assessed(known, "3"), "no protein isolated with vesicles (category 3) assessed"),
    ]
    yield _claim("vesicle_proteins", *of_proteins)
    purity = known["particles_per_ug_protein"].isna() & ~_assessed(known, "3")
    yield _claim("purity", (purity, "neither particles per protein nor category 3 is known"))
    shown = [pd.Series(_first_fault(part) == "") for part in (of_membrane, of_proteins)]
    yield _claim(
        "vesicle_enriched_fraction",
        (known["isolation_method"].isna(), "isolation_method is not given"),
        (~(shown[0] | shown[1]), "neither detergent nor proteins show vesicles"),
    )
    yield _claim(
        "inside_vesicles",
        (
            pd.Series(True, known.index),
            "needs digestion of what is outside before lysis, of which the sheet says nothing",
        ),
    )


def _claim(item: str, *faults: Fault) -> Part:
    note = _first_fault(list(faults))
    status = np.where(note == "", "allowed", "not_allowed")
    return "claims", item, {"status": status, "value": "", "note": note}


def _first_fault(faults: list[Fault]) -> np.ndarray:
    note = np.full(len(faults[0][0]), "", dtype=object)
    for wrong, text in reversed(faults):
        note[np.asarray(wrong, bool)] = text
    return note


def _first(known: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """Return the first known of some columns as text, empty where there is none."""
    values = np.full(len(known), "", dtype=object)
    for column in reversed(columns):
        if column in known:
            cells = known[column]
            texts = [_text(cell) for cell in cells]
            values = np.where(cells.notna(), np.array(texts, dtype=object), values)
    return values


def _text(cell: object) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def _study(own: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Give a row for each item and claim over all samples that it applies to."""
    for (section, item), rows in own.groupby(["section", "item"], sort=False):
        applies = rows[rows["status"] != "not_applicable"]
        good = "allowed" if section == "claims" else "reported"
        n, k = len(applies), int((applies["status"] == good).sum())
        status = "not_applicable"
        if n:
            bad = "not_allowed" if section == "claims" else "missing"
            status = good if k == n else "partly" if k else bad
        notes = applies["note"][applies["note"] != ""].value_counts()
        note = "; ".join(f"{text} ({m})" for text, m in sorted(notes.items()))
        if section == "claims" and status == "not_allowed" and len(notes) == 1:
            note = str(notes.index[0])
        yield dict(zip(MISEV, (STUDY, section, item, status, f"{k} of {n}", note), strict=True))


def _study_controls(sheet: pd.DataFrame, known: pd.DataFrame) -> Iterator[dict[str, object]]:
    role = sheet["role"].fillna("sample") if "role" in sheet else pd.Series("sample", sheet.index)
    copies = sheet["replicate_of"].notna() if "replicate_of" in sheet else role == ""
    for item, n in (("blanks", (role == "blank").sum()), ("technical_replicates", copies.sum())):
        status = "reported" if n else "missing"
        yield dict(zip(MISEV, (STUDY, "controls", item, status, str(n), ""), strict=True))
    for item, column, what in (
        ("comparing_particles", "particle_method", "particle counts"),
        ("comparing_samples", "isolation_method", "samples"),
    ):
        counts = known[column].fillna("not given").value_counts().sort_index()
        mixed = len(counts) > 1 or "not given" in counts
        methods = ", ".join(f"{name} {n}" for name, n in counts.items())
        note = f"{what} compare only within one {column}" if mixed else ""
        status = "not_allowed" if mixed or not len(counts) else "allowed"
        yield dict(zip(MISEV, (STUDY, "claims", item, status, methods, note), strict=True))
