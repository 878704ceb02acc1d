"""Reports: what a person opens.

takes    results/monitoring/<name>/*, results/classifiers/<name>/*, results/differential/<contrast>/*, results/quality/samples.tsv
         results/smallrna/*.tsv                      of samples that enter as FASTQ
leaves   results/reports/index.html                  the study on a page, patients with an alert first
         results/reports/patients/<patient>.html     where the patient stands, from earlier visits only
         results/reports/multiqc.html                read fate, lengths, quality and depth of each library
"""


rule reports_html:
    input:
        results=plan.report_files,
    output:
        index=report(
            "results/reports/index.html",
            caption="../report/index.rst",
            category="Overview",
        ),
        pages=plan.pages(),
    log:
        "logs/reports_html/cohort.log",
    benchmark:
        "logs/reports_html/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        config=config,
        patients=plan.patient_days,
        monitored=plan.study.monitored_patients(),
        units=plan.units(),
        code=code_digest(
            "evigil.reports.contrasts",
            "evigil.reports.index",
            "evigil.reports.inputs",
            "evigil.reports.patient",
            "evigil.version",
        ),
    message:
        "reports: the overview, and a page for each monitored patient"
    script:
        "../../scripts/reports_html.py"


rule reports_multiqc:
    input:
        samples="results/smallrna/samples.tsv",
        ledger="results/smallrna/ledger.tsv",
        lengths="results/smallrna/lengths.tsv",
        positions="results/smallrna/positions.tsv",
        saturation="results/smallrna/saturation.tsv",
        gates="results/quality/samples.tsv",
    output:
        page=report(
            "results/reports/multiqc.html",
            caption="../report/multiqc.rst",
            category="Overview",
        ),
    log:
        "logs/reports_multiqc/cohort.log",
    benchmark:
        "logs/reports_multiqc/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        code=code_digest("evigil.reports.multiqc"),
    message:
        "reports: the page of the libraries"
    script:
        "../../scripts/reports_multiqc.py"
