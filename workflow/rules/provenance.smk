"""Provenance: what went in and what it was run with; the one folder that may name the machine.

takes    the config, the sheets and the input tables
leaves   results/provenance/config.yaml     the merged configuration, defaults included
         results/provenance/inputs.tsv      sha256 and size of every input file
         results/provenance/software.tsv    versions
"""


rule provenance:
    input:
        sheets=local(plan.sheets()),
        files=[*plan.inputs(), *plan.fastq_files()],
    output:
        config="results/provenance/config.yaml",
        inputs="results/provenance/inputs.tsv",
        software="results/provenance/software.tsv",
    log:
        "logs/provenance/cohort.log",
    benchmark:
        "logs/provenance/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        config=config,
        names=[*plan.sheets(), *plan.inputs(), *plan.fastq_files()],
        code=code_digest("evigil.provenance.record"),
    message:
        "provenance: checksums and versions"
    script:
        "../../scripts/provenance.py"
