"""Tables, plates and batches put together: one matrix of proteins, with what each run was."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.matrix.log_scale import normaliser
from evigil.matrix.roll_up import DirectLFQ
from evigil.proteomics.part import Part
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.settings import Settings

ASSAY, ION = "assay", "ion"
#: Columns of `Cohort.samples`.
RUN = ("run", "table", "format", "layout", "level", "table_batch", "plate", "run_qc", "run_note")
#: Between what several tables say of one sample, as engines join accessions.
JOINED = ";"


class Cohort(NamedTuple):
    """All tables of a study as one.

    Attributes
    ----------
    values
        Normalised log2 values, shape (n_samples, n_features), both sorted; NaN where missing.
    measured
        The same before normalisation.
    censored, limit
        Like `values`, or None where no table tells of it: whether a value is a mark or at its
        detection limit; the log2 detection limit, normalised as the values are.
    features
        Indexed by feature: ``protein_group, gene, peptides``.
    samples
        Indexed by sample: `RUN`; of a sample with several tables joined by ``;``.
    ledger
        ``sample, run, table`` and `LEDGER`, sorted; the sample of a run that is none is empty.
    reference
        What was frozen, ready for JSON.
    notes
        What the user should know, one line each.
    """

    values: pd.DataFrame
    measured: pd.DataFrame
    censored: pd.DataFrame | None
    limit: pd.DataFrame | None
    features: pd.DataFrame
    samples: pd.DataFrame
    ledger: pd.DataFrame
    reference: dict[str, Any]
    notes: tuple[str, ...] = ()


class _Table(NamedTuple):
    """Proteins of the samples of one or more parts of the sheet, before normalisation."""

    values: pd.DataFrame
    features: pd.DataFrame
    spectral: bool


def join(parts: Iterable[Part], settings: Settings) -> Cohort:
    """Put tables together.

    Precursors and peptides become proteins by directLFQ, each format by itself; an engine's own
    proteins stay; what mass spectrometry measured is normalised together; Olink and SomaScan stay
    as they are.

    Parameters
    ----------
    parts
        The tables, in any order.
    settings
        How.

    Raises
    ------
    UserError
        If a sample is in two tables, or normalisation lacks what it needs.
    """
    parts = sorted(parts, key=lambda part: part.table)
    _refuse_twice(parts)
    if not any((part.samples != "").any() for part in parts):
        named = ", ".join(part.table for part in parts)
        raise UserError(f"{named}: no run is of a sample of the sheet (controls, or left out)")
    tables, frozen = _proteins(parts, settings)
    features = _features([table.features for table in tables])
    samples = _samples(parts)
    measured = _filled([table.values for table in tables], samples.index, features.index)
    censored, limit = (_marks(parts, name, measured) for name in ("censored", "limit"))
    rows = sorted(set().union(*(table.values.index for table in tables if table.spectral)))
    values = measured.copy()
    if to_shift := [sample for sample in rows if sample not in settings.blanks]:
        _require_values(measured.loc[to_shift], samples)
        model = _normaliser(settings, to_shift, features, samples)
        model.fit(measured.loc[_fitting(to_shift, settings)])
        values.loc[to_shift] = model.transform(measured.loc[to_shift])
        frozen["normalisation"] = model.frozen()
    if limit is not None:
        limit -= (measured - values).median(axis=1).fillna(0.0).to_numpy()[:, None]
    told = values.notna().any()
    told |= limit.notna().any() if limit is not None else False
    frozen["n"] = len(settings.fitted_on & set(samples.index))

    def kept(table: pd.DataFrame | None) -> pd.DataFrame | None:
        return None if table is None else table.loc[:, told]

    return Cohort(
        values.loc[:, told],
        measured.loc[:, told],
        kept(censored),
        kept(limit),
        features[told.to_numpy()],
        samples,
        _ledger(parts),
        frozen,
        tuple(_notes(told, measured, values)),
    )


def _notes(told: pd.Series, measured: pd.DataFrame, values: pd.DataFrame) -> Iterable[str]:
    """Say what was measured and is not in the matrix."""
    if not told.all():
        yield f"proteins that no sample has, left out: {(~told).sum():,}"
    lost = values.index[measured.notna().any(axis=1) & values.isna().all(axis=1)]
    if len(lost):
        yield f"samples without a value that they could be normalised by: {', '.join(lost)}"


def _require_values(measured: pd.DataFrame, samples: pd.DataFrame) -> None:
    """Refuse tables that leave nothing: only decoys, no ion in two samples, all censored."""
    if measured.isna().all(axis=None):
        tables = sorted(set(samples["table"].loc[measured.index]))
        raise UserError(f"{', '.join(tables)}: no protein has a value in any sample")


def _refuse_twice(parts: list[Part]) -> None:
    """Refuse a sample that stands in two tables, unless these are panels of other assays."""
    earlier: dict[str, list[Part]] = {}
    for part in parts:
        for sample in part.samples[part.samples != ""]:
            for other in earlier.setdefault(sample, []):
                _refuse_pair(sample, other, part)
            earlier[sample].append(part)


def _refuse_pair(sample: str, other: Part, part: Part) -> None:
    one, two = other.quantities, part.quantities
    panels = one.level == two.level == ASSAY
    both: set[str] = {*one.features.index} & {*two.features.index} if panels else set()
    if panels and not both:
        return
    what = f" with {min(both)!r} in both" if both else ""
    raise UserError(
        f"proteomics: sample {sample!r} is in {other.table} and in {part.table}{what}; a sample "
        "enters once: name a further run of it as a sample of its own (replicate_of)"
    )


def _proteins(parts: list[Part], settings: Settings) -> tuple[list[_Table], dict[str, Any]]:
    """Return every table as proteins; precursors of one format are rolled up together."""
    tables, rolled = [], {}
    for kind in sorted({p.quantities.format for p in parts if p.quantities.level == ION}):
        own = [p for p in parts if (p.quantities.format, p.quantities.level) == (kind, ION)]
        values = [_by_sample(p, p.quantities.values, _ion_names(p)) for p in own]
        group = pd.concat([_ion_groups(p) for p in own])
        group = group[~group.index.duplicated()].sort_index()
        samples = pd.Index(sorted(sample for v in values for sample in v.index))
        ions = _filled(values, samples, group.index)
        model = DirectLFQ().fit(ions.loc[_fitting(list(ions.index), settings)], group)
        for locked in reversed(settings.models):
            if kind in locked:
                model = model.keeping(locked[kind], set(group))
        proteins = model.transform(ions)
        rolled[kind] = model.frozen()
        known = _features([_of_groups(p.quantities.features) for p in own])
        tables.append(_Table(proteins, known.reindex(proteins.columns), True))
    for part in parts:
        if part.quantities.level != ION:
            values_, features = part.quantities.values, part.quantities.features
            spectral = part.quantities.level != ASSAY
            tables.append(_Table(_by_sample(part, values_, values_.columns), features, spectral))
    return tables, {"roll_up": rolled, "normalisation": {"method": "none"}}


#: Between an ion and its group: batches may put one ion into different groups.
_IN = " in "


def _ion_names(part: Part) -> pd.Index:
    features = part.quantities.features
    return pd.Index(features.index.astype(str) + _IN + features["protein_group"].astype(str))


def _ion_groups(part: Part) -> pd.Series:
    groups = part.quantities.features["protein_group"].astype(str)
    return groups.set_axis(_ion_names(part))


def _of_groups(ions: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of the groups of ions."""
    known = ions.assign(gene=ions["gene"].where(ions["gene"] != ""))
    table = known.groupby("protein_group").agg(gene=("gene", "first"), peptides=("peptides", "max"))
    return table.assign(protein_group=table.index, gene=table["gene"].fillna(""))


