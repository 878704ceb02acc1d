"""Score every sample with the locked model alone (rule classifier_predict)."""

from pathlib import Path

from evigil.classifier.locked import load
from evigil.logs import step
from evigil.predict import predict
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    model = load(Path(files.model[0]).parent, params.layer)
    metrics = read_table(files.metrics) if files.metrics else None
    scores = predict(model, read_matrix(files.values), params.samples, metrics)
    write_table(scores, snakemake.output.scores)
