"""From tables to what a patient's report says."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evigil.reports import sentences
from evigil.reports.context import (
    JUDGED,
    Event,
    PatientReport,
    SampleQuality,
    Section,
    Treatment,
    Visit,
)
from evigil.reports.inputs import Block, Facts
from evigil.reports.numbers import known
from evigil.sheets.days import parse_treatments

EVENTS = {
    "surgery": "surgery",
    "recurrence_last_negative": "last imaging without recurrence",
    "recurrence": "recurrence found",
}


FAILED_GATES = ("fail", "not_evaluable")

VisitKey = tuple[str, str, float, str]
"""Patient, marker, day and sample."""


class Builder:
    """Builds reports; tables are grouped by patient once."""

    def __init__(self, blocks: Sequence[Block], facts: Facts) -> None:
        self.facts = facts
        self.blocks = blocks
        self._visits = [_by_patient(b.visits) for b in blocks]
        self._patients = [_by_patient(b.patients) for b in blocks]
        self._common = [_common_limits(b) for b in blocks]
        days = facts.patient_days
        self._days = {} if days is None else {r["patient"]: r for r in days.to_dict("records")}
        found = facts.findings
        classifiers = {b.name: b.settings.get("classifier") for b in blocks}
        self._confounding = {
            block: sentences.confounded_score(str(name), found[f"classifiers.{name}"])
            for block, name in classifiers.items()
            if f"classifiers.{name}" in found and found[f"classifiers.{name}"].doubtful
        }
        quality = facts.quality
        self._quality = {} if quality is None else _by_column(quality, "sample")
        self._warnings = {
            sample: {said for r in rows for said in sentences.reasons(r["reasons"])}
            for sample, rows in self._quality.items()
        }

    def build(self, patient: str) -> PatientReport:
        """Build one patient's report; a patient without any draw has no section."""
        sections = tuple(self._sections(patient))
        last = max((s.last for s in sections), key=lambda v: v.day, default=None)
        own = self._days.get(patient, {})
        samples = sorted({v.sample for s in sections for v in s.visits if v.sample})
        return PatientReport(
            patient=patient,
            sample=last.sample if last else "",
            last_day=last.day if last else None,
            n_draws=len({(v.day, v.sample) for s in sections for v in s.visits}),
            project=self.facts.project,
            version=self.facts.version,
            status=sentences.STATUS,
            date=self.facts.date,
            sections=sections,
            treatments=_treatments(own.get("treatments")),
            events=tuple(
                Event(kind, label, float(own[kind]))
                for kind, label in EVENTS.items()
                if known(own.get(kind))
            ),
            warnings=tuple(
                self._confounding[b]
                for b in dict.fromkeys(s.block for s in sections)
                if b in self._confounding
            ),
            quality=tuple(q for s in samples for q in self._sample_quality(s)),
        )

    def _sections(self, patient: str) -> list[Section]:
        sections = []
        recurrence = _float(self._days.get(patient, {}).get("recurrence"))
        for i, block in enumerate(self.blocks):
            summaries = {r["marker"]: r for r in self._patients[i].get(patient, [])}
            by_marker: dict[str, list[dict[str, Any]]] = {}
            for row in self._visits[i].get(patient, []):
                by_marker.setdefault(row["marker"], []).append(row)
            for marker, rows in sorted(by_marker.items()):
                summary, common = summaries.get(marker, {}), self._common[i]
                rows = sorted(rows, key=lambda r: (r["day"], str(r["sample"]), str(r["value"])))
                visits = tuple(
                    _visit(n, row, marker, common, self._warnings) for n, row in enumerate(rows, 1)
                )
                sections.append(_section(block, marker, visits, summary, recurrence))
        return sections

    def _sample_quality(self, sample: str) -> list[SampleQuality]:
        return [
            SampleQuality(sample, str(r["layer"]), str(r["gate"]), sentences.reasons(r["reasons"]))
            for r in sorted(self._quality.get(sample, []), key=_specimen_first)
        ]


def _specimen_first(row: Mapping[str, Any]) -> tuple[bool, str]:
    return row["layer"] != "specimen", str(row["layer"])


