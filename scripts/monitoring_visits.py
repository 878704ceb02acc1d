"""Judge every visit of every patient from earlier ones (rule monitoring_visits)."""

from evigil.logs import step
from evigil.monitoring.draws import draws_from_scores, draws_from_series
from evigil.monitoring.run import monitor
from evigil.tables import read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    if files.scores:
        draws = draws_from_scores(read_table(files.scores), params.draws)
    else:
        draws = draws_from_series(params.draws, read_table(files.gates))
    # a reference.json is read where the job has it: from object storage it comes as a copy
    given = {"reference": files.reference[0]} if files.reference else {}
    result = monitor(draws, params.patients, params.settings | given, params.seed)
    for name in ("visits", "rules", "patients"):
        write_table(getattr(result, name), output[name])
    for name in ("reference", "evaluation"):
        write_json(getattr(result, name), output[name])
