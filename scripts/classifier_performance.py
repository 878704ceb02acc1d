"""Put repeats and hold-out together: performance and pictures (rule classifier_performance)."""

from pathlib import Path

import pandas as pd

from evigil.classifier.figures import write_figures
from evigil.classifier.performance import summarise
from evigil.classifier.repeat import CrossValidation
from evigil.classifier.scores import held_out, prediction_table
from evigil.logs import step
from evigil.tables import read_json, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    repeats = [
        CrossValidation(*map(read_table, tables))
        for tables in zip(
            files.folds, files.predictions, files.thresholds, files.visits, strict=True
        )
    ]
    thresholds = pd.concat([one.thresholds for one in repeats], ignore_index=True)
    predictions = prediction_table(repeats, held_out(read_table(files.scores), params.samples))
    write_table(pd.concat([one.folds for one in repeats], ignore_index=True), output.folds)
    write_table(predictions, output.predictions)
    write_json(
        summarise(predictions, thresholds, params.samples, read_json(files.manifest), params.seed),
        output.performance,
    )
    write_figures(
        predictions, {name: Path(output[name]).with_suffix("") for name in ("roc", "scores")}
    )