def _treatments(cell: object) -> tuple[Treatment, ...]:
    """Read the sheet's treatments, whose stamps are days by now; an empty end is open."""
    if not known(cell):
        return ()
    return tuple(
        Treatment(name, float(start), float(end) if end else None)
        for name, start, end in parse_treatments(str(cell))
    )


def _section(
    block: Block,
    marker: str,
    visits: tuple[Visit, ...],
    summary: Mapping[str, Any],
    recurrence: float | None,
) -> Section:
    is_score = bool(block.settings.get("classifier"))
    common_rule = "single" if block.settings.get("threshold") is None else "fixed"
    rule = common_rule if block.primary_rule == "single" else block.primary_rule
    last = visits[-1]
    found = recurrence if recurrence is not None and last.day > recurrence else None
    in_a_row = _alerts_in_a_row(visits)
    primary, single = (block.measures(marker, r) for r in (block.primary_rule, "single"))
    beside = sentences.comparison(primary, single) if rule == "peb" else None
    reference = block.reference.get(marker, {})
    return Section(
        block=block.name,
        marker=marker,
        title=sentences.SCORE_NAME.capitalize() if is_score else marker,
        unit=sentences.SCORE_UNIT if is_score else str(block.units.get(marker, "")),
        is_log=block.is_log,
        is_score=is_score,
        rule=rule,
        limit_name=sentences.LIMIT_NAMES[rule],
        common_name=sentences.LIMIT_NAMES[common_rule],
        rule_text=sentences.rule_text(rule, block.settings),
        visits=visits,
        call=last.call,
        meaning=sentences.meaning(last.call, rule, last.gate, in_a_row, found),
        why=last.reasons,
        first_alarm_day=_float(summary.get("first_alarm_day")),
        recurrence=recurrence,
        next_day=_float(summary.get("next_day")),
        performance=sentences.performance(primary) + ((beside,) if beside else ()),
        cautions=tuple(sentences.sentence(c) for c in reference.get("cautions", ())),
        reference=reference,
        reference_hash=str(reference.get("ids_sha256") or ""),
        model_sha256=block.model_sha256,
    )


def _alerts_in_a_row(visits: tuple[Visit, ...]) -> int:
    """Count the alerts at the end; draws without a judgement neither add nor interrupt."""
    calls = [v.call for v in visits if v.call in JUDGED]
    return next((i for i, call in enumerate(reversed(calls)) if call != "alert"), len(calls))


def _visit(
    number: int,
    row: Mapping[str, Any],
    marker: str,
    common: Mapping[VisitKey, float],
    warnings: Mapping[str, set[str]],
) -> Visit:
    sample = str(row["sample"]) if known(row["sample"]) else ""
    said = sentences.reasons(row["reasons"])
    if row["gate"] not in FAILED_GATES:
        # a warning decides no call: it stands with the sample's quality, not as its reason
        said = tuple(r for r in said if r not in warnings.get(sample, ()))
    return Visit(
        number=number,
        day=float(row["day"]),
        sample=sample,
        value=_float(row["value"]) if known(row["y"]) else None,
        expected=_float(row["expected"]),
        limit=_float(row["threshold"]),
        common_limit=common.get((row["patient"], marker, float(row["day"]), sample)),
        z=_float(row["z"]),
        gate=str(row["gate"]) if known(row["gate"]) else "not_supplied",
        in_baseline=bool(known(row["in_baseline"]) and row["in_baseline"]),
        call=str(row["call"]),
        reasons=said,
        score_source=str(row["score_source"]) if known(row["score_source"]) else "",
    )


def _common_limits(block: Block) -> dict[VisitKey, float]:
    """Limits of the rule ``single``, in the marker's own units."""
    single = block.rules[(block.rules["rule"] == "single") & block.rules["threshold"].notna()]
    keys = zip(
        single["patient"],
        single["marker"],
        single["day"].astype(float),
        single["sample"].fillna(""),
        strict=True,
    )
    return dict(zip(keys, single["threshold"].astype(float), strict=True))


def _by_patient(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    return _by_column(table, "patient")


def _by_column(table: pd.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        groups.setdefault(row[column], []).append({str(k): v for k, v in row.items()})
    return groups


def _float(value: object) -> float | None:
    if not known(value):
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None
