"""What the stage leaves: the matrix, what was measured of each sample, and the ledger."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pandas as pd

from evigil.proteomics.character import ev_category, sample_metrics
from evigil.proteomics.cohort import Cohort, join
from evigil.proteomics.part import Part
from evigil.proteomics.settings import Settings
from evigil.tables import write_json, write_matrix, write_table

#: Columns of ``proteomics/samples.tsv`` behind those of a run, before those of its character.
COUNTED = ("proteins", "missing_share", "censored_share", "median_log2", "normalisation_shift")


class Results(NamedTuple):
    """A cohort, and what its proteins say of each sample."""

    cohort: Cohort
    categories: pd.Series
    samples: pd.DataFrame


class Output(Protocol):
    """Where the files of the stage are written."""

    h5ad: str
    samples: str
    ledger: str
    reference: str


def assemble(
    parts: Iterable[Part],
    scaling: Mapping[str, Any],
    panels: str | None,
    models: Iterable[Mapping[str, Any]] = (),
) -> Results:
    """Put tables together and describe each sample by its proteins.

    Parameters
    ----------
    parts
        The tables.
    scaling
        As `evigil.plan_proteomics.ProteomicsPlan.scaling` returns it.
    panels
        The user's markers, if any.
    models
        Manifests of the locked models that score proteins of the study.
    """
    cohort = join(parts, _settings(scaling, models))
    for note in cohort.notes:
        print(note)
    categories = ev_category(cohort.features, panels)
    character = sample_metrics(
        cohort.measured, cohort.features, panels, cohort.samples["format"], cohort.censored
    )
    return Results(cohort, categories, _counted(cohort).join(character))


def write(found: Results, sheet: pd.DataFrame, output: Output) -> None:
    """Write the stage's files.

    Parameters
    ----------
    found
        What `assemble` returns.
    sheet
        `Study.samples`, indexed by sample: columns of ``obs`` in front of those of samples.tsv.
    output
        Paths.
    """
    cohort = found.cohort
    layers = {
        "measured": cohort.measured,
        "censored": cohort.censored,
        "limit": cohort.limit,
    }
    write_matrix(
        cohort.values,
        Path(output.h5ad).with_suffix(""),
        obs=sheet.join(found.samples, rsuffix="_of_table"),
        var=cohort.features.assign(ev_category=found.categories),
        layers={name: layer for name, layer in layers.items() if layer is not None},
    )
    write_table(found.samples.rename_axis("sample").reset_index(), output.samples)
    write_table(cohort.ledger, output.ledger)
    write_json(cohort.reference, output.reference)


def _settings(scaling: Mapping[str, Any], models: Iterable[Mapping[str, Any]]) -> Settings:
    return Settings(
        fitted_on=frozenset(scaling["fitted_on"]),
        blanks=frozenset(scaling["blanks"]),
        normalisation=scaling["normalisation"],
        spike_proteins=tuple(scaling["spike_proteins"]),
        reference_samples=frozenset(scaling["reference_samples"]),
        batches=dict(scaling["batches"]),
        models=tuple(manifest.get("roll_up", {}) for manifest in models),
    )


def _counted(cohort: Cohort) -> pd.DataFrame:
    there = cohort.measured.notna()
    marks = cohort.censored
    known = {
        "proteins": there.sum(axis=1),
        "missing_share": 1 - there.mean(axis=1),
        "censored_share": float("nan") if marks is None else marks.mean(axis=1),
        "median_log2": cohort.measured.median(axis=1),
        "normalisation_shift": (cohort.measured - cohort.values).median(axis=1),
    }
    return cohort.samples.assign(**known)
