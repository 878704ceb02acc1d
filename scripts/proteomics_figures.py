"""Draw the proteins of the cohort (rule proteomics_figures)."""

from pathlib import Path

from evigil.logs import step
from evigil.proteomics.figures import PICTURES, write_figures
from evigil.tables import read_annotated, read_table

with step(snakemake.log[0]):
    data = read_annotated(snakemake.input.matrix)
    stems = {name: Path(snakemake.output[name]).with_suffix("") for name in PICTURES}
    samples = read_table(snakemake.input.samples)
    write_figures(samples, data.to_df("measured"), data.to_df(), stems)
