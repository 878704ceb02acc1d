"""Index the references of a study (rule reference_index)."""

from pathlib import Path

from evigil.logs import step
from evigil.rna.load import load_reference

with step(snakemake.log[0]):
    bundle = load_reference(
        Path(snakemake.input.manifest).parent,
        fasta=snakemake.params.fasta,
        spike_ins=next(iter(snakemake.input.spike_ins), None),
        class_order=snakemake.params.class_order,
    )
    bundle.write(snakemake.output.index)
