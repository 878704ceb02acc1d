"""Name the protocol of a batch, for its samples that have too few reads (rule smallrna_batch)."""

from evigil.logs import step
from evigil.quantify import vote
from evigil.reads.library import at_hand

with step(snakemake.log[0]):
    params = snakemake.params
    samples = at_hand(params.libraries, snakemake.input.fastqs)
    vote(samples, params.protocols, snakemake.output.protocol)
