"""Put together what is known of each specimen, and what the study may claim (quality_specimen)."""

from evigil.logs import step
from evigil.quality.ev import characterise
from evigil.quality.misev import misev
from evigil.tables import write_table

with step(snakemake.log[0]):
    params, output = snakemake.params, snakemake.output
    measured = dict(zip(params.measured, snakemake.input.distributions, strict=True))
    specimen = characterise(params.samples, measured)
    write_table(specimen, output.specimen)
    write_table(misev(params.sheet, specimen), output.misev)
