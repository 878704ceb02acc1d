"""Draw the sequenced samples (rule smallrna_figures)."""

from pathlib import Path

from evigil.logs import step
from evigil.smallrna.figures import write_figures
from evigil.tables import read_table

with step(snakemake.log[0]):
    names = ("fate", "classes", "lengths", "saturation")
    tables = [read_table(snakemake.input[name]) for name in ("ledger", "lengths", "saturation")]
    write_figures(*tables, {name: Path(snakemake.output[name]).with_suffix("") for name in names})
