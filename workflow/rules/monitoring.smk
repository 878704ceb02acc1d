"""Monitoring: a marker through a patient's visits in, each visit judged from earlier ones out.

takes    monitoring.<name>.series, or results/classifiers/<name>/scores.tsv of its classifier
         results/quality/samples.tsv                      gates of the samples that a series names
leaves   results/monitoring/<name>/visits.tsv             a row per visit and marker: expected, threshold, z, call
         results/monitoring/<name>/rules.tsv              a row per visit, marker and rule: alarm or not
         results/monitoring/<name>/patients.tsv           a row per patient and marker: where they stand
         results/monitoring/<name>/reference.json         the disease-free reference
         results/monitoring/<name>/evaluation.json        specificity, sensitivity and lead time, cross-fitted
"""


rule monitoring_visits:
    input:
        scores=plan.scores,
        reference=plan.reference,
        gates="results/quality/samples.tsv",
    output:
        visits="results/monitoring/{monitoring}/visits.tsv",
        rules="results/monitoring/{monitoring}/rules.tsv",
        patients="results/monitoring/{monitoring}/patients.tsv",
        reference="results/monitoring/{monitoring}/reference.json",
        evaluation="results/monitoring/{monitoring}/evaluation.json",
    log:
        "logs/monitoring_visits/{monitoring}.log",
    benchmark:
        "logs/monitoring_visits/{monitoring}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        draws=plan.draws,
        columns=plan.columns(plan.draws),
        patients=plan.patient_days,
        settings=lookup(within=config, dpath="monitoring/{monitoring}"),
        seed=config["seed"],
        code=code_digest("evigil.monitoring.run", "evigil.monitoring.draws"),
    message:
        "monitoring {wildcards.monitoring}: judging every visit from earlier ones"
    script:
        "../../scripts/monitoring_visits.py"
