"""Say what the study reports of its vesicles, and what it may claim (rule quality_misev)."""

from evigil.logs import step
from evigil.quality.misev import misev
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    specimen = read_table(snakemake.input.specimen)
    write_table(misev(snakemake.params.sheet, specimen), snakemake.output.misev)
