"""Blanks, identity, precision: what the layers say of samples and features (quality_checks)."""

from evigil.gating import usable
from evigil.logs import step
from evigil.quality.assay_limits import assay_limits, read_layers
from evigil.quality.blanks import blank_limits
from evigil.quality.identity import identity
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    matrices = dict(zip(params.scales, files.matrices, strict=True))
    layers = read_layers(matrices, params.scales, files.spike_ins or None)
    gates = read_table(files.samples)
    kept = {name: usable(gates, name) for name in layers}
    reads = [read_table(file) if file else None for file in (files.ledger, files.measured)]
    found = blank_limits(layers, params.samples)
    write_table(found.features, output.blanks)
    write_table(found.samples, output.blank_samples)
    write_table(identity(layers, params.samples, kept, *reads), output.identity)
    write_table(assay_limits(layers, params.samples, kept), output.limits)
