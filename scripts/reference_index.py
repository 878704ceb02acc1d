"""Index the references of a study (rule reference_index)."""

from pathlib import Path

from evigil.logs import step
from evigil.rna.cache import write_index
from evigil.rna.paths import BUNDLED

with step(snakemake.log[0]):
    params = snakemake.params
    write_index(
        snakemake.output.index,
        BUNDLED if params.bundled else Path(snakemake.input.manifest[0]).parent,
        fasta=params.fasta,
        spike_ins=next(iter(snakemake.input.spike_ins), None),
        class_order=params.class_order,
        code=params.code,
    )
