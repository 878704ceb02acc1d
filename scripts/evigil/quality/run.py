"""The quality stage: what was measured in, gates out."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from evigil.quality.blanks import blank_samples, set_apart, spare_blanks
from evigil.quality.ev import mixed, specimen_metrics, usual_biofluid
from evigil.quality.gates import judge, summarise
from evigil.quality.limits import fit_reference
from evigil.quality.measured import no_metrics, protein_metrics, smallrna_metrics
from evigil.quality.outliers import Scale, fit_outliers, outlier_distances, outlier_metrics

NO_OTHERS: Mapping[str, Collection[str]] = MappingProxyType({})


class Quality(NamedTuple):
    """Gates of every metric, of every sample, and the limits that were in force."""

    gates: pd.DataFrame
    samples: pd.DataFrame
    reference: dict[str, Any]


def gate(
    samples: pd.DataFrame,
    smallrna: pd.DataFrame | None,
    limits: Mapping[str, Mapping[str, Any]],
    specimen: pd.DataFrame | None = None,
    counts: pd.DataFrame | None = None,
    proteins: pd.DataFrame | None = None,
    intensities: pd.DataFrame | None = None,
    others: Mapping[str, Collection[str]] = NO_OTHERS,
) -> Quality:
    """Judge every metric of every sample by limits that are settled once.

    Parameters
    ----------
    samples
        ``sample, reference``: on the samples marked so, limits are fitted; ``genome_reads`` where
        the sheet has them; ``role``: blanks are measured and not judged, their gate is
        ``not_evaluable``.
    smallrna
        ``smallrna/samples.tsv``; none in a study without that layer.
    limits
        ``quality.gates`` of the configuration.
    specimen
        ``quality/specimen.tsv``. No limit is fitted on samples of another biofluid than most.
    counts
        ``smallrna/counts.h5ad``, samples × features, to compare profiles by.
    proteins
        ``proteomics/samples.tsv``; none in a study without that layer.
    intensities
        ``proteomics/intensities.h5ad``, samples × protein groups, log2, to compare profiles by.
    others
        By layer that nothing is measured of (those of the block `layers`): the samples in it. They
        pass.

    Raises
    ------
    UserError
        For limits that contradict each other.
    """
    if smallrna is not None and "genome_reads" in samples:
        smallrna = smallrna.merge(samples[["sample", "genome_reads"]], on="sample", how="left")
    parts = [] if smallrna is None else [smallrna_metrics(smallrna)]
    parts += [] if proteins is None else [protein_metrics(proteins)]
    fitted_on = set(samples.loc[samples["reference"], "sample"])
    if specimen is not None:
        sequenced = set() if smallrna is None else set(smallrna["sample"])
        parts.append(specimen_metrics(specimen, sequenced))
        fitted_on -= mixed(specimen)
    metrics = to_fit = pd.concat([part for part in parts if len(part)] or [no_metrics()])
    frozen = {}
    profiles: list[tuple[str, pd.DataFrame | None, Scale]] = [
        ("smallrna", counts if smallrna is not None else None, "counts"),
        ("proteomics", intensities if proteins is not None else None, "log2"),
    ]
    for layer, values, scale in profiles:
        if values is None:
            continue
        fitted = fit_outliers(values, fitted_on, scale)
        frozen[layer] = fitted.frozen
        distances = outlier_distances(values, fitted.frozen)
        # what components were fitted on lies nearer to them than what they never saw
        unseen = fitted.held_out.combine_first(distances)
        to_fit = pd.concat([to_fit, outlier_metrics(unseen, layer)])
        metrics = pd.concat([metrics, outlier_metrics(distances, layer)])
    reference = fit_reference(to_fit, fitted_on, limits) | {"outliers": frozen}
    if specimen is not None:
        reference["biofluid"] = usual_biofluid(specimen)
    blanks = blank_samples(samples)
    gates = spare_blanks(judge(metrics, reference), blanks)
    judged = {"smallrna": smallrna, "proteomics": proteins}
    layers = [name for name, table in judged.items() if table is not None]
    inside = dict(others)
    # of a plain matrix, and of Olink and SomaScan, nothing may be measured that is judged
    inside |= held({"proteomics": intensities} if intensities is not None else {})
    of_samples = summarise(gates, samples["sample"], [*layers, *others], inside)
    return Quality(gates, set_apart(of_samples, blanks), reference)


def held(layers: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the samples with a value in each layer."""
    return {name: list(values.index[values.notna().any(axis=1)]) for name, values in layers.items()}
