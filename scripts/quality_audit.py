"""Ask what else than the condition separates cases from controls (rule quality_audit)."""

from evigil.logs import step
from evigil.quality.audit import admitted, audit
from evigil.quality.covariates import covariates
from evigil.tables import read_layer, read_matrix, read_table, write_table

with step(snakemake.log[0]):
    files, params = snakemake.input, snakemake.params
    matrices = dict(zip(params.layers, files.matrices, strict=True))
    layers = {name: read_matrix(file) for name, file in matrices.items()}
    limits = {name: read_layer(file, "limit") for name, file in matrices.items()}
    gates = read_table(files.gates)
    runs = {"proteomics": read_table(files.proteins).set_index("sample")} if files.proteins else {}
    known = covariates(params.sheet, params.technical, gates, layers, limits, runs)
    outcomes = admitted(params.outcomes, read_table(files.samples))
    table = audit(outcomes, known, params.technical, params.seed)
    write_table(table, snakemake.output.confounding)
