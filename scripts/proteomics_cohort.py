"""Put the tables of proteins together (rule proteomics_cohort)."""

from evigil.logs import step
from evigil.proteomics.part import read_part
from evigil.proteomics.results import assemble, write
from evigil.tables import read_json

with step(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    panels = files.panels[0] if files.panels else None
    models = [read_json(file) for file in files.models]
    found = assemble([read_part(file) for file in files.parts], params.scaling, panels, models)
    write(found, params.samples.set_index("sample"), snakemake.output)
