"""Draw the fold changes of a contrast (rule differential_fold_figures)."""

from pathlib import Path

from evigil.differential.contrasts import Contrast
from evigil.differential.figure_data import picture
from evigil.differential.figures import write_fold_figures
from evigil.logs import step
from evigil.tables import read_json, read_matrix, read_table

with step(snakemake.log[0]):
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    found = picture(
        read_table(files.table),
        read_matrix(files.matrix),
        params.scale,
        params.samples,
        read_json(files.design)["layers"][wildcards.layer],
        Contrast.from_settings(wildcards.contrast, params.settings),
    )
    names = ("volcano", "ma")
    stems = {name: Path(snakemake.output[name]).with_suffix("") for name in names}
    write_fold_figures(found, stems)
