"""Run one repeat of a classifier's nested cross-validation (rule classifier_repeat)."""

from evigil.classifier.layer import layer_of
from evigil.classifier.repeat import cross_validate, save
from evigil.gating import usable, without_blank_only
from evigil.logs import step
from evigil.tables import read_json, read_matrix, read_table

with step(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    blanks = read_table(files.blanks) if files.blanks else None
    stage = read_json(files.stage) if files.stage else None
    result = cross_validate(
        without_blank_only(read_matrix(files.values), blanks, params.layer),
        params.training,
        usable(read_table(files.gates), params.layer),
        int(snakemake.wildcards.repeat),
        params.seed,
        params.settings["specificities"],
        params.settings["operating_specificity"],
        layer_of(params.layer, params.scale, stage),
    )
    save(result, snakemake.output.tables)
