"""How a cohort of tables is put together."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """How a cohort is put together.

    Attributes
    ----------
    fitted_on
        Samples of the quality reference: what is fitted is fitted on them, without a label. Where
        the tables have none of them, on all samples.
    blanks
        Samples of role blank: a shift to the level of a sample would make one of them.
    normalisation, spike_proteins
        As in the configuration.
    reference_samples
        Those that carry the reference, for ``reference``.
    batches
        By sample: the batch of the sample sheet, for tables without one.
    models
        Of each locked model that scores: its roll-up by format. Its proteins keep its offsets.
    """

    fitted_on: frozenset[str]
    blanks: frozenset[str] = frozenset()
    normalisation: str = "median"
    spike_proteins: tuple[str, ...] = ()
    reference_samples: frozenset[str] = frozenset()
    batches: dict[str, str] = {}
    models: tuple[Mapping[str, Any], ...] = ()
