"""Hand all layers over to users of scanpy and muon (rule quality_cohort)."""

from evigil.logs import step
from evigil.quality.cohort import cohort, write_cohort
from evigil.tables import read_annotated, read_table

with step(snakemake.log[0]):
    paths = zip(snakemake.params.layers, snakemake.input.matrices, strict=True)
    layers = {name: read_annotated(path) for name, path in paths}
    joined = cohort(layers, snakemake.params.samples, read_table(snakemake.input.samples))
    write_cohort(joined, snakemake.output.cohort)
