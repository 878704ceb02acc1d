"""What is wrong between a configuration and its sheets: selectors, classes, series."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from evigil.audited import technical_faults
from evigil.config import Config
from evigil.config_words import show
from evigil.contrast_faults import contrast_faults
from evigil.errors import hint
from evigil.raw_packages import lacking
from evigil.sheets.proteomics import RAW
from evigil.sheets.selectors import match, selector_faults, value_faults, with_patients

if TYPE_CHECKING:
    from evigil.study import Study

MIN_PATIENTS = 7
"""Patients per class: with 7, five outer folds leave at least 5 for five inner folds."""


def study_faults(study: "Study", rows: dict[str, pd.DataFrame], base: Path) -> list[str]:
    """Return every fault between configuration and sheets, one line each.

    Parameters
    ----------
    study
        The study; its sheets are right by themselves.
    rows
        All rows of the series by path, of all markers.
    base
        Folder that relative paths start from.
    """
    if needs := _without_specimens(study):
        return [f"{study.config.samples}: no row has role sample; config: {needs} needs some"]
    faults = []
    if study.config.quality.reference is not None:
        faults += selector_faults(
            study.samples, study.config.quality.reference, "quality.reference"
        )
    faults += [] if study.stored else _distribution_faults(study.samples, base)
    faults += _reference_faults(study)
    faults += technical_faults(study.samples, study.config.quality.technical, _compared(study))
    for name in study.config.classifiers:
        faults += _classifier_faults(study, name)
    for name in study.config.monitoring:
        faults += _monitoring_faults(study, name, rows)
    if study.config.differential is not None:
        for name, block in study.config.differential.contrasts.items():
            faults += contrast_faults(study.specimens, name, block)
    return faults


def file_faults(config: Config, base: Path) -> list[str]:
    """Return the files that are missing, the sheets apart: they say so themselves."""
    wanted: list[str] = []
    if (small := config.smallrna) is not None:
        wanted += [*filter(None, [small.counts, small.spike_ins]), *small.fasta.values()]
        wanted += [f"{small.reference}/manifest.tsv"] if small.reference != "bundled" else []
    if config.proteomics is not None and config.proteomics.panels is not None:
        wanted.append(config.proteomics.panels)
    if config.proteomics is not None and config.proteomics.fasta is not None:
        wanted.append(config.proteomics.fasta)
    wanted += [layer.table for layer in config.layers.values()]
    for block in config.classifiers.values():
        if block.model is not None:
            wanted += [f"{block.model}/model.skops", f"{block.model}/manifest.json"]
    if config.differential is not None:
        named = (config.differential.gene_sets, config.differential.targets)
        wanted += [file for file in named if file is not None]
    references = [block.reference for block in config.monitoring.values()]
    wanted += [reference for reference in references if isinstance(reference, str)]
    return [f"{file}: no such file" for file in wanted if not (base / file).is_file()]


def table_faults(config: Config, tables: pd.DataFrame, base: Path) -> list[str]:
    """Return the files of the proteomics sheet that are missing, with the row that names each."""
    sheet = config.proteomics.tables if config.proteomics is not None else ""
    return [
        f"{sheet}: row {row['row']}: column {column}: {show(row[column])}: no such file"
        for row in tables.sort_values("row").to_dict("records")
        for column in ("path", "runs")
        if row[column] and not (base / row[column]).is_file()
    ]


def raw_faults(config: Config, tables: pd.DataFrame) -> list[str]:
    """Return what a search of the raw runs lacks, in one line: the proteins, or its packages."""
    raw = tables[tables["format"] == RAW]
    if config.proteomics is None or raw.empty:
        return []
    place = f"{config.proteomics.tables}: row {raw['row'].min()}: column format"
    if config.proteomics.fasta is None:
        return [f"{place}: {RAW} needs proteomics.fasta in the configuration: a FASTA of proteins"]
    return [f"{place}: {fault}"] if (fault := lacking()) else []


def _reference_faults(study: "Study") -> list[str]:
    """Return what is wrong with the samples that proteins are normalised by."""
    block = study.config.proteomics
    if block is None or block.normalisation != "reference":
        return []
    if block.reference_samples is not None:
        path = "proteomics.reference_samples"
        return selector_faults(study.samples, block.reference_samples, path)
    if (study.samples["role"] == "reference").any():
        return []
    return [
        "config: proteomics.normalisation: reference needs samples of role reference in "
        f"{study.config.samples}, or reference_samples"
    ]


def _distribution_faults(samples: pd.DataFrame, base: Path) -> list[str]:
    files = samples.reindex(columns=["size_distribution"])["size_distribution"].dropna()
    return [f"{file}: no such file" for file in files.unique() if not (base / file).is_file()]


def _without_specimens(study: "Study") -> str | None:
    """Return what needs specimens where the sheet has none, as one of blanks alone."""
    if len(study.specimens) or study.samples.empty:
        return None
    config = study.config
    needs = [f"classifiers.{name}" for name in config.classifiers]
    if config.differential is not None:
        needs += [f"differential.contrasts.{name}" for name in config.differential.contrasts]
    return next(iter(needs), None)


def _compared(study: "Study") -> list[str]:
    """Return what each classifier that is trained and each contrast compares."""
    contrasts = study.config.differential.contrasts if study.config.differential else {}
    trained = [b.column for b in study.config.classifiers.values() if b.model is None]
    return [name for name in trained if name] + [b.column for b in contrasts.values()]


def _classifier_faults(study: "Study", name: str) -> list[str]:
    block, table = study.config.classifiers[name], study.specimens
    path = f"classifiers.{name}"
    faults = selector_faults(table, block.train, f"{path}.train")
    faults += selector_faults(table, block.hold_out or {}, f"{path}.hold_out")
    if block.column is not None and block.column not in table:
        near = hint(block.column, table.columns)
        faults.append(f"config: {path}.column: no column {block.column!r}{near}")
    elif block.column is not None:
        for key in ("case", "control"):
            values = getattr(block, key) or []
            faults += value_faults(table[block.column], values, f"{path}.{key}")
    if faults or block.model is not None:
        return faults
    return _overlap_faults(study, name) or _class_faults(study, name)


def _overlap_faults(study: "Study", name: str) -> list[str]:
    block, table = study.config.classifiers[name], study.specimens
    labelled = study.labels(name).notna()
    trained = set(table["patient"][labelled & study.selected_to_train(name)])
    held = block.hold_out is not None and labelled & match(table, block.hold_out)
    both = sorted(trained & set(table["patient"][held])) if block.hold_out is not None else []
    return _named(both, f"config: classifiers.{name}: patient", "is in both train and hold_out")


def _class_faults(study: "Study", name: str) -> list[str]:
    trained = study.training_samples(name).dropna(subset="label")
    classes = trained.groupby("patient")["label"].nunique()
    mixed = sorted(classes.index[classes > 1])
    path = f"config: classifiers.{name}"
    faults = _named(mixed, f"{path}: patient", "is both a case and a control in train")
    for label, word in ((1, "case"), (0, "control")):
        patients = trained["patient"][trained["label"] == label].nunique()
        if patients < MIN_PATIENTS and not mixed:
            found = f"{patients} {word} patient{'' if patients == 1 else 's'}"
            faults.append(
                f"{path}: train has {found}; 5 × 5-fold cross-validation needs at least "
                f"{MIN_PATIENTS} of each class"
            )
    return faults


def _named(patients: list[str], before: str, after: str) -> list[str]:
    others = len(patients) - 1
    more = f" (and {others} more patient{'s' * (others > 1)})" if others > 0 else ""
    return [f"{before} {patients[0]!r} {after}{more}"] if patients else []


def _monitoring_faults(study: "Study", name: str, rows: dict[str, pd.DataFrame]) -> list[str]:
    block, path = study.config.monitoring[name], f"monitoring.{name}"
    if block.series is None:
        table, faults = study.specimens, _visit_faults(study, name)
    else:
        table = with_patients(study.series[name], study.patients)
        faults = _series_faults(study, name, rows[block.series])
    if isinstance(block.reference, dict) and not faults:
        faults += selector_faults(table, block.reference, f"{path}.reference")
    return faults


def _visit_faults(study: "Study", name: str) -> list[str]:
    if study.specimens["day"].notna().any():
        return []
    return [
        f"config: monitoring.{name} needs column 'collected' or 'day' in {study.config.samples}"
    ]


def _series_faults(study: "Study", name: str, rows: pd.DataFrame) -> list[str]:
    block = study.config.monitoring[name]
    found = rows["marker"].unique()
    path = f"config: monitoring.{name}.markers"
    return [
        f"{path}: {marker!r} is not in {block.series}{hint(marker, found)}"
        for marker in block.markers or []
        if marker not in found
    ]
