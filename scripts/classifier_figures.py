"""Draw the ROC curve and the scores of a classifier (rule classifier_figures)."""

from pathlib import Path

from evigil.classifier.figures import write_figures
from evigil.confounding import finding, read_confounding
from evigil.logs import step
from evigil.tables import read_table

with step(snakemake.log[0]):
    stems = {name: Path(snakemake.output[name]).with_suffix("") for name in ("roc", "scores")}
    outcome = f"classifiers.{snakemake.wildcards.classifier}"
    audited = finding(read_confounding(snakemake.input.confounding), outcome)
    write_figures(read_table(snakemake.input.predictions), stems, audited)
