"""Judge every visit of every patient from earlier ones (rule monitoring_visits)."""

from evigil.logs import step
from evigil.monitoring.draws import draws_from_scores, draws_from_series
from evigil.monitoring.run import monitor
from evigil.tables import read_table, write_json, write_table

with step(snakemake.log[0]):
    draws, files = snakemake.params.draws, snakemake.input
    result = monitor(
        draws_from_scores(read_table(files.scores), draws)
        if files.scores
        else draws_from_series(draws, read_table(files.gates)),
        snakemake.params.patients,
        snakemake.params.settings,
        snakemake.params.seed,
    )
    for name in ("visits", "rules", "patients"):
        write_table(getattr(result, name), snakemake.output[name])
    for name in ("reference", "evaluation"):
        write_json(getattr(result, name), snakemake.output[name])
