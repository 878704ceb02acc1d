"""Put together what is known of each specimen, and what the study may claim (quality_specimen)."""

from evigil.logs import step
from evigil.quality.ev import characterise
from evigil.quality.misev import misev
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    measured = dict(zip(params.measured, files.distributions, strict=True))
    specimen = characterise(params.samples, measured)
    write_table(specimen, output.specimen)
    proteins = read_table(files.proteins) if files.proteins else None
    write_table(misev(params.sheet, specimen, proteins), output.misev)
