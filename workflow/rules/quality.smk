"""Quality: what was measured of each sample in, verdicts that every later stage obeys out.

takes    results/smallrna/samples.tsv       metrics of the layer, where the study has it
leaves   results/quality/gates.tsv          a row per sample, layer and metric: value, interval, limit, verdict
         results/quality/samples.tsv        a row per sample and layer: gate and reasons
         results/quality/reference.json     the limits in force, those fitted on the reference included
"""


rule quality_gates:
    input:
        smallrna=plan.metrics("smallrna"),
    output:
        gates="results/quality/gates.tsv",
        samples="results/quality/samples.tsv",
        reference="results/quality/reference.json",
    log:
        "logs/quality_gates/cohort.log",
    benchmark:
        "logs/quality_gates/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        samples=plan.quality_samples,
        columns=plan.columns(plan.quality_samples),
        gates=lookup(within=config, dpath="quality/gates"),
        code=code_digest("evigil.quality.run"),
    message:
        "quality: gating the samples"
    script:
        "../../scripts/quality_gates.py"
