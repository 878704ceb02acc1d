"""What a metric of the gates is."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

# Below these denominators (reads) an interval that straddles the failing limit is no verdict.
MINIMUM_DENOMINATOR = MappingProxyType(
    {
        **{"ratio": 50, "share": 1000, "count": 0, "value": 0, "log2_ratio": 0},
        **{"fraction": 0, "log2": 0},
    }
)


@dataclass(frozen=True)
class Metric:
    """One metric of the gates.

    Attributes
    ----------
    name, layer
        As in ``quality/gates.tsv``.
    kind
        What its interval is: ``count`` (Poisson), ``share`` (k of n), ``ratio`` (of two counts),
        ``log2_ratio`` (its logarithm), or none: ``value``, ``fraction`` (from 0 to 1, of what is
        not counted), ``log2`` (a logarithm of such).
    bad
        The side on which it is bad.
    meaning
        In plain words, for the documentation.
    numerator, denominator
        Columns of ``smallrna/samples.tsv``, ``proteomics/samples.tsv`` or
        ``quality/specimen.tsv``; only shares and ratios have a denominator.
    limits
        Default absolute limits: ``fail_below, warn_below, fail_above, warn_above``.
    fitted
        Whether its limit comes from the quality reference when no absolute one is set.
    critical
        Whether a failure fails the layer by default; any other metric can at most warn.
    source
        Where the limit comes from; *ours* if the literature gives none.
    lacking
        Why a sample may not have it.
    widest
        An interval wider than this is no evidence: not evaluable, whatever the limits.
    note
        Why it has no limit by default, and is only reported.
    lowest
        The smallest limit that makes sense.
    supplied_with
        A column that has a value where the sample was supplied with what this is computed from:
        without a value of its own it is not evaluable there, rather than not supplied.
    """

    name: str
    layer: str
    kind: Literal["count", "share", "ratio", "log2_ratio", "value", "fraction", "log2"]
    bad: Literal["low", "high"]
    meaning: str
    numerator: str
    denominator: str = ""
    limits: tuple[tuple[str, float], ...] = ()
    fitted: bool = False
    critical: bool = False
    source: str = "ours"
    lacking: str = ""
    widest: float | None = None
    note: str = ""
    lowest: float = 0.0
    supplied_with: str = ""

    @property
    def minimum(self) -> int:
        """The denominator below which a straddled limit cannot be judged."""
        return MINIMUM_DENOMINATOR[self.kind]
