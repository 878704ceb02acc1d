"""Compare the samples with the blanks (rule quality_blanks)."""

from evigil.logs import step
from evigil.quality.assay_limits import read_layers
from evigil.quality.blanks import blank_limits
from evigil.tables import write_table

with step(snakemake.log[0]):
    files, names = snakemake.input, snakemake.params.layers
    layers = read_layers(dict(zip(names, files.matrices, strict=True)), files.spike_ins or None)
    found = blank_limits(layers, snakemake.params.samples)
    write_table(found.features, snakemake.output.blanks)
    write_table(found.samples, snakemake.output.samples)
