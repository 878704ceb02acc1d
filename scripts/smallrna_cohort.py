"""Put the samples together, and the count table with them (rule smallrna_cohort)."""

from pathlib import Path

from evigil.logs import step
from evigil.rna.bundle import Bundle
from evigil.smallrna.cohort import join_parts
from evigil.smallrna.counts import join_table, spike_table
from evigil.tables import write_sparse, write_table

with step(snakemake.log[0]):
    files, output, sheet = snakemake.input, snakemake.output, snakemake.params.samples
    cohort = join_parts(files.parts, Bundle.read(files.index))
    counts, metrics, messages = join_table(cohort, files.counts or None, sheet["sample"])
    print(*messages, sep="\n")
    obs = sheet.merge(metrics, on="sample", how="right").set_index("sample")
    write_sparse(counts.layers, Path(output.h5ad).with_suffix(""), obs, counts.var)
    write_table(metrics, output.samples)
    write_table(cohort.ledger, output.ledger)
    write_table(spike_table(cohort, next(iter(files.spike_ins), None), sheet), output.spike_ins)
    for name, table in cohort.tables.items():
        write_table(table, output[name])
