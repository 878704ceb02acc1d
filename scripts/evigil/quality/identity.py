"""``quality/identity.tsv``: swapped tubes, the same sample twice, and sex against the sheet."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from evigil.quality.assay_limits import Layer
from evigil.quality.likeness import Likeness, Visit, likeness, profiles, visits
from evigil.quality.sex import sex_calls

IDENTITY = (
    *("check", "layer", "sample", "patient", "partner", "partner_patient"),
    *("value", "cut", "best_other", "rank", "patients", "verdict", "reason"),
)
"""Columns of ``quality/identity.tsv``."""
NUMBERS = ("value", "cut", "best_other", "rank", "patients")
# Fewer reads, or features with a value, may be the same by chance.
FEWEST_READS, FEWEST_VALUES = 100, 10

Rows = list[dict[str, Any]]


def identity(
    layers: Mapping[str, Layer],
    samples: pd.DataFrame,
    usable: Mapping[str, Iterable[str]],
    ledger: pd.DataFrame | None = None,
    measured: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Look for tubes that changed places and for what is there twice. Nothing is changed by it.

    Parameters
    ----------
    layers
        Values as they were measured, by name.
    samples
        ``sample, patient, role`` and, where the sheet has them, ``replicate_of, batch, entry`` and
        ``sex``.
    usable
        By layer: samples whose gates let them be used; what is noise is like nobody.
    ledger
        ``smallrna/ledger.tsv``, where there are FASTQ files.
    measured
        ``smallrna/samples.tsv``.

    Returns
    -------
    pandas.DataFrame
        `IDENTITY`, sorted by check, layer and sample. ``check`` is ``visits`` (a row for each
        sample whose patient has another; ``value`` is the mean correlation with these, ``rank``
        that of its patient among all ``patients``), ``sex`` (rows of samples that do not fit),
        ``columns`` and ``reads`` (rows of what is there twice). A check that cannot be made, or
        finds nothing, has one row without a sample.
    """
    sheet = samples.drop_duplicates("sample").set_index("sample")
    rows: Rows = []
    for name in sorted(layers):
        layer = layers[name]
        rows += _of_columns(name, layer.values, sheet)
        kept = _comparable(layer.values.index, sheet, set(usable.get(name, ())))
        rows += _of_visits(name, layer, sheet.loc[kept])
        rows += _of_sex(name, layer, sheet.loc[kept])
    if ledger is not None:
        rows += _of_reads(ledger, measured, sheet)
    table = pd.DataFrame(rows, columns=[*IDENTITY]).astype(dict.fromkeys(NUMBERS, float))
    return table.sort_values(["check", "layer", "sample", "partner"], ignore_index=True)


def _comparable(measured: pd.Index, sheet: pd.DataFrame, usable: set[str]) -> list[str]:
    """Return samples of people, each specimen once, sorted."""
    own = sheet[sheet.index.isin(measured) & sheet.index.isin(usable)]
    own = own[(own["role"] == "sample") & own["patient"].notna()]
    if "replicate_of" in own:
        own = own[own["replicate_of"].isna()]
    return sorted(own.index)


def _row(check: str, layer: str, verdict: str, reason: str, **known: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("sample", "patient", "partner", "partner_patient"), "")
    return {"check": check, "layer": layer, **empty, "verdict": verdict, "reason": reason, **known}


def _of_visits(name: str, layer: Layer, sheet: pd.DataFrame) -> Rows:
    patients = sheet["patient"].to_numpy(str)
    values = layer.values.loc[sheet.index]
    found = likeness(profiles(values, layer.scale, patients, _batches(sheet)), patients)
    if found.reason:
        return [_row("visits", name, "not_evaluable", found.reason)]
    names = sheet.index.to_numpy(str)
    return [
        _visit(name, names, patients, i, visit, found)
        for i, visit in visits(found, patients).items()
    ]


def _batches(sheet: pd.DataFrame) -> np.ndarray:
    """Return what goes by itself through the laboratory: batch, and how a sample entered."""
    columns = [column for column in ("batch", "entry") if column in sheet]
    return np.array(["/".join(map(str, row)) for row in sheet[columns].to_numpy()], dtype=str)


