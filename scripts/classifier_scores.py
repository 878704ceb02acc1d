"""Score every sample of the study (rule classifier_scores)."""

from pathlib import Path

from evigil.classifier.locked import load as load_model
from evigil.classifier.repeat import load
from evigil.classifier.scores import assemble
from evigil.logs import step
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    files = snakemake.input
    scores = assemble(
        load_model(Path(files.model[0]).parent, snakemake.params.layer),
        read_matrix(files.values),
        snakemake.params.samples,
        read_table(files.gates),
        [load(file) for file in files.repeats],
    )
    write_table(scores, snakemake.output.scores)
