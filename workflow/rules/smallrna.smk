"""Small RNA: a table of counts in, the matrix of the cohort out.

takes    smallrna.counts                    features × samples or samples × features, raw counts
leaves   results/smallrna/counts.h5ad,.tsv  integers, samples as obs and features as var
         results/smallrna/samples.tsv       library size, features detected, share of the top feature
"""


rule smallrna_counts:
    input:
        counts=plan.counts(),
    output:
        h5ad="results/smallrna/counts.h5ad",
        tsv="results/smallrna/counts.tsv",
        samples="results/smallrna/samples.tsv",
    log:
        "logs/smallrna_counts/cohort.log",
    benchmark:
        "logs/smallrna_counts/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(15),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        code=code_digest("evigil.smallrna.counts", "evigil.tables"),
    message:
        "small RNA: reading the counts"
    script:
        "../../scripts/smallrna_counts.py"
