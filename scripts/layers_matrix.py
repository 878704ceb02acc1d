"""Bring a table of other features into the matrix of its layer (rule layers_matrix)."""

from pathlib import Path

from evigil.layers.matrix import read_layer_table
from evigil.logs import step
from evigil.tables import write_matrix

with step(snakemake.log[0]):
    params, output = snakemake.params, snakemake.output
    sheet = params.samples.set_index("sample")
    table = read_layer_table(snakemake.input.table, sheet.index, params.scale)
    print(*table.messages, sep="\n")
    write_matrix(table.values, Path(output.h5ad).with_suffix(""), obs=sheet, var=table.var)
