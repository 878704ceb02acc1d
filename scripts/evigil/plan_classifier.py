"""Which matrix the rules of a classifier take, and what is known of its values."""

from typing import Any

from evigil.plan_layers import MEASURED, Matrix, matrices
from evigil.study import Study

PROTEINS = "proteomics"


class ClassifierPlan:
    """The layer of each classifier, seen from its rules.

    Functions of `wildcards` are Snakemake's input and params functions.
    """

    def __init__(self, study: Study) -> None:
        self.study = study

    def layer(self, wildcards: Any) -> str:
        """Return the name of the layer."""
        return self.study.config.classifiers[wildcards.classifier].layers[0]

    def matrix(self, wildcards: Any) -> str:
        """Return the file of the layer's values."""
        return self._matrix(wildcards).path

    def scale(self, wildcards: Any) -> str:
        """Return the scale of the values, ``counts`` or ``log2``."""
        return self._matrix(wildcards).scale

    def stage(self, wildcards: Any) -> str | list[str]:
        """Return what the layer's stage froze: how its values were rolled up and normalised."""
        proteins = self.layer(wildcards) == PROTEINS
        return "results/proteomics/reference.json" if proteins else []

    def metrics(self, wildcards: Any) -> str | list[str]:
        """Return what was measured of the layer's samples; nothing of a table of `layers`."""
        layer = self.layer(wildcards)
        return f"results/{layer}/samples.tsv" if layer in MEASURED else []

    def _matrix(self, wildcards: Any) -> Matrix:
        return matrices(self.study)[self.layer(wildcards)]
