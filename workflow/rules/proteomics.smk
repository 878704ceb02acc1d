"""Proteomics: what engines and affinity platforms wrote in; the matrix of the cohort out.

takes    proteomics.tables                       a row per file: format, batch, which run is which sample
leaves   results/proteomics/intensities.h5ad,.tsv  log2, missing stays missing; layers censored and limit
         results/proteomics/samples.tsv          what was measured of each sample: the gates judge it
         results/proteomics/ledger.tsv           what became of every row of every run
         results/proteomics/reference.json       what was frozen: offsets of ions, normalisation
         results/proteomics/tables/<table>.h5ad  what the cohort takes of a table
         results/proteomics/searched/<run>.h5ad  what the cohort takes of a raw run
         results/proteomics/figures/             proteins per sample, missing values, character, plasma quality
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
        code=code_digest("evigil.proteomics.part", "evigil.proteomics.table"),
    message:
        "proteomics: reading {wildcards.table}"
    script:
        "../../scripts/proteomics_table.py"


rule proteomics_search:
    input:
        raw=plan.proteomics.runs_raw(),
        runs=plan.proteomics.mappings(),
        fasta=plan.proteomics.fasta(),
    output:
        parts=temp(plan.proteomics.searched()),
    log:
        "logs/proteomics_search/cohort.log",
    benchmark:
        "logs/proteomics_search/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        # Sage's index of the peptides, and the spectra of all runs
        mem_mb=lambda wildcards, input, attempt: int(8000 + 5 * input.size_mb) * attempt,
        runtime=lambda wildcards, input, attempt: int(60 + input.size_mb / 5) * attempt,
    params:
        rows=plan.proteomics.rows(),
        samples=plan.proteomics.samples(),
        code=code_digest("evigil.proteomics.part", "evigil.proteomics.raw.study"),
    message:
        "proteomics: searching the raw runs"
    script:
        "../../scripts/proteomics_search.py"


rule proteomics_cohort:
    input:
        parts=plan.proteomics.parts(),
        panels=plan.proteomics.panels(),
        models=plan.proteomics.models(),
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


rule proteomics_figures:
    input:
        samples="results/proteomics/samples.tsv",
        matrix="results/proteomics/intensities.h5ad",
    output:
        identifications=report(
            "results/proteomics/figures/identifications.svg",
            caption="../report/identifications.rst",
            category="Proteomics",
        ),
        missingness=report(
            "results/proteomics/figures/missingness.svg",
            caption="../report/missingness.rst",
            category="Proteomics",
        ),
        character=report(
            "results/proteomics/figures/character.svg",
            caption="../report/character.rst",
            category="Proteomics",
        ),
        plasma_quality=report(
            "results/proteomics/figures/plasma_quality.svg",
            caption="../report/plasma_quality.rst",
            category="Proteomics",
        ),
        intensities=report(
            "results/proteomics/figures/intensities.svg",
            caption="../report/intensities.rst",
            category="Proteomics",
        ),
        png=multiext(
            "results/proteomics/figures/",
            "identifications.png",
            "missingness.png",
            "character.png",
            "plasma_quality.png",
            "intensities.png",
        ),
    log:
        "logs/proteomics_figures/cohort.log",
    benchmark:
        "logs/proteomics_figures/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        code=code_digest("evigil.proteomics.figures"),
    message:
        "proteomics: pictures"
    script:
        "../../scripts/proteomics_figures.py"
