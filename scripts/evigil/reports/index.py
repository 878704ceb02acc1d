"""The index page: what ran, which samples are out and why, how good it is, and every patient."""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evigil import gating
from evigil.confounding import of_model
from evigil.reports import sentences
from evigil.reports.contrasts import ContrastLayer
from evigil.reports.inputs import Block, Facts
from evigil.reports.numbers import known
from evigil.reports.palette import CALL_ORDER, GATES
from evigil.reports.render import render
from evigil.tables import read_json, read_table, write_text

RANDOM_FOLDS = "nested_cv"
PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Classifier:
    """A classifier's summary: ``performance.json`` and, where there is one, its ROC picture.

    A model that was trained elsewhere has no performance here: `locked` says what it did.
    """

    name: str
    performance: Mapping[str, Any]
    roc: Path | None = None
    locked: str = ""

    @property
    def headline(self) -> Mapping[str, Any] | None:
        """The result that the headline names, or none."""
        chosen = self.performance.get("headline") or {}
        for result in self.performance.get("results", []):
            if (result["scheme"], result["model"]) == (chosen.get("scheme"), chosen.get("model")):
                found: Mapping[str, Any] = result
                return found
        return None

    @property
    def others(self) -> list[Mapping[str, Any]]:
        """Every other result; of a confounded study none that random folds gave."""
        rest = [r for r in self.performance.get("results", []) if r is not self.headline]
        return [r for r in rest if not self.confounded or r["scheme"] != RANDOM_FOLDS]

    @property
    def confounded(self) -> bool:
        """Whether a figure of random folds would mislead."""
        return self.performance.get("verdict") == "confounded"

    @property
    def picture(self) -> str:
        """The ROC picture, of random folds, as a data URL, or nothing."""
        if self.roc is None or self.confounded:
            return ""
        content = base64.b64encode(self.roc.read_bytes()).decode("ascii")
        return f"data:{PICTURES[self.roc.suffix]};base64,{content}"


@dataclass(frozen=True)
class PatientRow:
    """One line of the table of patients."""

    patient: str
    has_page: bool
    block: str
    marker: str
    unit: str
    call: str
    last_day: float | None
    last_value: float | None
    n_visits: int
    first_alarm_day: float | None
    event_day: float | None

    @property
    def alarmed_late(self) -> bool:
        """Whether the first alert came after the recurrence that it should have announced."""
        first, event = self.first_alarm_day, self.event_day
        return first is not None and event is not None and first > event


def write_index(
    facts: Facts,
    blocks: Sequence[Block],
    classifiers: Sequence[Classifier],
    patients: Collection[str],
    path: str | Path,
    contrasts: Sequence[ContrastLayer] = (),
) -> None:
    """Write ``reports/index.html``.

    Parameters
    ----------
    facts
        The study; ``quality`` gives the gate counts and the excluded samples.
    patients
        Names of the patients that have a page under ``patients/`` beside the index.
    contrasts
        What the differential analysis found.
    """
    excluded = excluded_samples(facts.quality)
    rows = patient_rows(blocks, patients)
    page = render(
        "index.html",
        facts=facts,
        blocks=blocks,
        classifiers=classifiers,
        contrasts=contrasts,
        ran=what_ran(facts, blocks, classifiers, contrasts),
        call_counts=call_counts(rows),
        gate_counts=gate_counts(facts.quality),
        excluded=excluded,
        n_samples=0 if facts.quality is None else facts.quality["sample"].nunique(),
        rows=rows,
        several=len({(row.block, row.marker) for row in rows}) > 1,
        n_patients=len(patients),
    )
    write_text(page, path)


def what_ran(
    facts: Facts,
    blocks: Sequence[Block],
    classifiers: Sequence[Classifier],
    contrasts: Sequence[ContrastLayer] = (),
) -> list[str]:
    """Say in a sentence each what the workflow did."""
    said = []
    if facts.quality is not None and not facts.quality.empty:
        out = gating.excluded(facts.quality)["sample"].nunique()
        n = facts.quality["sample"].nunique()
        said.append(f"Quality gates: {n} samples judged, {out} left out.")
    said += [
        f"Contrast {c.name}, {c.layer}: {c.facts['features']['significant']} of "
        f"{sentences.count(c.facts['features']['tested'], 'feature', 'features')} with q < 0.05."
        for c in contrasts
    ]
    said += [
        f"Classifier {c.name}: {c.locked}."
        if c.locked
        else f"Classifier {c.name}: trained, and tested on people it was not trained on."
        if c.headline
        else f"Classifier {c.name}: no headline figure."
        for c in classifiers
    ]
    for block in blocks:
        source = block.settings.get("classifier")
        what = f"the score of classifier {source}" if source else ", ".join(block.markers)
        n = block.visits["patient"].nunique()
        values = sentences.count(len(block.visits), "value", "values")
        said.append(
            f"Monitoring {block.name}: {what}, {values} "
            f"of {sentences.count(n, 'person', 'people')}; "
            f"primary rule {sentences.RULE_NAMES.get(block.primary_rule, block.primary_rule)}."
        )
    return said


