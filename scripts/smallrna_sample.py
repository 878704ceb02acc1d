"""Count the reads of one sample (rule smallrna_sample)."""

from evigil.compiled import skip_linear_algebra
from evigil.logs import step

with step(snakemake.log[0]):
    skip_linear_algebra()
    from evigil.quantify import quantify

    given, params = snakemake, snakemake.params
    sample = (given.wildcards.sample, params.libraries, params.batch, params.protocols)
    quantify(*sample, params.settings, given.input.index, given.output)
