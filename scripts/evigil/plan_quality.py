"""What the rules of quality take and leave."""

from typing import Any

import pandas as pd

from evigil.audited import audited_columns, outcomes
from evigil.plan_layers import MEASURED, matrices
from evigil.study import Study

FILES = (
    *("gates.tsv", "samples.tsv", "reference.json", "specimen.tsv", "misev.tsv"),
    *("confounding.tsv", "identity.tsv", "blanks.tsv", "blank_samples.tsv", "limits.tsv"),
    *("batch.tsv", "variance.tsv", "components.tsv", "umap.tsv"),
    *("replicates.tsv", "control_charts.tsv"),
)
#: Rules with one job in every study.
ONCE = ("specimen", "gates", "audit", "checks", "batch", "figures")
REPORTED = ("samples.tsv", "confounding.tsv", "identity.tsv", "blanks.tsv", "misev.tsv")
PICTURES = ("gates", "variance", "control_charts")
POINTS = ("pca", "umap")
COHORT = "results/cohort.h5mu"


class QualityPlan:
    """The gates, the audit and what else is said of a study's quality, seen from the workflow.

    Functions of `wildcards` are Snakemake's input and params functions.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.of_layer = matrices(study)
        self.layers = list(self.of_layer)

    def files(self) -> list[str]:
        """Return everything that the stage leaves."""
        tables = [f"results/quality/{file}" for file in FILES] + [COHORT] * bool(self.layers)
        return [*tables, *self.pictures("svg"), *self.pictures("png")]

    def pictures(self, ending: str) -> list[str]:
        """Return all pictures of one kind."""
        return [f"results/quality/figures/{name}.{ending}" for name in PICTURES] + self.points(
            ending
        )

    def points(self, ending: str = "svg") -> list[str]:
        """Return the pictures of the samples of each layer."""
        drawn = [f"{layer}.{points}" for layer in self.layers for points in POINTS]
        return [f"results/quality/figures/{name}.{ending}" for name in drawn]

    def reported(self) -> list[str]:
        """Return what the reports say and show of it: they do not wait for the rest."""
        return [f"results/quality/{file}" for file in REPORTED] + self.pictures("png")

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule a complete run has."""
        jobs = {f"quality_{name}": 1 for name in ONCE}
        return jobs | {"quality_cohort": int(bool(self.layers))}

    def inputs(self) -> list[str]:
        """Return the files that the user named."""
        return self.distributions()

    def samples(self, wildcards: Any) -> pd.DataFrame:
        """Return the samples that are gated, and which of them limits are fitted on."""
        return self.study.quality_samples()

    def measured(self) -> list[str]:
        """Return the samples that a particle size distribution is given of, as they stand."""
        return self._distributions()["sample"].tolist()

    def distributions(self) -> list[str]:
        """Return the particle size distributions, in the order of `measured`."""
        return self._distributions()["size_distribution"].tolist()

    def metrics(self, layer: str) -> str | list[str]:
        """Return the metrics of a layer, where the study has it."""
        return f"results/{layer}/samples.tsv" if layer in self.layers else []

    def unmeasured(self) -> list[str]:
        """Return the layers that have no metrics: a sample is in one, or it is not."""
        return [layer for layer in self.layers if layer not in MEASURED]

    def held(self) -> list[str]:
        """Return the matrices of these layers."""
        return [self.of_layer[layer].path for layer in self.unmeasured()]

    def matrix(self, layer: str) -> str | list[str]:
        """Return the matrix of a layer, where the study has it."""
        return self.of_layer[layer].path if layer in self.layers else []

    def matrices(self) -> list[str]:
        """Return the matrix of every layer of the study."""
        return [matrix.path for matrix in self.of_layer.values()]

    def scales(self) -> dict[str, str]:
        """Return the scale of every layer's values."""
        return {layer: matrix.scale for layer, matrix in self.of_layer.items()}

    def spike_ins(self) -> str | list[str]:
        """Return what was found of spike-ins, where reads have them."""
        block = self.study.config.smallrna
        there = block is not None and block.spike_ins and not self.study.libraries.empty
        return "results/smallrna/spike_ins.tsv" if there else []

    def ledger(self) -> str | list[str]:
        """Return what became of the reads, where the study has reads."""
        return [] if self.study.libraries.empty else "results/smallrna/ledger.tsv"

    def blanks(self) -> str | list[str]:
        """Return what the blanks hold, for those who leave out what blanks alone have."""
        return "results/quality/blanks.tsv" if (self.study.samples["role"] == "blank").any() else []

    def compared(self) -> list[str]:
        """Return the columns that classifiers and contrasts compare, sorted."""
        named = {block.column for block in self.study.config.classifiers.values()}
        if (differential := self.study.config.differential) is not None:
            named |= {block.column for block in differential.contrasts.values()}
        own = sorted(name for name in named if name is not None)
        return own or [name for name in ("condition",) if name in self.study.samples]

    def outcomes(self, wildcards: Any) -> pd.DataFrame:
        """Return every labelled sample of every outcome that is audited."""
        return outcomes(self.study)

    def audited(self, wildcards: Any) -> pd.DataFrame:
        """Return the sheet's columns that are held against every label."""
        return audited_columns(self.study.specimens, self.study.config.quality.technical)

    def _distributions(self) -> pd.DataFrame:
        table = self.study.samples.reindex(columns=["sample", "size_distribution"])
        return table.dropna(subset="size_distribution")
