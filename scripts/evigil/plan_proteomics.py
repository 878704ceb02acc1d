"""What the rules that put proteins together take and leave."""

import hashlib
import re
from pathlib import Path
from typing import Any

from evigil.sheets.proteomics import RAW
from evigil.sheets.selectors import match
from evigil.study import Study

FILES = ("intensities.h5ad", "intensities.tsv", "samples.tsv", "ledger.tsv", "reference.json")
PICTURES = ("identifications", "missingness", "character", "plasma_quality", "intensities")
LAYER = "proteomics"
FOLDER = f"results/{LAYER}"
#: Beside FragPipe's tables; says what the samples of an experiment are called.
ANNOTATION = "experiment_annotation.tsv"


class ProteomicsPlan:
    """The tables of proteins of a study, rule by rule.

    Functions of `wildcards` are Snakemake's input and params functions.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.settings = study.config.proteomics
        rows = [{str(k): v for k, v in row.items()} for row in study.tables.to_dict("records")]
        every = {_name(row["path"]): row for row in rows}
        #: By the name that its intermediate has: the row of each table, and of each raw run.
        self.tables = {name: row for name, row in every.items() if row["format"] != RAW}
        self.raw = {name: row for name, row in every.items() if row["format"] == RAW}

    def files(self) -> list[str]:
        """Return everything that the stage leaves."""
        tables = [f"{FOLDER}/{file}" for file in FILES] if self.parts() else []
        return [*tables, *self.pictures("svg"), *self.pictures("png")]

    def pictures(self, end: str) -> list[str]:
        """Return the pictures in one format."""
        return [f"{FOLDER}/figures/{name}.{end}" for name in PICTURES] if self.parts() else []

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule a complete run has."""
        there = int(bool(self.parts()))
        tables = {"proteomics_table": len(self.tables), "proteomics_search": int(bool(self.raw))}
        return tables | {"proteomics_cohort": there, "proteomics_figures": there}

    def inputs(self) -> list[str]:
        """Return the files that the user named."""
        named = [file for name in self.tables for file in [*self._table(name), *self._runs(name)]]
        return [*named, *self.runs_raw(), *self.mappings(), *self.fasta(), *self.panels()]

    def table(self, wildcards: Any) -> list[str]:
        """Return the file of a row, and what is beside it that its engine wrote."""
        return self._table(wildcards.table)

    def runs(self, wildcards: Any) -> list[str]:
        """Return which run of a table is which sample, where the user says it."""
        return self._runs(wildcards.table)

    def row(self, wildcards: Any) -> dict[str, str]:
        """Return what the sheet says of a table."""
        row = self.tables[wildcards.table]
        return {key: str(row[key]) for key in ("path", "format", "batch", "scale")}

    def samples(self) -> list[str]:
        """Return the names that a run may have."""
        return self.study.samples["sample"].tolist()

    def parts(self) -> list[str]:
        """Return what each table leaves for the cohort."""
        tables = [f"{FOLDER}/tables/{name}.h5ad" for name in sorted(self.tables)]
        return [*tables, *self.searched()]

    def searched(self) -> list[str]:
        """Return what the search leaves of each raw run for the cohort."""
        return [f"{FOLDER}/searched/{name}.h5ad" for name in sorted(self.raw)]

    def runs_raw(self) -> list[str]:
        """Return the raw runs, in the order of `searched`."""
        return [row["path"] for _, row in sorted(self.raw.items())]

    def mappings(self) -> list[str]:
        """Return the files that say which raw run is which sample."""
        return sorted({row["runs"] for row in self.raw.values() if row["runs"]})

    def rows(self) -> list[dict[str, str]]:
        """Return what the sheet says of each raw run, in the order of `searched`."""
        wanted = ("path", "batch", "runs")
        return [{key: str(row[key]) for key in wanted} for _, row in sorted(self.raw.items())]

    def fasta(self) -> list[str]:
        """Return the proteins that raw runs are searched against."""
        return [self.settings.fasta] if self.raw and self.settings and self.settings.fasta else []

    def panels(self) -> list[str]:
        """Return the user's markers, if any."""
        return [self.settings.panels] if self.settings and self.settings.panels else []

    def models(self) -> list[str]:
        """Return the manifests of the locked models whose proteins are rolled up as theirs were."""
        blocks = self.study.config.classifiers.values()
        models = [b.model for b in blocks if b.model is not None and b.layers == [LAYER]]
        return [str(Path(model) / "manifest.json") for model in dict.fromkeys(models)]

    def scaling(self, wildcards: Any) -> dict[str, Any]:
        """Return how samples are brought to one scale, and on whom that is fitted."""
        assert self.settings is not None
        table, chosen = self.study.samples, self.settings.reference_samples
        carries = match(table, chosen) if chosen is not None else table["role"] == "reference"
        quality = self.study.quality_samples()
        by_reference = self.settings.normalisation == "reference"
        batch = table.reindex(columns=["batch"])["batch"]
        return {
            "normalisation": self.settings.normalisation,
            "spike_proteins": self.settings.spike_proteins,
            "reference_samples": table["sample"][carries].tolist() if by_reference else [],
            "batches": dict(zip(table["sample"], batch, strict=True)) if by_reference else {},
            "blanks": table["sample"][table["role"] == "blank"].tolist(),
            "fitted_on": quality["sample"][quality["reference"]].tolist(),
        }

    def _table(self, name: str) -> list[str]:
        row = self.tables[name]
        beside = Path(row["path"]).with_name(ANNOTATION)
        engine = row["format"] in ("auto", "fragpipe")
        return [row["path"], *([str(beside)] if engine and beside.is_file() else [])]

    def _runs(self, name: str) -> list[str]:
        return [runs] if (runs := self.tables[name]["runs"]) else []


def _name(path: str) -> str:
    """Name the intermediate of a table by its path alone: whatever else is added, it stays."""
    plain = re.sub("[^A-Za-z0-9_-]+", "-", Path(path).name.split(".")[0])[:60]
    return f"{plain}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