def _by_sample(part: Part, values: pd.DataFrame, columns: pd.Index) -> pd.DataFrame:
    """Return the rows that are samples, named so and sorted."""
    mapped = (part.samples != "").to_numpy()
    table = values[mapped].set_axis(part.samples[mapped].to_numpy()).set_axis(columns, axis=1)
    return table.sort_index()


def _filled(blocks: list[pd.DataFrame], rows: pd.Index, columns: pd.Index) -> pd.DataFrame:
    """Put blocks into one table, missing where no block has a value."""
    joined = np.full((len(rows), len(columns)), np.nan)
    for block in blocks:
        place = np.ix_(rows.get_indexer(block.index), columns.get_indexer(block.columns))
        there = joined[place]
        joined[place] = np.where(np.isnan(there), block.to_numpy(float), there)
    return pd.DataFrame(joined, rows, columns)


def _features(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what is known of every feature, sorted: the first that says it, the most peptides."""
    known = pd.concat([t[["protein_group", "gene", "peptides"]] for t in tables])
    names = known[["protein_group", "gene"]].astype(object)
    known = names.where(names != "").assign(peptides=known["peptides"].astype(float))
    by = known.groupby(level=0, sort=True)
    table = by[["protein_group", "gene"]].first().fillna("")
    return table.assign(peptides=by["peptides"].max()).rename_axis(None)


def _marks(parts: list[Part], name: str, like: pd.DataFrame) -> pd.DataFrame | None:
    """Return a layer of marks of all tables; a table that tells of none has none."""
    blocks = []
    for part in parts:
        layer = getattr(part.quantities, name)
        if layer is not None and part.quantities.level != ION:
            blocks.append(_by_sample(part, layer, layer.columns))
    if not blocks:
        return None
    joined = _filled(blocks, like.index, like.columns)
    return joined.fillna(0.0).astype(bool) if name == "censored" else joined


def _fitting(samples: list[str], settings: Settings) -> list[str]:
    """Return those of the samples that are fitted on."""
    wanted = settings.fitted_on
    if settings.normalisation == "reference":
        wanted = wanted | settings.reference_samples
    return [s for s in samples if s in wanted] or samples


def _normaliser(
    settings: Settings, rows: list[str], features: pd.DataFrame, samples: pd.DataFrame
) -> Any:
    of_sheet = pd.Series(settings.batches, dtype=object).reindex(rows)
    of_table = samples["table_batch"].loc[rows]
    batches = of_table.where(of_table != "", of_sheet)
    if settings.normalisation == "reference" and batches.isna().all():
        batches[:] = "all"  # one batch
    groups = features["protein_group"].str.split(JOINED)
    spiked = groups.map(lambda group: bool({*group} & {*settings.spike_proteins}))
    named = features.index[spiked].tolist()
    known = set(groups.explode())
    if lost := [name for name in settings.spike_proteins if name not in known]:
        raise UserError(f"config: proteomics.spike_proteins: no table has {lost[0]!r}")
    reference = sorted(settings.reference_samples & set(rows))
    return normaliser(settings.normalisation, reference, named, batches)


def _samples(parts: list[Part]) -> pd.DataFrame:
    """Return what is known of the runs of each sample, sorted."""
    tables = []
    for part in parts:
        runs, q = part.quantities.runs, part.quantities
        facts = {"table": part.table, "format": q.format, "layout": q.layout, "level": q.level}
        table = pd.DataFrame({"sample": part.samples, "run": runs.index}, index=runs.index)
        table = table.assign(**facts, table_batch=part.batch, plate=runs["plate"])
        tables.append(table.assign(run_qc=runs["qc"], run_note=runs["note"]))
    known = pd.concat(tables).query("sample != ''").fillna("").astype(str)
    joined = known.groupby("sample", sort=True)[list(RUN)].agg(_told)
    return joined.rename_axis(None)


def _told(values: pd.Series) -> str:
    return JOINED.join(dict.fromkeys(value for value in values if value))


def _ledger(parts: list[Part]) -> pd.DataFrame:
    tables = [
        part.quantities.ledger.reindex(columns=list(LEDGER)).assign(
            sample=part.samples, run=part.samples.index, table=part.table
        )
        for part in parts
    ]
    table = pd.concat(tables, ignore_index=True)[["sample", "run", "table", *LEDGER]]
    return table.sort_values(["sample", "table", "run"], ignore_index=True)
