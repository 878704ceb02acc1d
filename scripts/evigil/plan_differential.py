"""What the rules of the differential analysis take and leave."""

from typing import Any

import pandas as pd

from evigil.plan_layers import matrices
from evigil.study import Study

TABLES = (".tsv", ".detection.tsv", ".sensitivity.tsv")
PICTURES = ("p_values", "pca", "heatmap", "features")
FOLD_PICTURES = ("volcano", "ma")


class DifferentialPlan:
    """The contrasts of a study, seen from the workflow.

    Functions of `wildcards` are Snakemake's input and params functions.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.matrices = matrices(study)
        self.config = study.config.differential
        self.contrasts = self.config.contrasts if self.config is not None else {}

    def samples(self, wildcards: Any) -> pd.DataFrame:
        """Return the samples that a contrast speaks of, and the columns that it uses."""
        return self.study.contrast_samples(wildcards.contrast)

    def settings(self, wildcards: Any) -> dict[str, Any]:
        """Return the settings of a contrast, with those that all contrasts share."""
        assert self.config is not None
        own = self.contrasts[wildcards.contrast].model_dump(mode="json")
        return own | {"size_factors": self.config.size_factors, "filter": self.config.filter}

    def matrix(self, wildcards: Any) -> str:
        """Return the matrix of a layer."""
        return self.matrices[wildcards.layer].path

    def scale(self, wildcards: Any) -> str:
        """Return the scale of a layer's values: ``counts`` or ``log2``."""
        return self.matrices[wildcards.layer].scale

    def layer_designs(self, wildcards: Any) -> list[str]:
        """Return what each layer of a contrast says of its model."""
        layers = self.contrasts[wildcards.contrast].layers
        return [f"results/differential/{wildcards.contrast}/{x}.design.json" for x in layers]

    def gene_sets(self) -> str | list[str]:
        """Return the gene sets, if the user gave them."""
        return self._given("gene_sets")

    def targets(self) -> str | list[str]:
        """Return the table of miRNA targets, if the user gave one."""
        return self._given("targets")

    def inputs(self) -> list[str]:
        """Return the files that the user named."""
        return [file for file in (self.gene_sets(), self.targets()) if isinstance(file, str)]

    def files(self) -> list[str]:
        """Return everything that the stage leaves."""
        return [
            f"results/differential/{name}/{file}"
            for name in self.contrasts
            for file in self._files(name)
        ]

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule a complete run has."""
        pairs = [block for block in self.contrasts.values() for _ in block.layers]
        return {
            "differential_test": len(pairs),
            "differential_design": len(self.contrasts),
            "differential_fold_figures": sum(block.test is None for block in pairs),
            "differential_figures": len(pairs),
            "differential_enrichment": len(pairs) if self._enriches() else 0,
        }

    def _files(self, name: str) -> list[str]:
        block, files = self.contrasts[name], ["design.json"]
        pictures = PICTURES if block.test else (*FOLD_PICTURES, *PICTURES)
        tables = (*TABLES, ".enrichment.tsv") if self._enriches() else TABLES
        for layer in block.layers:
            files += [f"{layer}{ending}" for ending in tables]
            files += [f"figures/{layer}.{p}.{end}" for p in pictures for end in ("svg", "png")]
        return files

    def _enriches(self) -> bool:
        return bool(self.inputs())

    def _given(self, key: str) -> str | list[str]:
        return getattr(self.config, key, None) or []
