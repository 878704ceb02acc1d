"""Count the reads of one sample (rule smallrna_sample)."""

from evigil.compiled import skip_linear_algebra
from evigil.logs import step

with step(snakemake.log[0]):
    skip_linear_algebra()
    from evigil.quantify import quantify

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
