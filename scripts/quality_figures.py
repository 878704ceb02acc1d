"""Draw the quality of the cohort, and the samples of each layer (rule quality_figures)."""

from pathlib import Path

from evigil.logs import step
from evigil.quality.batch import compared
from evigil.quality.figures import write_figures
from evigil.quality.points import write_points
from evigil.tables import read_table

with step(snakemake.log[0]):
    p, files = snakemake.params, snakemake.input
    tables = {name: read_table(file, text=("level",)) for name, file in files.items()}
    folder = Path(snakemake.output.gates).parent
    cohort = ("gates", "batch", "variance", "control_charts")
    drawn = {name: folder / name for name in ("gates", "variance", "control_charts")}
    write_figures(*(tables[name] for name in cohort), drawn)
    covariates, *_ = compared(p.samples, p.technical, p.outcomes, tables["gates"])
    points = [tables[name] for name in ("components", "umap", "batch")]
    for layer in p.layers:
        stems = {name: folder / f"{layer}.{name}" for name in ("pca", "umap")}
        write_points(*points, covariates, layer, stems)
