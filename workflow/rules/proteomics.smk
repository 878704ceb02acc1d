"""Proteomics: what engines and affinity platforms wrote in; the matrix of the cohort out.

takes    proteomics.tables                       a row per file: format, batch, which run is which sample
         results/quality needs nothing of it: what is fitted is fitted on the quality reference, by name
leaves   results/proteomics/intensities.h5ad,.tsv  log2, missing stays missing; layers censored and limit
         results/proteomics/samples.tsv          what was measured of each sample: the gates judge it
         results/proteomics/ledger.tsv           what became of every row of every run
         results/proteomics/reference.json       what was frozen: offsets of ions, normalisation
         results/proteomics/tables/<table>.h5ad  what the cohort takes of a table
"""


rule proteomics_table:
    input:
        table=plan.proteomics.table,
        runs=plan.proteomics.runs,
    output:
        part=temp("results/proteomics/tables/{table}.h5ad"),
    log:
        "logs/proteomics_table/{table}.log",
    benchmark:
        "logs/proteomics_table/{table}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        # runs × precursors as numbers, and what is read of the file at a time
        mem_mb=lambda wildcards, input, attempt: int(2000 + 6 * input.size_mb) * attempt,
        runtime=lambda wildcards, input, attempt: int(10 + input.size_mb / 20) * attempt,
    params:
        row=plan.proteomics.row,
        samples=plan.proteomics.samples(),
        code=code_digest("evigil.proteomics.table"),
    message:
        "proteomics: reading {wildcards.table}"
    script:
        "../../scripts/proteomics_table.py"


rule proteomics_cohort:
    input:
        parts=plan.proteomics.parts(),
        panels=plan.proteomics.panels(),
    output:
        h5ad="results/proteomics/intensities.h5ad",
        tsv="results/proteomics/intensities.tsv",
        samples="results/proteomics/samples.tsv",
        ledger="results/proteomics/ledger.tsv",
        reference="results/proteomics/reference.json",
    log:
        "logs/proteomics_cohort/cohort.log",
    benchmark:
        "logs/proteomics_cohort/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        # parts are small where most precursors are missing in most runs
        mem_mb=lambda wildcards, input, attempt: int(2000 + 40 * input.size_mb)
        * attempt,
        runtime=lambda wildcards, input, attempt: int(20 + input.size_mb) * attempt,
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        scaling=plan.proteomics.scaling,
        code=code_digest("evigil.proteomics.results", "evigil.tables"),
    message:
        "proteomics: putting the tables together"
    script:
        "../../scripts/proteomics_cohort.py"
