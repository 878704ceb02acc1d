"""Judge every metric of every sample, and gate the samples (rule quality_gates)."""

from evigil.logs import step
from evigil.quality.gates import judge, summarise
from evigil.quality.limits import fit_reference
from evigil.quality.measured import count_table_metrics, no_metrics
from evigil.tables import read_table, write_json, write_table

with step(snakemake.log[0]):
    samples = snakemake.params.samples
    measured = snakemake.input.smallrna
    metrics = count_table_metrics(read_table(measured)) if measured else no_metrics()
    reference = fit_reference(
        metrics, samples.loc[samples["reference"], "sample"], snakemake.params.gates
    )
    gates = judge(metrics, reference)
    write_table(gates, snakemake.output.gates)
    write_table(
        summarise(gates, samples["sample"], snakemake.params.layers), snakemake.output.samples
    )
    write_json(reference, snakemake.output.reference)
