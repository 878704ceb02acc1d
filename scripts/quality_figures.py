"""Draw the quality of the cohort (rule quality_figures)."""

from pathlib import Path

from evigil.logs import step
from evigil.quality.figures import write_figures
from evigil.tables import read_table

with step(snakemake.log[0]):
    names = ("gates", "batch", "variance", "control_charts")
    tables = [read_table(snakemake.input[name], text=("level",)) for name in names]
    drawn = ("gates", "variance", "control_charts")
    write_figures(*tables, {name: Path(snakemake.output[name]).with_suffix("") for name in drawn})