def _visit(
    layer: str, names: np.ndarray, patients: np.ndarray, i: int, visit: Visit, found: Likeness
) -> dict[str, Any]:
    verdict, reason, partner = "pass", "", visit.partner
    if partner is not None:
        verdict = "warn"
        reason = f"seems to have changed places with {names[partner]} of {patients[partner]}"
        if visit.alternative is not None:
            others = " and ".join(sorted(names[list(visit.alternative)]))
            reason += f"; with two visits of each, {others} may as well have"
    elif not visit.fits and visit.best_other > found.cut:
        verdict, reason = "warn", f"is like the visits of {visit.like}, not like its patient's"
    elif not visit.fits:
        verdict = "not_evaluable"
        reason = "is like nobody's visits, its patient's neither: too noisy, or of somebody else"
    return _row(
        "visits",
        layer,
        verdict,
        reason,
        sample=names[i],
        patient=patients[i],
        partner="" if partner is None else names[partner],
        partner_patient="" if partner is None else patients[partner],
        value=visit.own,
        cut=found.cut,
        best_other=visit.best_other,
        rank=visit.rank,
        patients=visit.patients,
    )


def _of_sex(name: str, layer: Layer, sheet: pd.DataFrame) -> Rows:
    if "sex" not in sheet:
        return [_row("sex", name, "not_evaluable", "the sheets have no column sex")]
    values = layer.values.loc[sheet.index]
    calls, reason = sex_calls(values, layer.scale, sheet["sex"], sheet["patient"])
    if reason:
        return [_row("sex", name, "not_evaluable", reason)]
    odd = calls[~calls["fits"].astype(bool)]
    if odd.empty:
        return [_row("sex", name, "pass", f"all {len(calls):,} samples fit the sex of the sheet")]
    return [
        _row(
            "sex",
            name,
            "warn",
            f"the sheet says {told}, what is linked to sex says otherwise",
            sample=sample,
            patient=str(sheet.loc[sample, "patient"]),
            value=score,
        )
        for sample, score, told in zip(odd.index, odd["score"], odd["told"], strict=True)
    ]


def _of_columns(name: str, values: pd.DataFrame, sheet: pd.DataFrame) -> Rows:
    numbers = np.ascontiguousarray(values.sort_index(axis=1).to_numpy(float)) + 0.0  # no -0
    enough = (np.nan_to_num(numbers) != 0).sum(axis=1) >= FEWEST_VALUES
    keys = {sample: numbers[i].tobytes() for i, sample in enumerate(values.index) if enough[i]}
    what = "has the same value as {} in every feature"
    return _twice("columns", name, keys, sheet, what, "no two samples have the same values")


def _of_reads(ledger: pd.DataFrame, measured: pd.DataFrame | None, sheet: pd.DataFrame) -> Rows:
    """Compare what was found in FASTQ files: the fate of every read, bases and their quality.

    A copy that was packed anew or has its reads in another order is found too.
    """
    table = ledger.set_index("sample")
    if measured is not None:
        more = measured.set_index("sample")[["bases_read", "q30_bases"]]
        table = table.join(more)
    table = table[table["reads"] >= FEWEST_READS]
    keys = {sample: tuple(row) for sample, row in zip(table.index, table.to_numpy(), strict=True)}
    what = "its FASTQ holds the same reads as that of {}"
    return _twice("reads", "smallrna", keys, sheet, what, "no two FASTQ files hold the same reads")


def _twice(
    check: str, layer: str, keys: Mapping[str, Any], sheet: pd.DataFrame, what: str, none: str
) -> Rows:
    groups: dict[Any, list[str]] = {}
    for sample in sorted(keys):
        groups.setdefault(keys[sample], []).append(sample)
    pairs = chain.from_iterable(
        [(sample, group[0] if sample != group[0] else group[1]) for sample in group]
        for group in groups.values()
        if len(group) > 1
    )
    patient = sheet["patient"].reindex([*keys]).fillna("").astype(str)
    found = [
        _row(
            check,
            layer,
            "warn",
            what.format(partner),
            sample=sample,
            patient=patient[sample],
            partner=partner,
            partner_patient=patient[partner],
        )
        for sample, partner in pairs
    ]
    return found or [_row(check, layer, "pass", none)]