def call_counts(rows: Sequence[PatientRow]) -> list[tuple[str, int]]:
    """Count patients by the most urgent of their last results."""
    urgent: dict[str, int] = {}
    for row in rows:
        rank = CALL_ORDER.index(row.call)
        urgent[row.patient] = min(rank, urgent.get(row.patient, rank))
    ranks = list(urgent.values())
    return [(call, ranks.count(i)) for i, call in enumerate(CALL_ORDER) if i in ranks]


def read_classifiers(config: Mapping[str, Any], results: str | Path) -> list[Classifier]:
    """Read the summaries of the classifiers that a run trained or used.

    Parameters
    ----------
    config
        The complete configuration.
    results
        Folder of the results: ``performance.json`` of a trained classifier, ``scores.tsv`` of one
        whose model was given.
    """
    found = []
    for name, settings in config["classifiers"].items():
        folder = Path(results) / "classifiers" / name
        if settings["model"] is None:
            performance = read_json(folder / "performance.json")
            found.append(Classifier(name, performance, folder / "figures" / "roc.svg"))
        else:
            manifest = read_json(Path(results).parent / settings["model"] / "manifest.json")
            scores = read_table(folder / "scores.tsv")
            found.append(Classifier(name, {}, locked=_what_a_locked_model_did(scores, manifest)))
    return found


def _what_a_locked_model_did(scores: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    n, positive = int(scores["score"].notna().sum()), scores["positive"].dropna()
    checksum = manifest["sha256"]["model.skops"][:12]
    said = (
        f"{sentences.count(n, 'sample', 'samples')} scored with a locked model (sha256 {checksum})"
    )
    said += f", {int(positive.sum())} positive" if len(positive) or not n else ", no threshold"
    without = len(scores) - n
    said += f"; {without} without a score" if without else ""
    return "; ".join(filter(None, [said, of_model(manifest)]))


def gate_counts(quality: pd.DataFrame | None) -> list[tuple[str, dict[str, int]]]:
    """Count samples by layer and gate; the specimen as a whole comes first."""
    if quality is None or quality.empty:
        return []
    counts = pd.crosstab(quality["layer"], quality["gate"])
    layers = sorted(counts.index, key=lambda layer: (layer != "specimen", layer))
    return [
        (layer, {gate: int(counts.loc[layer].get(gate, 0)) for gate in GATES}) for layer in layers
    ]


def excluded_samples(
    quality: pd.DataFrame | None,
) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Name the samples that nothing was fitted on, with layer, gate and reasons."""
    if quality is None:
        return []
    return [
        (r["sample"], r["layer"], r["gate"], sentences.reasons(r["reasons"]))
        for r in gating.excluded(quality).to_dict("records")
    ]


def patient_rows(blocks: Sequence[Block], patients: Collection[str]) -> list[PatientRow]:
    """List patients by their most urgent result, then by name."""
    pages = set(patients)
    rows = [_row(block, r, pages) for block in blocks for r in block.patients.to_dict("records")]
    urgency: dict[str, int] = {}
    for row in rows:
        rank = CALL_ORDER.index(row.call)
        urgency[row.patient] = min(rank, urgency.get(row.patient, rank))
    order = {block.name: i for i, block in enumerate(blocks)}
    return sorted(rows, key=lambda r: (urgency[r.patient], r.patient, order[r.block], r.marker))


def _row(block: Block, row: Mapping[Any, Any], pages: set[str]) -> PatientRow:
    def optional(name: str) -> float | None:
        return float(row[name]) if known(row.get(name)) else None

    is_score = bool(block.settings.get("classifier"))
    return PatientRow(
        patient=row["patient"],
        has_page=row["patient"] in pages,
        block=block.name,
        marker=sentences.SCORE_NAME if is_score else row["marker"],
        unit=sentences.SCORE_UNIT if is_score else block.units.get(row["marker"], ""),
        call=row["last_call"],
        last_day=optional("last_day"),
        last_value=optional("last_value"),
        n_visits=int(row["n_visits"]),
        first_alarm_day=optional("first_alarm_day"),
        event_day=optional("event_day"),
    )
