"""The metrics that gates judge: what each means, which way it is bad, and its default limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal

# Below these denominators (reads) an interval that straddles the failing limit is no verdict.
MINIMUM_DENOMINATOR = MappingProxyType({"ratio": 50, "share": 1000, "count": 0, "value": 0})
LIMITS = ("fail_below", "warn_below", "fail_above", "warn_above")
# Limits of one metric must not fall in this order.
IN_ORDER = ("fail_below", "warn_below", "warn_above", "fail_above")


@dataclass(frozen=True)
class Metric:
    """One metric of the gates.

    Attributes
    ----------
    name, layer
        As in ``quality/gates.tsv``.
    kind
        What its interval is: ``count`` (Poisson), ``share`` (k of n), ``ratio`` (of two counts),
        or ``value`` (none).
    bad
        The side on which it is bad.
    meaning
        In plain words, for the documentation.
    limits
        Default absolute limits: ``fail_below, warn_below, fail_above, warn_above``.
    fitted
        Whether its limit comes from the quality reference when no absolute one is set.
    critical
        Whether a failure fails the layer by default; any other metric can at most warn.
    source
        Where the limit comes from; *ours* if the literature gives none.
    lacking
        Why a count table cannot have it; empty if it has.
    """

    name: str
    layer: str
    kind: Literal["count", "share", "ratio", "value"]
    bad: Literal["low", "high"]
    meaning: str
    limits: tuple[tuple[str, float], ...] = ()
    fitted: bool = False
    critical: bool = False
    source: str = "ours"
    lacking: str = ""

    @property
    def minimum(self) -> int:
        """The denominator below which a straddled limit cannot be judged."""
        return MINIMUM_DENOMINATOR[self.kind]


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(
                "transcriptome_reads",
                "smallrna",
                "count",
                "low",
                "reads assigned to a feature",
                limits=(("fail_below", 100_000), ("warn_below", 200_000)),
                critical=True,
                source="exRNA Atlas / exceRpt: more than 100,000; the warning is ours",
            ),
            Metric(
                "features_detected",
                "smallrna",
                "value",
                "low",
                "features with at least one read",
                fitted=True,
            ),
            Metric(
                "top_feature_share",
                "smallrna",
                "share",
                "high",
                "share of the reads that the most abundant feature takes",
                fitted=True,
            ),
            Metric(
                "mirna_share",
                "smallrna",
                "share",
                "low",
                "share of the assigned reads that are miRNA",
                critical=True,
                lacking="a count table does not say which reads were left out of it",
            ),
            Metric(
                "adapter_dimer_share",
                "smallrna",
                "share",
                "high",
                "share of the reads that are adapter without insert",
                critical=True,
                lacking="a count table has no adapter dimers",
            ),
            Metric(
                "protocol_contradiction",
                "smallrna",
                "value",
                "high",
                "whether the reads contradict the declared library protocol",
                critical=True,
                lacking="a count table has no reads to compare with the protocol",
            ),
            Metric(
                "clade_contamination",
                "smallrna",
                "share",
                "high",
                "share of the reads that only another clade's miRNAs explain",
                critical=True,
                source="miRTrace",
                lacking="a count table has no reads of other species",
            ),
        )
    }
)

# What `quality.gates` may name: the metrics that this version can measure.
METRIC_NAMES = tuple(name for name, metric in METRICS.items() if not metric.lacking)


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
        high, allowed = (
            (1.0, "from 0 to 1") if METRICS[name].kind == "share" else (float("inf"), "0 or more")
        )
        faults += [
            f"config: quality.gates.{name}.{key} must be {allowed}, got {limit:g}"
            for key, limit in limits
            if not 0 <= limit <= high
        ]
        for (lower, a), (upper, b) in pairwise(limits):
            if a > b:
                faults.append(f"config: quality.gates.{name}: {lower} {a:g} is above {upper} {b:g}")
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
