"""Count the reads of one sample (rule smallrna_sample)."""

import gc

from evigil.compiled import skip_linear_algebra
from evigil.logs import step

with step(snakemake.log[0]):
    # what is imported stays: looking for garbage in it is a tenth of the time of the imports
    gc.disable()
    skip_linear_algebra()
    from evigil.quantify import quantify
    from evigil.reads.library import at_hand

    params = snakemake.params
    quantify(
        snakemake.wildcards.sample,
        at_hand([params.libraries], snakemake.input.fastqs)[0],
        params.protocols,
        params.settings,
        snakemake.input.index,
        *(next(iter(snakemake.input.batch), None), snakemake.output),
    )
