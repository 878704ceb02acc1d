"""Measure precision, linearity and detection limits of every feature (rule quality_limits)."""

from evigil.gating import usable
from evigil.logs import step
from evigil.quality.assay_limits import assay_limits, read_layers
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    files, names = snakemake.input, snakemake.params.layers
    layers = read_layers(dict(zip(names, files.matrices, strict=True)), files.spike_ins or None)
    gates = read_table(files.samples)
    kept = {name: usable(gates, name) for name in names}
    write_table(assay_limits(layers, snakemake.params.sheet, kept), snakemake.output.limits)
