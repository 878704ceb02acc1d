"""Quality: what was measured of each sample in, verdicts that every later stage obeys out.

takes    results/smallrna/samples.tsv       metrics of the layer, where the study has it
         results/smallrna/counts.h5ad       the layer's matrix
leaves   results/quality/gates.tsv          a row per sample, layer and metric: value, interval, limit, verdict
         results/quality/samples.tsv        a row per sample and layer: gate and reasons
         results/quality/reference.json     the limits in force, those fitted on the reference included
         results/quality/confounding.tsv    a row per outcome and covariate: what else separates the classes
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


rule quality_audit:
    input:
        gates="results/quality/gates.tsv",
        samples="results/quality/samples.tsv",
        matrices=plan.matrices(),
    output:
        confounding="results/quality/confounding.tsv",
    log:
        "logs/quality_audit/cohort.log",
    benchmark:
        "logs/quality_audit/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(1000),
        runtime=needs.minutes(10),
    params:
        outcomes=plan.outcomes,
        sheet=plan.audited,
        columns=plan.columns(plan.audited),
        layers=plan.study.layers(),
        technical=lookup(within=config, dpath="quality/technical"),
        seed=config["seed"],
        code=code_digest(
            "evigil.quality.audit", "evigil.quality.covariates", "evigil.gating"
        ),
    message:
        "quality: what else than the condition separates cases from controls"
    script:
        "../../scripts/quality_audit.py"
