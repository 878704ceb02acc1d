"""Count the reads of one sample (rule smallrna_sample)."""

from evigil.logs import step
from evigil.quantify import quantify

with step(snakemake.log[0]):
    params = snakemake.params
    quantify(
        snakemake.wildcards.sample,
        params.libraries,
        params.protocols,
        params.settings,
        snakemake.input.index,
        next(iter(snakemake.input.batch), None),
        snakemake.output,
    )
