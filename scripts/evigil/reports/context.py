"""What one patient's report says, apart from how it is rendered: HTML, PDF and FHIR share it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evigil.reports.numbers import day
from evigil.reports.sentences import SOURCES

JUDGED = ("alert", "rising", "no_significant_change")


@dataclass(frozen=True)
class Visit:
    """One draw of one marker; value, expectation and limits are in the marker's own units.

    ``value`` is None where it is not reported: missing, or of a failed sample.
    """

    number: int
    day: float
    sample: str
    value: float | None
    expected: float | None
    limit: float | None
    common_limit: float | None
    z: float | None
    gate: str
    in_baseline: bool
    call: str
    reasons: tuple[str, ...]
    score_source: str


@dataclass(frozen=True)
class Section:
    """One marker of one monitoring block in one patient; visits are in time order."""

    block: str
    marker: str
    title: str
    unit: str
    is_log: bool
    is_score: bool
    rule: str
    limit_name: str
    common_name: str
    rule_text: str
    visits: tuple[Visit, ...]
    call: str
    meaning: str
    why: tuple[str, ...]
    first_alarm_day: float | None
    recurrence: float | None
    next_day: float | None
    performance: tuple[str, ...]
    cautions: tuple[str, ...]
    reference: Mapping[str, Any]
    reference_hash: str
    model_sha256: str

    @property
    def last(self) -> Visit:
        """The last draw."""
        return self.visits[-1]

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the values came from, in words."""
        found = sorted({v.score_source for v in self.visits if v.score_source})
        return tuple(SOURCES.get(source, source) for source in found)

    @property
    def has_samples(self) -> bool:
        """Whether any draw names its sample."""
        return any(v.sample for v in self.visits)

    @property
    def has_quality(self) -> bool:
        """Whether the quality of any sample was judged."""
        return any(v.gate != "not_supplied" for v in self.visits)

    @property
    def alarmed_late(self) -> bool:
        """Whether the first alert came after the recurrence that it should have announced."""
        return (
            self.first_alarm_day is not None
            and self.recurrence is not None
            and self.first_alarm_day > self.recurrence
        )

    @property
    def earlier_alert(self) -> float | None:
        """Day of the first alert where the last draw is none: it must not be overlooked."""
        return None if self.call == "alert" else self.first_alarm_day

    @property
    def last_judged(self) -> Visit | None:
        """The last draw that the rule judged, where the last draw of all has no result."""
        if self.call in JUDGED:
            return None
        judged = [v for v in self.visits if v.call in JUDGED]
        return judged[-1] if judged else None

    def y(self, value: float | None) -> float | None:
        """Return a value on the scale that is drawn: natural logarithm, or as it is."""
        if value is None or not self.is_log:
            return value
        return math.log(value) if value > 0 else None


@dataclass(frozen=True)
class Treatment:
    """A treatment; an open end is None."""

    name: str
    start: float
    end: float | None

    @property
    def time(self) -> str:
        """From when to when, in words."""
        return f"from day {day(self.start)}" + (
            ", ongoing" if self.end is None else f" to day {day(self.end)}"
        )


@dataclass(frozen=True)
class Event:
    """Something on one day: ``surgery``, ``recurrence_last_negative``, ``recurrence``."""

    kind: str
    label: str
    day: float


@dataclass(frozen=True)
class SampleQuality:
    """Gate of one layer of one of the patient's samples."""

    sample: str
    layer: str
    gate: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PatientReport:
    """Everything that a patient's report says; `warnings` come before any result."""

    patient: str
    sample: str
    last_day: float | None
    n_draws: int
    project: str
    version: str
    status: str
    date: str | None
    sections: tuple[Section, ...]
    treatments: tuple[Treatment, ...]
    events: tuple[Event, ...]
    quality: tuple[SampleQuality, ...]
    warnings: tuple[str, ...] = ()
