"""Judge every metric of every sample, and gate the samples (rule quality_gates)."""

from evigil.logs import step
from evigil.quality.run import gate
from evigil.tables import read_matrix, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    measured = read_table(files.smallrna) if files.smallrna else None
    counts = read_matrix(files.matrix) if files.matrix else None
    quality = gate(params.samples, measured, params.gates, read_table(files.specimen), counts)
    write_table(quality.gates, output.gates)
    write_table(quality.samples, output.samples)
    write_json(quality.reference, output.reference)
