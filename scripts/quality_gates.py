"""Judge every metric of every sample, and gate the samples (rule quality_gates)."""

from evigil.logs import step
from evigil.quality.run import gate
from evigil.tables import read_table, write_json, write_table

with step(snakemake.log[0]):
    params, measured = snakemake.params, snakemake.input.smallrna
    quality = gate(params.samples, read_table(measured) if measured else None, params.gates)
    write_table(quality.gates, snakemake.output.gates)
    write_table(quality.samples, snakemake.output.samples)
    write_json(quality.reference, snakemake.output.reference)
