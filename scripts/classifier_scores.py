"""Score every sample of the study (rule classifier_scores)."""

from pathlib import Path

from evigil.classifier.locked import load
from evigil.classifier.repeat import CrossValidation
from evigil.classifier.scores import assemble
from evigil.logs import step
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    files = snakemake.input
    repeats = zip(files.folds, files.predictions, files.thresholds, files.visits, strict=True)
    scores = assemble(
        load(Path(files.model[0]).parent),
        read_matrix(files.counts),
        snakemake.params.samples,
        read_table(files.gates),
        [CrossValidation(*map(read_table, tables)) for tables in repeats],
    )
    write_table(scores, snakemake.output.scores)
