"""Train the model that is locked (rule classifier_model)."""

from pathlib import Path

from evigil.classifier.locked import save, train
from evigil.gating import usable
from evigil.logs import step
from evigil.tables import read_json, read_matrix, read_table

with step(snakemake.log[0]):
    settings = snakemake.params.settings
    model = train(
        read_matrix(snakemake.input.counts),
        snakemake.params.training,
        usable(read_table(snakemake.input.gates), "smallrna"),
        snakemake.params.handling,
        snakemake.params.seed,
        settings["specificities"],
        settings["operating_specificity"],
        read_json(snakemake.input.reference),
    )
    save(model, Path(snakemake.output.model).parent)
