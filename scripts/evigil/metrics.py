"""The metrics that gates judge: what each means, which way it is bad, and its default limits."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from evigil.metric import Metric
from evigil.metrics_proteomics import PROTEOMICS
from evigil.metrics_specimen import SPECIMEN

LIMITS = ("fail_below", "warn_below", "fail_above", "warn_above")
# Limits of one metric must not fall in this order.
IN_ORDER = ("fail_below", "warn_below", "warn_above", "fail_above")

NO_READS = "a count table has no reads"
NO_SIGNATURE = "too few of the miRNAs that it compares have reads"

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(
                "transcriptome_reads",
                "smallrna",
                "count",
                "low",
                "reads assigned to RNA of the species, rRNA apart (of a count table: all of it); "
                "molecules where there are UMIs",
                "transcriptome_reads",
                limits=(("fail_below", 100_000), ("warn_below", 200_000)),
                critical=True,
                source="exRNA Atlas / exceRpt: more than 100,000; the warning is ours",
            ),
            Metric(
                "transcriptome_genome_ratio",
                "smallrna",
                "ratio",
                "low",
                "transcriptome reads over the sheet's `genome_reads`",
                "transcriptome_reads",
                "genome_reads",
                limits=(("warn_below", 0.5),),
                source="exRNA Atlas / exceRpt: more than 0.5",
                lacking="the sheet gives no genome_reads",
            ),
            Metric(
                "features_detected",
                "smallrna",
                "value",
                "low",
                "features with at least one read",
                "features_detected",
                fitted=True,
            ),
            Metric(
                "mirnas_detected",
                "smallrna",
                "value",
                "low",
                "miRNAs with at least 5 reads",
                "mirnas_detected",
                fitted=True,
                lacking="a count table does not say which features are miRNAs",
            ),
            Metric(
                "top_feature_share",
                "smallrna",
                "share",
                "high",
                "share of the transcriptome reads that the most abundant feature takes",
                "top_feature_reads",
                "transcriptome_reads",
                fitted=True,
            ),
            Metric(
                "mirna_share",
                "smallrna",
                "share",
                "low",
                "share of the reads assigned to RNA of the species that are miRNA",
                "mirna_reads",
                "assigned_reads",
                limits=(("fail_below", 0.01), ("warn_below", 0.05)),
                critical=True,
                lacking="a count table does not say which reads were left out of it",
            ),
            Metric(
                "insert_length_mode",
                "smallrna",
                "value",
                "high",
                "most frequent length of the inserts, nucleotides",
                "insert_length_mode",
                limits=(("warn_below", 20), ("warn_above", 24)),
                source="length of a miRNA, 20 to 24 nucleotides",
                lacking=NO_READS,
            ),
            Metric(
                "q30_share",
                "smallrna",
                "share",
                "low",
                "share of the bases with quality 30 or better",
                "q30_bases",
                "bases_read",
                limits=(("warn_below", 0.8),),
                lacking=NO_READS,
            ),
            Metric(
                "adapter_dimer_share",
                "smallrna",
                "share",
                "high",
                "share of the reads that are adapter without insert",
                "adapter_dimers",
                "sequenced_reads",
                limits=(("warn_above", 0.25), ("fail_above", 0.5)),
                critical=True,
                lacking="a count table has no adapter dimers",
            ),
            Metric(
                "protocol_contradiction",
                "smallrna",
                "value",
                "high",
                "1 if the reads contradict the declared library protocol, or fit none",
                "protocol_contradiction",
                limits=(("fail_above", 0),),
                critical=True,
                lacking="a count table has no reads to compare with the protocol",
            ),
            Metric(
                "clade_contamination",
                "smallrna",
                "share",
                "high",
                "share of the inserts that only miRNA families of another clade explain",
                "clade_reads",
                "inserts",
                limits=(("warn_above", 0.001), ("fail_above", 0.01)),
                critical=True,
                source="families: miRTrace, doi:10.1186/s13059-018-1588-9; the limits are ours",
                lacking="a count table has no reads of other species",
            ),
            Metric(
                "haemolysis_index",
                "smallrna",
                "value",
                "high",
                "log2 by which the 20 miRNAs of red cells exceed the background miRNAs",
                "haemolysis_index",
                limits=(("warn_above", 1.9),),
                source="Smith 2022, doi:10.3390/genes13071288: 1.9, in plasma; "
                "the frozen background is ours",
                lacking=NO_SIGNATURE,
                supplied_with="mir_451a_reads",
            ),
            Metric(
                "mir_451a_23a",
                "smallrna",
                "log2_ratio",
                "high",
                "log2 of miR-451a over miR-23a-3p; reported, never judged",
                "mir_451a_reads",
                "mir_23a_reads",
                lacking="miR-451a or miR-23a-3p is not in the counts",
                widest=2.0,
            ),
            Metric(
                "platelet_index",
                "smallrna",
                "value",
                "high",
                "how many times the 3 miRNAs of platelets exceed the background miRNAs",
                "platelet_index",
                fitted=True,
                source="miRNAs: Bracht 2023, doi:10.1002/jev2.12302; the limit is fitted (ours)",
                lacking=NO_SIGNATURE,
                supplied_with="mir_451a_reads",
            ),
            Metric(
                "outlier_distance",
                "smallrna",
                "value",
                "high",
                "distance of the profile from those of the quality reference: robust Mahalanobis "
                "on their principal components",
                "outlier_distance",
                fitted=True,
                source="PCOut, doi:10.1016/j.csda.2007.05.018; number of components and limit: "
                "ours",
                lacking="the quality reference is too small to compare profiles with, or the "
                "sample lacks its features",
            ),
            *PROTEOMICS,
            *SPECIMEN,
        )
    }
)

METRIC_NAMES = tuple(METRICS)

MEASURED = (
    *("sequenced_reads", "library_protocol", "protocol_verdict", "protocol_reason"),
    *("inserts", "assigned_reads", "transcriptome_reads", "features_detected"),
    *("top_feature", "top_feature_reads", "top_feature_share"),
    *("mirna_reads", "mirna_share", "mirnas_detected", "insert_length_mode"),
    *("bases_read", "q30_bases", "q30_share", "adapter_dimers", "adapter_dimer_share"),
    *("protocol_contradiction", "clade_reads", "clade_share", "foreign_clade"),
    *("haemolysis_index", "mir_451a_reads", "mir_23a_reads", "mir_451a_23a", "platelet_index"),
)
"""Columns of ``smallrna/samples.tsv`` behind ``sample``, in order."""


def gate_faults(gates: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which settings of ``quality.gates`` contradict each other, one line each.

    Parameters
    ----------
    gates
        By metric (of `METRIC_NAMES`): ``fail_below, warn_below, fail_above, warn_above`` (numbers
        or None), ``critical``, ``off``.
    """
    faults = []
    for name, gate in gates.items():
        limits = [(key, gate[key]) for key in IN_ORDER if gate.get(key) is not None]
        lowest, high, allowed = _allowed(METRICS[name])
        faults += [
            f"config: quality.gates.{name}.{key} must be {allowed}, got {limit:g}"
            for key, limit in limits
            if not lowest <= limit <= high
        ]
        for (lower, a), (upper, b) in pairwise(limits):
            if a > b:
                faults.append(f"config: quality.gates.{name}: {lower} {a:g} is above {upper} {b:g}")
        if gate.get("off") and limits:
            key, limit = limits[0]
            faults.append(
                f"config: quality.gates.{name}: off: true and {key} {limit:g} contradict each "
                "other; drop one"
            )
        own = [key for key, _ in limits] or [key for key, _ in METRICS[name].limits]
        if (
            gate.get("critical")
            and not gate.get("off")
            and not {"fail_below", "fail_above"} & {*own}
        ):
            faults.append(
                f"config: quality.gates.{name}: critical needs fail_below or fail_above; "
                "a warning limit alone, set or fitted, only warns"
            )
    return faults


def _allowed(metric: Metric) -> tuple[float, float, str]:
    """Return the lowest and the highest limit that make sense, and these in words."""
    if metric.kind in ("share", "fraction"):
        return 0.0, 1.0, "from 0 to 1"
    if metric.kind == "log2":
        return float("-inf"), float("inf"), "a number"
    return metric.lowest, float("inf"), f"{metric.lowest:g} or more"
