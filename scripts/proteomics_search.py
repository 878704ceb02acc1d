"""Search the raw runs (rule proteomics_search)."""

from evigil.logs import step
from evigil.proteomics.part import write_part
from evigil.proteomics.raw.study import search_rows

with step(snakemake.log[0]):
    files, rows, samples = snakemake.input, snakemake.params.rows, snakemake.params.samples
    searched = search_rows(rows, files.fasta[0], samples)
    for part, row in zip(snakemake.output, rows, strict=True):
        quantities, sample_of = searched[row["path"]]
        write_part(part, row["path"], row["batch"], quantities, sample_of)
