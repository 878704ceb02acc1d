"""Test gene sets for over-representation (rule differential_enrichment)."""

from evigil.differential.enrichment import enrichment
from evigil.differential.gene_sets import read_gene_sets, read_targets
from evigil.logs import step
from evigil.tables import read_table, write_table

with step(snakemake.log[0]):
    files = snakemake.input
    gene_sets = read_gene_sets(files.gene_sets) if files.gene_sets else None
    targets = read_targets(files.targets) if files.targets else None
    found = enrichment(read_table(files.table), gene_sets, targets)
    write_table(found, snakemake.output.table)
