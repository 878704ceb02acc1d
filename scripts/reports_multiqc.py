"""Write the page of the sequenced samples with MultiQC (rule reports_multiqc)."""

from evigil.logs import step
from evigil.reports.multiqc import write_multiqc

with step(snakemake.log[0]):
    write_multiqc(dict(snakemake.input.items()), snakemake.output.page)
