"""Score every sample with the locked model alone (rule classifier_predict)."""

from pathlib import Path

from evigil.classifier.locked import load
from evigil.logs import step
from evigil.predict import predict
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    model = load(Path(snakemake.input.model[0]).parent)
    counts = read_matrix(snakemake.input.counts)
    metrics = read_table(snakemake.input.metrics)
    scores = predict(model, counts, snakemake.params.samples, metrics)
    write_table(scores, snakemake.output.scores)
