"""Build the folder of a reference from its source files (rule reference_build)."""

from pathlib import Path

from evigil.logs import step
from evigil.reference.build import build_reference
from evigil.rna.sources import read_sources

with step(snakemake.log[0]):
    build_reference(
        read_sources(snakemake.input.sources),
        [Path(file) for file in snakemake.input.files],
        Path(snakemake.output.manifest).parent,
        snakemake.params.species,
    )
