"""Name the protocol of a batch, for its samples that have too few reads (rule smallrna_batch)."""

from evigil.logs import step
from evigil.quantify import vote

with step(snakemake.log[0]):
    params = snakemake.params
    vote(params.libraries, params.protocols, snakemake.output.protocol)
