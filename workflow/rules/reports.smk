"""Reports: what a person opens.

takes    results/monitoring/<name>/*, results/classifiers/<name>/*, results/quality/samples.tsv
leaves   results/reports/patients/<patient>.html     where the patient stands, from earlier visits only
         results/reports/index.html                  the study on a page, patients with an alert first
"""


rule patient_reports:
    input:
        results=plan.report_files,
    output:
        pages=plan.pages(),
    log:
        "logs/patient_reports/cohort.log",
    benchmark:
        "logs/patient_reports/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        config=config,
        patients=plan.patient_days,
        code=code_digest("evigil.reports.patient"),
    message:
        "reports: a page for each patient"
    script:
        "../../scripts/patient_reports.py"


rule report_index:
    input:
        results=plan.report_files,
    output:
        index=report(
            "results/reports/index.html",
            caption="../report/index.rst",
            category="Overview",
        ),
    log:
        "logs/report_index/cohort.log",
    benchmark:
        "logs/report_index/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        config=config,
        patients=plan.patient_days,
        code=code_digest("evigil.reports.index"),
    message:
        "reports: the overview"
    script:
        "../../scripts/report_index.py"
