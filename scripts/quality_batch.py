"""Describe batches in every layer, and lay its samples out (rule quality_batch)."""

from evigil.logs import step
from evigil.quality.batch import Layer, describe
from evigil.quality.embedding import umap_table
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    files, p = snakemake.input, snakemake.params
    paths = zip(p.scales.items(), files.matrices, strict=True)
    layers = {name: Layer(read_matrix(path), scale) for (name, scale), path in paths}
    gates = (read_table(files.gates), read_table(files.samples))
    found = describe(p.samples, p.technical, p.outcomes, *gates, layers)
    for name, table in found._asdict().items():
        write_table(table, snakemake.output[name])
    write_table(umap_table(found.components, p.seed), snakemake.output.umap)
