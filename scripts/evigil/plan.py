"""What each rule takes and leaves: the study seen from the workflow.

Functions of `wildcards` are Snakemake's input and params functions.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from evigil.metrics_specimen import SHEET_FACTS
from evigil.plan_classifier import ClassifierPlan
from evigil.plan_differential import DifferentialPlan
from evigil.plan_layers import LayersPlan
from evigil.plan_proteomics import ProteomicsPlan
from evigil.plan_quality import QualityPlan
from evigil.plan_reads import ReadsPlan
from evigil.study import Study

CLASSIFIER_FILES = (
    "folds.tsv",
    "predictions.tsv",
    "performance.json",
    "figures/roc.svg",
    "figures/roc.png",
    "figures/scores.svg",
    "figures/scores.png",
)
COUNT_FILES = ("counts.h5ad", "counts.tsv", "samples.tsv")
LIBRARY_FILES = (
    "ledger.tsv",
    "protocols.tsv",
    "lengths.tsv",
    "positions.tsv",
    "duplication.tsv",
    "saturation.tsv",
    "trfs.tsv",
    "spike_ins.tsv",
)
READ_FIGURES = [
    f"figures/{n}.{e}" for n in ("fate", "classes", "lengths", "saturation") for e in ("svg", "png")
]
MODEL_FILES = ("model.skops", "manifest.json")
MONITORING_FILES = (
    "visits.tsv",
    "rules.tsv",
    "patients.tsv",
    "reference.json",
    "evaluation.json",
)
#: The configuration block that switches a target on, where its name is another.
BLOCKS = {"classifier": "classifiers", "predict": "classifiers"}

Files = Callable[[Any], list[str]]


class Plan:
    """The files and facts of a study's run, rule by rule.

    Parameters
    ----------
    study
        Config and sheets, joined and checked.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.config = study.config
        self.differential = DifferentialPlan(study)
        self.reads = ReadsPlan(study)
        self.proteomics = ProteomicsPlan(study)
        self.layers = LayersPlan(study)
        self.quality = QualityPlan(study)
        self.classifier = ClassifierPlan(study)
        self.sequenced = self.reads.sequenced
        self.trained = [n for n, block in self.config.classifiers.items() if block.model is None]

    # --- targets

    def files(self) -> dict[str, list[str]]:
        """Return what each stage leaves, in the order data flows."""
        config = self.config
        return {
            "smallrna": self._smallrna(),
            "proteomics": self.proteomics.files(),
            "layers": self.layers.files(),
            "quality": self.quality.files(),
            "differential": self.differential.files(),
            "classifier": [f for name in config.classifiers for f in self._classifier(name)],
            "predict": [f"results/predict/{name}/scores.tsv" for name in config.classifiers],
            "monitoring": [
                f
                for name in config.monitoring
                for f in _below(f"monitoring/{name}", MONITORING_FILES)
            ],
            "reports": ["results/reports/index.html", *self._pictures(), *self.pages()],
            "provenance": _below("provenance", ["config.yaml", "inputs.tsv", "software.tsv"]),
        }

    def targets(self, stage: str) -> Files:
        """Return the input function of the target rule `stage`.

        ``all`` is every stage but ``predict``. A stage that the study has nothing for ends the run
        in one line.
        """

        def wanted(wildcards: Any) -> list[str]:
            files = self.files()
            if stage == "all":
                return [f for name in files if name != "predict" for f in files[name]]
            if not files[stage]:
                block = BLOCKS.get(stage, stage)
                raise SystemExit(f"config: the target {stage} needs a {block} block; there is none")
            return files[stage]

        return wanted

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule a complete run has."""
        sequenced = len(self.sequenced)
        repeats = sum(self.config.classifiers[name].repeats for name in self.trained)
        jobs = {
            "reference_index": int(sequenced > 0),
            "smallrna_batch": len(self.reads.voting()),
            "smallrna_sample": sequenced,
            "smallrna_cohort": int(sequenced > 0),
            "smallrna_figures": int(sequenced > 0),
            "smallrna_counts": int(self.config.smallrna is not None and not sequenced),
            **self.proteomics.jobs(),
            **self.layers.jobs(),
            **self.quality.jobs(),
            **self.differential.jobs(),
            "classifier_repeat": repeats,
            "classifier_model": len(self.trained),
            "classifier_performance": len(self.trained),
            "classifier_figures": len(self.trained),
            "classifier_scores": len(self.config.classifiers),
            "monitoring_visits": len(self.config.monitoring),
            "reports_html": 1,
            "reports_multiqc": int(sequenced > 0),
            "provenance": 1,
        }
        return {rule: n for rule, n in jobs.items() if n}

    def sheets(self) -> list[str]:
        """Return the files that are read when the workflow is parsed, by every job, sorted."""
        config = self.config
        named = [config.samples, config.patients]
        if config.smallrna is not None:
            named.append(config.smallrna.libraries)
        if config.proteomics is not None:
            named.append(config.proteomics.tables)
        named += [monitoring.series for monitoring in config.monitoring.values()]
        return sorted({path for path in named if path})

    def fastq_files(self) -> list[str]:
        """Return the FASTQ files of the study, sorted."""
        table = self.study.libraries
        return sorted({path for path in [*table["fastq_1"], *table["fastq_2"]] if path})

    def inputs(self) -> list[str]:
        """Return every other file that the user named, reads aside, sorted."""
        config = self.config
        named: list[str | None] = []
        if config.smallrna is not None:
            block = config.smallrna
            named += [block.counts, block.spike_ins, *block.fasta.values()]
        named += self.proteomics.inputs()
        named += self.layers.inputs()
        named += self.quality.inputs()
        named += self.differential.inputs()
        named += [self._reference_file(block.reference) for block in config.monitoring.values()]
        for classifier in config.classifiers.values():
            if classifier.model:
                named += [str(Path(classifier.model) / file) for file in MODEL_FILES]
        return sorted({path for path in named if path})

    # --- small RNA

    def sheet(self, wildcards: Any) -> pd.DataFrame:
        """Return the sample sheet, joined to patients."""
        return self.study.samples

    @staticmethod
    def columns(table: Callable[[Any], pd.DataFrame]) -> Callable[[Any], list[str]]:
        """Return the params function for the column names of another one.

        Snakemake hashes the cells of a table but not its header: a column that is renamed must
        rerun the step too.
        """
        return lambda wildcards: list(table(wildcards).columns)

    # --- classifier

    def training(self, wildcards: Any) -> pd.DataFrame:
        """Return what the folds hold; no label of the hold-out is in it."""
        return self.study.training_samples(wildcards.classifier)

    def handling(self, wildcards: Any) -> pd.DataFrame:
        """Return how each sample was handled: what a locked model remembers."""
        return self.study.specimens.reindex(columns=["sample", "kit", "isolation_method"])

    def classifier_samples(self, wildcards: Any) -> pd.DataFrame:
        """Return every sample with its part, label and the facts for reporting."""
        return self.study.classifier_samples(wildcards.classifier)

    def predicted(self, wildcards: Any) -> pd.DataFrame:
        """Return every sample with all that its gates need, as a study of its own would have it."""
        table, own = self.classifier_samples(wildcards), self.study.specimens
        return table.join(own[[f for f in SHEET_FACTS if f in own and f not in table]])

    def repeats(self, wildcards: Any) -> list[str]:
        """Return the repeats of a classifier's cross-validation; none of a model trained before."""
        name = wildcards.classifier
        n = self.config.classifiers[name].repeats if name in self.trained else 0
        return [f"results/classifiers/{name}/repeats/{i}.json" for i in range(1, n + 1)]

    def model(self, wildcards: Any) -> list[str]:
        """Return the files of the locked model that scores for a classifier."""
        return self._model(wildcards.classifier)

    # --- monitoring and reports

    def scores(self, wildcards: Any) -> str | list[str]:
        """Return the scores that a monitoring follows; none when it follows a series."""
        classifier = self.config.monitoring[wildcards.monitoring].classifier
        return f"results/classifiers/{classifier}/scores.tsv" if classifier else []

    def reference(self, wildcards: Any) -> list[str]:
        """Return the reference.json that a monitoring is given, if any."""
        file = self._reference_file(self.config.monitoring[wildcards.monitoring].reference)
        return [file] if file else []

    def draws(self, wildcards: Any) -> pd.DataFrame:
        """Return the rows of a monitoring's series, or the visits that a score is followed at."""
        name = wildcards.monitoring
        if self.config.monitoring[name].series:
            return self.study.monitoring_series(name)
        return self.study.monitoring_samples(name)

    def patient_days(self, wildcards: Any) -> pd.DataFrame:
        """Return the events of every patient, in days."""
        return self.study.patient_days()

    def pages(self) -> list[str]:
        """Return the page of every monitored patient."""
        return [
            f"results/reports/patients/{patient}.html"
            for patient in self.study.monitored_patients()
        ]

    def units(self) -> dict[str, dict[str, str]]:
        """Return, by monitoring, the unit of each marker whose series names one."""
        named = {}
        for name, rows in self.study.series.items():
            if "unit" in rows:
                known = rows.dropna(subset="unit").drop_duplicates("marker")
                named[name] = dict(zip(known["marker"], known["unit"].astype(str), strict=True))
        return named

    def report_files(self, wildcards: Any) -> list[str]:
        """Return the results that the reports are made from."""
        files = self.files()
        given = [n for n in self.config.classifiers if n not in self.trained]
        models = [file for name in given for file in self._model(name)]
        stages = ("differential", "classifier", "monitoring")
        told = [file for stage in stages for file in files[stage]]
        shown = self.proteomics.pictures("png")
        return [*self.quality.reported(), *shown, *told, *models]

    def _smallrna(self) -> list[str]:
        if self.config.smallrna is None:
            return []
        own = [
            f"alignments/{sample}.{end}" for sample in self.sequenced for end in ("bam", "bam.bai")
        ]
        own += [f"isomirs/{sample}.gff3" for sample in self.sequenced]
        own += LIBRARY_FILES if self.sequenced else ()
        return _below("smallrna", [*COUNT_FILES, *own])

    def _pictures(self) -> list[str]:
        """Return what is drawn of the reads: for people, so that counting does not wait for it."""
        drawn = ["results/reports/multiqc.html", *_below("smallrna", READ_FIGURES)]
        return drawn if self.sequenced else []

    def _classifier(self, name: str) -> list[str]:
        own = [f"results/classifiers/{name}/scores.tsv"]
        if name in self.trained:
            own += _below(f"classifiers/{name}", CLASSIFIER_FILES) + self._model(name)
        return own

    def _model(self, name: str) -> list[str]:
        folder = self.config.classifiers[name].model or f"results/classifiers/{name}/model"
        return [str(Path(folder) / file) for file in MODEL_FILES]

    @staticmethod
    def _reference_file(reference: object) -> str | None:
        return reference if isinstance(reference, str) else None


def _below(folder: str, files: Any) -> list[str]:
    return [f"results/{folder}/{file}" for file in files]
