"""Lay the samples of every layer out by UMAP (rule quality_umap)."""

from evigil.logs import step
from evigil.quality.embedding import umap_table
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    table = umap_table(read_table(snakemake.input.components), snakemake.params.seed)
    write_table(table, snakemake.output.umap)
