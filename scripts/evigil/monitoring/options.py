"""The settings of one monitoring block, with their defaults and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

RULES = ("single", "peb")


@dataclass(frozen=True)
class Options:
    """What a ``monitoring.<name>`` block asks for.

    Attributes
    ----------
    reference_file
        Path of a ``reference.json``, or none where the reference comes from the draws themselves.
    scale
        ``log`` (y = ln value) or ``linear`` (y = value).
    threshold
        Fixed cut-off in marker units that replaces the calibrated single threshold.
    specificity, per, planned_visits
        Share without a false alarm, per ``patient`` over the planned visits or per ``test``.
    """

    reference_file: str | None = None
    markers: tuple[str, ...] | None = None
    min_follow_up_days: float = 365
    scale: str = "log"
    threshold: float | None = None
    specificity: float = 0.95
    per: str = "patient"
    planned_visits: int = 6
    primary_rule: str = "peb"

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Options":
        """Read a block of the configuration; what it leaves out has its default."""
        given = {
            key: settings[key]
            for key in ("threshold", "specificity", "per", "planned_visits", "primary_rule")
            if key in settings
        }
        reference = settings.get("reference")
        markers = settings.get("markers")
        return cls(
            reference_file=reference if isinstance(reference, str) else None,
            markers=None if markers is None else tuple(markers),
            min_follow_up_days=float(settings.get("reference_min_follow_up_days", 365)),
            # A classifier's score is a logit already.
            scale="linear" if settings.get("classifier") else settings.get("scale", "log"),
            **given,
        )

    @property
    def z_limit(self) -> float:
        """Limit of one z: the looks share the error of a patient, being independent."""
        if self.per == "test":
            return float(ndtri(self.specificity))
        return float(ndtri(self.specificity ** (1 / self.planned_visits)))

    @property
    def single_target(self) -> tuple[float, int]:
        """The chance that the single threshold holds, and over how many visits of one patient.

        Beside another rule it has that rule's specificity per patient, whatever `per` is, so that
        their sensitivities can be compared. As the primary rule it has what was asked for.
        """
        if self.per == "patient":
            return self.specificity, self.planned_visits
        if self.primary_rule == "single":
            return self.specificity, 1
        return self.specificity**self.planned_visits, self.planned_visits

    def to_value(self, y: ArrayLike) -> NDArray[np.float64]:
        """Take y back to marker units."""
        return np.exp(y) if self.scale == "log" else np.asarray(y, float)
