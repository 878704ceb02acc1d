"""Bring a count table into the matrices of the contract (rule smallrna_counts)."""

from pathlib import Path

from evigil.logs import step
from evigil.smallrna.counts import read_counts, sample_metrics
from evigil.tables import write_matrix, write_table

with step(snakemake.log[0]):
    sheet = snakemake.params.samples.set_index("sample")
    values, var, messages = read_counts(snakemake.input.counts, sheet.index)
    print(*messages, sep="\n")
    metrics = sample_metrics(values)
    write_matrix(
        values,
        Path(snakemake.output.h5ad).with_suffix(""),
        obs=sheet.join(metrics.set_index("sample")),
        var=var,
    )
    write_table(metrics, snakemake.output.samples)
