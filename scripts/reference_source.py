"""Fetch one source file of the reference (rule reference_source)."""

from pathlib import Path

from evigil.logs import step
from evigil.reference.fetch import fetch

with step(snakemake.log[0]):
    source = snakemake.params.source
    found = fetch(source["url"], Path(snakemake.output.file), source["sha256"])
    print(f"{snakemake.wildcards.source}: sha256 {found}")
