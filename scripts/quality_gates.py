"""Judge every metric of every sample, and gate the samples (rule quality_gates)."""

from evigil.logs import step
from evigil.quality.run import gate, held
from evigil.tables import read_matrix, read_table, write_json, write_table

with step(snakemake.log[0]):
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    measured = [read_table(file) if file else None for file in (files.smallrna, files.proteins)]
    matrix = [read_matrix(file) if file else None for file in (files.counts, files.intensities)]
    specimen = read_table(files.specimen)
    others = held(dict(zip(params.others, map(read_matrix, files.others), strict=True)))
    known = {"proteins": measured[1], "intensities": matrix[1], "others": others}
    quality = gate(params.samples, measured[0], params.gates, specimen, matrix[0], **known)
    write_table(quality.gates, output.gates)
    write_table(quality.samples, output.samples)
    write_json(quality.reference, output.reference)
