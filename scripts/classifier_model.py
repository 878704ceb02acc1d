"""Train the model that is locked (rule classifier_model)."""

from pathlib import Path

from evigil.classifier.locked import save, train
from evigil.confounding import finding, read_confounding
from evigil.gating import usable, without_blank_only
from evigil.logs import step
from evigil.tables import read_json, read_matrix, read_table

with step(snakemake.log[0]):
    files, params, name = snakemake.input, snakemake.params, snakemake.wildcards.classifier
    blanks = read_table(files.blanks) if files.blanks else None
    model = train(
        without_blank_only(read_matrix(files.counts), blanks, "smallrna"),
        params.training,
        usable(read_table(files.gates), "smallrna"),
        params.handling,
        params.seed,
        params.settings["specificities"],
        params.settings["operating_specificity"],
        read_json(files.reference),
        finding(read_confounding(files.confounding), f"classifiers.{name}"),
    )
    save(model, Path(snakemake.output.model).parent)
