"""Put together what a contrast compared in its layers (rule differential_design)."""

from pathlib import Path

from evigil.confounding import finding, read_confounding
from evigil.differential.contrasts import Contrast
from evigil.differential.run import describe
from evigil.logs import step
from evigil.tables import read_json, write_json

with step(snakemake.log[0]):
    contrast = Contrast.from_settings(snakemake.wildcards.contrast, snakemake.params.settings)
    layers = {Path(file).name.split(".")[0]: read_json(file) for file in snakemake.input.layers}
    table = read_confounding(snakemake.input.confounding)
    audited = finding(table, f"differential.{contrast.name}")
    write_json(describe(contrast, layers, audited), snakemake.output.design)
