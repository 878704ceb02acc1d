"""What the pages are made from: one monitoring block's tables, and the facts of the study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evigil.confounding import Finding, findings, read_confounding
from evigil.gating import doubts, measured
from evigil.reports.quality import Quality, read_quality
from evigil.reports.sentences import SCORE_NAME
from evigil.tables import read_json, read_table

VISIT_TEXT = ("gate", "call", "reasons", "score_source")


@dataclass(frozen=True)
class Block:
    """Results of one ``monitoring.<name>``.

    Attributes
    ----------
    settings
        The block's configuration; used: ``classifier, scale, threshold, specificity, per,
        planned_visits, primary_rule``.
    visits, rules, patients
        Tables as in ``monitoring/<name>/``.
    reference, evaluation
        ``reference.json`` and ``evaluation.json``.
    manifest
        The locked model's ``manifest.json`` where the block is fed by a classifier.
    units
        Unit of each marker where the series names one.
    """

    name: str
    settings: Mapping[str, Any]
    visits: pd.DataFrame
    rules: pd.DataFrame
    patients: pd.DataFrame
    reference: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    manifest: Mapping[str, Any] | None = None
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        name: str,
        settings: Mapping[str, Any],
        *,
        visits: str | Path,
        rules: str | Path,
        patients: str | Path,
        reference: str | Path,
        evaluation: str | Path,
        manifest: str | Path | None = None,
        units: Mapping[str, str] | None = None,
    ) -> "Block":
        """Read a block's files."""
        return cls(
            name=name,
            settings=settings,
            visits=read_table(visits, VISIT_TEXT),
            rules=read_table(rules, ("rule",)),
            patients=read_table(patients, ("last_call",)),
            reference=read_json(reference),
            evaluation=read_json(evaluation),
            manifest=read_json(manifest) if manifest else None,
            units=units or {},
        )

    @property
    def primary_rule(self) -> str:
        """Name of the rule that decides the calls."""
        return str(self.settings.get("primary_rule", "peb"))

    @property
    def model_sha256(self) -> str:
        """Checksum of the locked model's file; empty where no classifier feeds the block."""
        return str((self.manifest or {}).get("sha256", {}).get("model.skops", ""))

    @property
    def is_log(self) -> bool:
        """Whether y is the natural logarithm of the value; a classifier's score is a logit."""
        return not self.settings.get("classifier") and self.settings.get("scale", "log") == "log"

    @property
    def markers(self) -> list[str]:
        """Names of the markers, sorted."""
        return sorted(set(self.visits["marker"]))

    def name_of(self, marker: str) -> str:
        """Name of a marker for a reader: a classifier's score is stored under its layer's name."""
        return SCORE_NAME if self.settings.get("classifier") else marker

    @property
    def references(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Parameters of every marker."""
        return [(m, self.reference[m]) for m in self.markers if m in self.reference]

    @property
    def evaluations(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Marker (empty where the block is evaluated as one), rule and measures; primary first."""
        if "markers" in self.evaluation:
            tables = [(m, e["rules"]) for m, e in sorted(self.evaluation["markers"].items())]
        else:
            tables = [("", self.evaluation.get("rules", {}))]
        return [
            (marker, rule, rules[rule])
            for marker, rules in tables
            for rule in sorted(rules, key=lambda r: (r != self.primary_rule, r))
        ]

    @property
    def notes(self) -> list[str]:
        """What a reader of the block's figures must know."""
        evaluation = self.evaluation
        notes = list(evaluation.get("notes") or ())
        fitted = evaluation.get("cross_fitted")
        if fitted:
            notes.append(
                "for these figures every patient was judged by limits computed without them "
                f"({fitted['folds']} parts)"
            )
        for marker, entry in self.references:
            name = self.name_of(marker)
            notes += [f"{name}: {note}" for note in entry.get("cautions") or ()]
            refused = entry.get("refused") or {}
            notes += [f"{name}: {why}" for why in sorted({w for w in refused.values() if w})]
        return notes

    def measures(self, marker: str, rule: str) -> Mapping[str, Any]:
        """Measures of a rule's evaluation: the marker's own, or those of the whole block."""
        per_marker = self.evaluation.get("markers", {}).get(marker, self.evaluation)
        found: Mapping[str, Any] = per_marker.get("rules", {}).get(rule, {})
        return found


@dataclass(frozen=True)
class Facts:
    """What the pages say about the study besides its results.

    Attributes
    ----------
    patient_days
        ``patient, surgery, recurrence, recurrence_last_negative, treatments``, in days.
    quality
        ``quality/samples.tsv`` without the specimens that nothing was measured of, or none.
    confounding
        ``quality/confounding.tsv``, or none.
    doubts
        Samples that seem to be somebody else's, or are there twice, in words.
    more
        Blanks, claims about vesicles, and pictures of quality.
    date
        The report's date (``reports.date``); without it the day of the last draw stands.
    """

    project: str
    version: str
    patient_days: pd.DataFrame | None = None
    quality: pd.DataFrame | None = None
    date: str | None = None
    confounding: pd.DataFrame | None = None
    doubts: tuple[str, ...] = ()
    more: Quality = Quality()

    @property
    def findings(self) -> dict[str, Finding]:
        """What the confounding audit found, by outcome."""
        return {} if self.confounding is None else findings(self.confounding)


def read_results(
    config: Mapping[str, Any],
    patient_days: pd.DataFrame,
    version: str,
    units: Mapping[str, Mapping[str, str]] | None = None,
    results: str | Path = "results",
) -> tuple[list[Block], Facts]:
    """Read what the pages of a run are made from.

    Parameters
    ----------
    config
        The complete configuration.
    patient_days
        ``Study.patient_days()``.
    units
        By monitoring: unit of each marker.
    results
        Folder of the results.
    """
    folder = Path(results)
    blocks = []
    for name, settings in config["monitoring"].items():
        own = folder / "monitoring" / name
        blocks.append(
            Block.read(
                name,
                settings,
                visits=own / "visits.tsv",
                rules=own / "rules.tsv",
                patients=own / "patients.tsv",
                reference=own / "reference.json",
                evaluation=own / "evaluation.json",
                manifest=_manifest(config, settings, folder),
                units=(units or {}).get(name),
            )
        )
    facts = Facts(
        project=config["project"],
        version=version,
        patient_days=patient_days,
        quality=measured(
            read_table(folder / "quality" / "samples.tsv", ("layer", "gate", "reasons"))
        ),
        date=config["reports"]["date"],
        confounding=read_confounding(folder / "quality" / "confounding.tsv"),
        doubts=tuple(doubts(read_table(folder / "quality" / "identity.tsv"))),
        more=read_quality(folder),
    )
    return blocks, facts


def _manifest(config: Mapping[str, Any], settings: Mapping[str, Any], results: Path) -> Path | None:
    name = settings.get("classifier")
    if not name:
        return None
    given = config["classifiers"][name]["model"]
    # beside the results as beside the working directory: of a run in object storage both are copies
    folder = results.parent / given if given else results / "classifiers" / name / "model"
    return folder / "manifest.json"
