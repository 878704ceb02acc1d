"""Where the matrix of each layer is, and on what scale; what the rules of other tables take."""

from typing import Any, NamedTuple

from evigil.study import Study

#: The matrix of each stage that has one, and the scale of its values.
STAGES = {
    "smallrna": ("results/smallrna/counts.h5ad", "counts"),
    "proteomics": ("results/proteomics/intensities.h5ad", "log2"),
}
MEASURED = ("smallrna", "proteomics")
"""Layers whose samples are measured: their metrics are in ``results/<layer>/samples.tsv``."""


class Matrix(NamedTuple):
    """The matrix of a layer: its file, and its scale, ``counts`` or ``log2``."""

    path: str
    scale: str


def matrices(study: Study) -> dict[str, Matrix]:
    """Return the matrix of every layer of a study."""
    return {
        name: Matrix(*STAGES[name]) if name in STAGES else _of_table(study, name)
        for name in study.layers()
    }


def _of_table(study: Study, name: str) -> Matrix:
    counted = study.config.layers[name].scale == "counts"
    return Matrix(f"results/layers/{name}.h5ad", "counts" if counted else "log2")


class LayersPlan:
    """The tables of the block `layers`, rule by rule."""

    def __init__(self, study: Study) -> None:
        self.tables = study.config.layers

    def files(self) -> list[str]:
        """Return everything that the stage leaves."""
        return [f"results/layers/{name}.{end}" for name in sorted(self.tables) for end in ENDS]

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule a complete run has."""
        return {"layers_matrix": len(self.tables)}

    def inputs(self) -> list[str]:
        """Return the files that the user named."""
        return [layer.table for layer in self.tables.values()]

    def table(self, wildcards: Any) -> str:
        """Return the table of a layer."""
        return self.tables[wildcards.layer].table

    def scale(self, wildcards: Any) -> str:
        """Return the scale that the user gives of it: ``linear``, ``log2`` or ``counts``."""
        return self.tables[wildcards.layer].scale


ENDS = ("h5ad", "tsv")
