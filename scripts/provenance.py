"""Record what went in and what it was run with (rule provenance)."""

import yaml

from evigil.logs import step
from evigil.provenance.record import checksums, versions
from evigil.tables import write_table, write_text

with step(snakemake.log[0]):
    files = dict(zip(snakemake.params.names, snakemake.input, strict=True))
    write_text(yaml.safe_dump(snakemake.params.config, sort_keys=True), snakemake.output.config)
    write_table(checksums(files), snakemake.output.inputs)
    write_table(versions(), snakemake.output.software)
