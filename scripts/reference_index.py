"""Index the references of a study (rule reference_index)."""

from pathlib import Path

from evigil.logs import step
from evigil.rna.cache import write_index

with step(snakemake.log[0]):
    params = snakemake.params
    write_index(
        snakemake.output.index,
        Path(snakemake.input.manifest).parent,
        fasta=params.fasta,
        spike_ins=next(iter(snakemake.input.spike_ins), None),
        class_order=params.class_order,
        code=params.code,
    )
