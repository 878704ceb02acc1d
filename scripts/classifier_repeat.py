"""Run one repeat of a classifier's nested cross-validation (rule classifier_repeat)."""

from evigil.classifier.repeat import cross_validate
from evigil.gating import usable
from evigil.logs import step
from evigil.tables import read_matrix, read_table, write_table

with step(snakemake.log[0]):
    settings = snakemake.params.settings
    result = cross_validate(
        read_matrix(snakemake.input.counts),
        snakemake.params.training,
        usable(read_table(snakemake.input.gates), "smallrna"),
        int(snakemake.wildcards.repeat),
        snakemake.params.seed,
        settings["specificities"],
        settings["operating_specificity"],
    )
    for name, table in result._asdict().items():
        write_table(table, snakemake.output[name])
