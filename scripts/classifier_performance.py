"""Put repeats and hold-out together (rule classifier_performance)."""

from evigil.classifier.performance import summarise
from evigil.classifier.repeat import join, load
from evigil.classifier.scores import held_out, prediction_table
from evigil.confounding import finding, read_confounding
from evigil.logs import step
from evigil.tables import read_json, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    nested = join([load(file) for file in files.repeats])
    predictions = prediction_table(nested, held_out(read_table(files.scores), params.samples))
    manifest = read_json(files.manifest)
    outcome = f"classifiers.{snakemake.wildcards.classifier}"
    audited = finding(read_confounding(files.confounding), outcome)
    performance = summarise(
        predictions, nested.thresholds, params.samples, manifest, params.seed, audited
    )
    write_table(nested.folds, output.folds)
    write_table(predictions, output.predictions)
    write_json(performance, output.performance)
