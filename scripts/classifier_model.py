"""Train the model that is locked (rule classifier_model)."""

from pathlib import Path

from evigil.classifier.layer import layer_of
from evigil.classifier.locked import save, train
from evigil.confounding import finding, read_confounding
from evigil.gating import usable, without_blank_only
from evigil.logs import step
from evigil.tables import read_json, read_matrix, read_table

with step(snakemake.log[0]):
    files, params, name = snakemake.input, snakemake.params, snakemake.wildcards.classifier
    blanks = read_table(files.blanks) if files.blanks else None
    model = train(
        without_blank_only(read_matrix(files.values), blanks, params.layer),
        params.training,
        usable(read_table(files.gates), params.layer),
        params.handling,
        params.seed,
        *(params.settings[key] for key in ("specificities", "operating_specificity")),
        read_json(files.reference),
        layer_of(params.layer, params.scale, read_json(files.stage) if files.stage else None),
        finding(read_confounding(files.confounding), f"classifiers.{name}"),
    )
    save(model, Path(snakemake.output.model).parent)
