"""Draw the samples of a layer as points (rule quality_points)."""

from pathlib import Path

from evigil.logs import step
from evigil.quality.batch import compared
from evigil.quality.points import write_points
from evigil.tables import read_table

with step(snakemake.log[0]):
    p, files, output = snakemake.params, snakemake.input, snakemake.output
    covariates, *_ = compared(p.samples, p.technical, p.outcomes, read_table(files.gates))
    tables = [read_table(files[name]) for name in ("components", "umap", "batch")]
    stems = {name: Path(output[name]).with_suffix("") for name in ("pca", "umap")}
    write_points(*tables, covariates, snakemake.wildcards.layer, stems)
