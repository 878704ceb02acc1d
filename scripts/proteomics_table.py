"""Read one table of proteins (rule proteomics_table)."""

from evigil.logs import step
from evigil.proteomics.part import write_part
from evigil.proteomics.table import read_table

with step(snakemake.log[0]):
    files, row, samples = snakemake.input, snakemake.params.row, snakemake.params.samples
    runs = files.runs[0] if files.runs else None
    quantities, sample_of = read_table(row["path"], row["format"], row["scale"], runs, samples)
    write_part(snakemake.output.part, row["path"], row["batch"], quantities, sample_of)
