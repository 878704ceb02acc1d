"""Test every feature of a layer for a contrast (rule differential_test)."""

from evigil.differential.contrasts import Contrast
from evigil.differential.run import analyse
from evigil.gating import sample_gate, without_blank_only
from evigil.logs import step
from evigil.tables import read_annotated, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    settings, layer = params.settings, snakemake.wildcards.layer
    matrix, blanks = (
        read_annotated(files.matrix),
        read_table(files.blanks) if files.blanks else None,
    )
    values = without_blank_only(matrix.to_df(), blanks, layer)
    gates = sample_gate(read_table(files.gates), layer)
    contrast = Contrast.from_settings(snakemake.wildcards.contrast, settings)
    chosen = (settings["size_factors"], settings["filter"], matrix.var.get("gene"))
    result = analyse(values, params.scale, params.samples, gates, contrast, *chosen)
    for name in ("table", "detection", "sensitivity"):
        write_table(getattr(result, name), output[name])
    write_json(result.design, output.design)
