"""A contrast: what is compared, in one of four forms, and how it is said in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from evigil.sheets.selectors import equal


@dataclass(frozen=True)
class Contrast:
    """One contrast of the configuration.

    Attributes
    ----------
    column
        What is compared.
    case, control
        Values of the two groups; empty in the other forms.
    per
        Step of a numeric column, or None.
    interaction
        Column along which the difference between the groups may change, or None.
    covariates
        Columns to adjust for.
    block
        Column of repeated measures, or None.
    """

    name: str
    column: str
    case: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    per: float | None = None
    interaction: str | None = None
    covariates: tuple[str, ...] = ()
    block: str | None = None

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """Take a contrast from its block of the complete configuration."""
        return cls(
            name=name,
            column=settings["column"],
            case=tuple(settings["case"] or ()),
            control=tuple(settings["control"] or ()),
            per=settings["per"],
            interaction=settings["interaction"],
            covariates=tuple(dict.fromkeys(settings["covariates"])),
            block=settings["block"],
        )

    @property
    def path(self) -> str:
        """Where it stands, as errors begin."""
        return f"config: differential.contrasts.{self.name}"

    @property
    def has_groups(self) -> bool:
        """Whether cases are compared with controls."""
        return bool(self.case)

    @property
    def has_fold_change(self) -> bool:
        """Whether one coefficient answers it: all forms but the likelihood-ratio test."""
        return self.has_groups or self.per is not None

    @property
    def form(self) -> str:
        """``two_group``, ``interaction``, ``continuous`` or ``lrt``."""
        if self.has_groups:
            return "two_group" if self.interaction is None else "interaction"
        return "continuous" if self.per is not None else "lrt"

    @property
    def case_label(self) -> str:
        """The cases in a word, for example ``CRC``."""
        return "+".join(self.case)

    @property
    def control_label(self) -> str:
        """The controls in a word."""
        return "+".join(self.control)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a sample must have a value in, in the order of the model."""
        named = (*self.covariates, self.interaction, self.column, self.block)
        return tuple(dict.fromkeys(column for column in named if column is not None))

    @property
    def question(self) -> str:
        """What is tested, in words."""
        groups = f"{self.column}: {self.case_label} against {self.control_label}"
        return {
            "two_group": groups,
            "interaction": f"{groups}, change with {self.interaction}",
            "continuous": f"{self.column}, per {self.per or 0:g}",
            "lrt": f"{self.column}: any difference between its levels",
        }[self.form]

    def groups(self, samples: pd.DataFrame) -> pd.Series:
        """Return ``case`` or ``control`` for each row; ``""`` where the form has no groups."""
        found = pd.Series("", index=samples.index)
        if self.has_groups:
            found[equal(samples[self.column], list(self.control))] = "control"
            found[equal(samples[self.column], list(self.case))] = "case"
        return found

    def without(self, *covariates: str) -> "Contrast":
        """Return the same contrast without some of its covariates."""
        kept = tuple(column for column in self.covariates if column not in covariates)
        return Contrast(**(self.__dict__ | {"covariates": kept}))
