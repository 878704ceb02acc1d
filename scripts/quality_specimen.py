"""Put together what is known of each specimen (rule quality_specimen)."""

from evigil.logs import step
from evigil.quality.ev import characterise
from evigil.tables import write_table

with step(snakemake.log[0]):
    measured = dict(zip(snakemake.params.measured, snakemake.input.distributions, strict=True))
    write_table(characterise(snakemake.params.samples, measured), snakemake.output.specimen)
