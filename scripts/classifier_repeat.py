"""Run one repeat of a classifier's nested cross-validation (rule classifier_repeat)."""

from evigil.classifier.repeat import cross_validate, save
from evigil.gating import usable, without_blank_only
from evigil.logs import step
from evigil.tables import read_matrix, read_table

with step(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    blanks = read_table(files.blanks) if files.blanks else None
    result = cross_validate(
        without_blank_only(read_matrix(files.counts), blanks, "smallrna"),
        params.training,
        usable(read_table(files.gates), "smallrna"),
        int(snakemake.wildcards.repeat),
        params.seed,
        params.settings["specificities"],
        params.settings["operating_specificity"],
    )
    save(result, snakemake.output.tables)
