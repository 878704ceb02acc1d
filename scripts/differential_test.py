"""Test every feature of a layer for a contrast (rule differential_test)."""

from evigil.differential.contrasts import Contrast
from evigil.differential.run import analyse
from evigil.gating import sample_gate, without_blank_only
from evigil.logs import step
from evigil.tables import read_matrix, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    blanks = read_table(files.blanks) if files.blanks else None
    result = analyse(
        without_blank_only(read_matrix(files.matrix), blanks, snakemake.wildcards.layer),
        params.scale,
        params.samples,
        sample_gate(read_table(files.gates), snakemake.wildcards.layer),
        Contrast.from_settings(snakemake.wildcards.contrast, params.settings),
        params.settings["size_factors"],
        params.settings["filter"],
    )
    for name in ("table", "detection", "sensitivity"):
        write_table(getattr(result, name), output[name])
    write_json(result.design, output.design)
