"""Look for swapped samples and for what is there twice (rule quality_identity)."""

from evigil.gating import usable
from evigil.logs import step
from evigil.quality.assay_limits import read_layers
from evigil.quality.identity import identity
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    files, names = snakemake.input, snakemake.params.layers
    layers = read_layers(dict(zip(names, files.matrices, strict=True)), None)
    gates = read_table(files.samples)
    kept = {name: usable(gates, name) for name in names}
    reads = [read_table(file) if file else None for file in (files.ledger, files.measured)]
    write_table(identity(layers, snakemake.params.samples, kept, *reads), snakemake.output.identity)
