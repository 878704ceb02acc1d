"""The quality stage: what was measured in, gates out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from evigil.quality.blanks import blank_samples, set_apart, spare_blanks
from evigil.quality.ev import mixed, specimen_metrics, usual_biofluid
from evigil.quality.gates import judge, summarise
from evigil.quality.limits import fit_reference
from evigil.quality.measured import no_metrics, smallrna_metrics
from evigil.quality.outliers import fit_outliers, outlier_distances, outlier_metrics


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

    Raises
    ------
    UserError
        For limits that contradict each other.
    """
    if smallrna is not None and "genome_reads" in samples:
        smallrna = smallrna.merge(samples[["sample", "genome_reads"]], on="sample", how="left")
    metrics = no_metrics() if smallrna is None else smallrna_metrics(smallrna)
    fitted_on = set(samples.loc[samples["reference"], "sample"])
    if specimen is not None:
        sequenced = set() if smallrna is None else set(smallrna["sample"])
        of_specimens = specimen_metrics(specimen, sequenced)
        metrics = pd.concat([part for part in (metrics, of_specimens) if len(part)] or [metrics])
        fitted_on -= mixed(specimen)
    to_fit, profiles = metrics, {}
    if counts is not None and smallrna is not None:
        fitted = fit_outliers(counts, fitted_on)
        profiles["smallrna"] = fitted.frozen
        distances = outlier_distances(counts, fitted.frozen)
        # what components were fitted on lies nearer to them than what they never saw
        unseen = fitted.held_out.combine_first(distances)
        to_fit = pd.concat([metrics, outlier_metrics(unseen, "smallrna")])
        metrics = pd.concat([metrics, outlier_metrics(distances, "smallrna")])
    reference = fit_reference(to_fit, fitted_on, limits) | {"outliers": profiles}
    if specimen is not None:
        reference["biofluid"] = usual_biofluid(specimen)
    blanks = blank_samples(samples)
    gates = spare_blanks(judge(metrics, reference), blanks)
    layers = [] if smallrna is None else ["smallrna"]
    of_samples = summarise(gates, samples["sample"], layers)
    return Quality(gates, set_apart(of_samples, blanks), reference)
