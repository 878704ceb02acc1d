"""Quality: what was measured of each sample in, verdicts that every later stage obeys out.

takes    results/<layer>/samples.tsv        metrics of small RNA and of proteomics, where the study has them
         the matrix of every layer          results/smallrna/counts.h5ad, results/proteomics/intensities.h5ad, …
         size_distribution of the sheet     particle size distributions
leaves   results/quality/specimen.tsv       a row per sample: particles, protein, pre-analytics
         results/quality/gates.tsv          a row per sample, layer and metric: value, interval, limit, verdict
         results/quality/samples.tsv        a row per sample and layer: gate and reasons
         results/quality/reference.json     the limits in force, those fitted on the reference included
         results/quality/confounding.tsv    a row per outcome and covariate: what else separates the classes
         results/quality/blanks.tsv         a row per feature: what the blanks hold; blank_samples.tsv per sample
         results/quality/identity.tsv       samples that seem to be somebody else's, or are there twice
         results/quality/limits.tsv         a row per feature: precision, linearity, detection limits
         results/quality/misev.tsv          what was reported of the vesicles, and the claims that it allows
         results/quality/batch.tsv          a row per layer and covariate; variance, components, umap, replicates, control_charts
         results/quality/figures/           gates, variance and control charts; the samples of each layer as points
         results/cohort.h5mu                every layer with the gates: the hand-over to scanpy and muon
"""


rule quality_specimen:
    input:
        distributions=plan.quality.distributions(),
        proteins=plan.quality.metrics("proteomics"),
    output:
        specimen="results/quality/specimen.tsv",
        misev="results/quality/misev.tsv",
    log:
        "logs/quality_specimen/cohort.log",
    benchmark:
        "logs/quality_specimen/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        samples=plan.quality.samples,
        columns=plan.columns(plan.quality.samples),
        measured=plan.quality.measured(),
        sheet=plan.sheet,
        sheet_columns=plan.columns(plan.sheet),
        code=code_digest("evigil.quality.ev", "evigil.quality.misev"),
    message:
        "quality: what is known of each specimen, and reported of the vesicles"
    script:
        "../../scripts/quality_specimen.py"


rule quality_gates:
    input:
        smallrna=plan.quality.metrics("smallrna"),
        counts=plan.quality.matrix("smallrna"),
        proteins=plan.quality.metrics("proteomics"),
        intensities=plan.quality.matrix("proteomics"),
        others=plan.quality.held(),
        specimen="results/quality/specimen.tsv",
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
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        samples=plan.quality.samples,
        columns=plan.columns(plan.quality.samples),
        gates=lookup(within=config, dpath="quality/gates"),
        others=plan.quality.unmeasured(),
        code=code_digest("evigil.quality.run"),
    message:
        "quality: gating the samples"
    script:
        "../../scripts/quality_gates.py"


rule quality_audit:
    input:
        gates="results/quality/gates.tsv",
        samples="results/quality/samples.tsv",
        matrices=plan.quality.matrices(),
        proteins=plan.quality.metrics("proteomics"),
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
        outcomes=plan.quality.outcomes,
        sheet=plan.quality.audited,
        columns=plan.columns(plan.quality.audited),
        layers=plan.quality.layers,
        technical=lookup(within=config, dpath="quality/technical"),
        seed=config["seed"],
        code=code_digest("evigil.quality.audit", "evigil.quality.covariates"),
    message:
        "quality: what else than the condition separates cases from controls"
    script:
        "../../scripts/quality_audit.py"


rule quality_checks:
    input:
        matrices=plan.quality.matrices(),
        samples="results/quality/samples.tsv",
        spike_ins=plan.quality.spike_ins(),
        ledger=plan.quality.ledger(),
        measured=plan.quality.metrics("smallrna"),
    output:
        blanks="results/quality/blanks.tsv",
        blank_samples="results/quality/blank_samples.tsv",
        identity="results/quality/identity.tsv",
        limits="results/quality/limits.tsv",
    log:
        "logs/quality_checks/cohort.log",
    benchmark:
        "logs/quality_checks/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(1000),
        runtime=needs.minutes(10),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        scales=plan.quality.scales(),
        code=code_digest(
            "evigil.quality.assay_limits",
            "evigil.quality.blanks",
            "evigil.quality.identity",
            "evigil.gating",
        ),
    message:
        "quality: blanks, swapped and doubled samples, precision and detection limits"
    script:
        "../../scripts/quality_checks.py"


rule quality_batch:
    input:
        gates="results/quality/gates.tsv",
        samples="results/quality/samples.tsv",
        matrices=plan.quality.matrices(),
    output:
        batch="results/quality/batch.tsv",
        variance="results/quality/variance.tsv",
        components="results/quality/components.tsv",
        umap="results/quality/umap.tsv",
        replicates="results/quality/replicates.tsv",
        control_charts="results/quality/control_charts.tsv",
    log:
        "logs/quality_batch/cohort.log",
    benchmark:
        "logs/quality_batch/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        technical=lookup(within=config, dpath="quality/technical"),
        outcomes=plan.quality.compared(),
        scales=plan.quality.scales(),
        seed=config["seed"],
        code=code_digest("evigil.quality.batch"),
    message:
        "quality: batches, and the samples laid out"
    script:
        "../../scripts/quality_batch.py"


rule quality_cohort:
    input:
        matrices=plan.quality.matrices(),
        samples="results/quality/samples.tsv",
    output:
        cohort="results/cohort.h5mu",
    log:
        "logs/quality_cohort/cohort.log",
    benchmark:
        "logs/quality_cohort/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        layers=plan.quality.layers,
        code=code_digest("evigil.quality.cohort"),
    message:
        "quality: the cohort for scanpy and muon"
    script:
        "../../scripts/quality_cohort.py"


rule quality_figures:
    input:
        gates="results/quality/gates.tsv",
        batch="results/quality/batch.tsv",
        variance="results/quality/variance.tsv",
        control_charts="results/quality/control_charts.tsv",
        components="results/quality/components.tsv",
        umap="results/quality/umap.tsv",
    output:
        gates=report(
            "results/quality/figures/gates.svg",
            caption="../report/gates.rst",
            category="Quality",
        ),
        variance=report(
            "results/quality/figures/variance.svg",
            caption="../report/variance.rst",
            category="Quality",
        ),
        control_charts=report(
            "results/quality/figures/control_charts.svg",
            caption="../report/control_charts.rst",
            category="Quality",
        ),
        points=report(
            plan.quality.points(),
            caption="../report/points.rst",
            category="Quality",
        ),
        png=plan.quality.pictures("png"),
    log:
        "logs/quality_figures/cohort.log",
    benchmark:
        "logs/quality_figures/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        layers=plan.quality.layers,
        technical=lookup(within=config, dpath="quality/technical"),
        outcomes=plan.quality.compared(),
        code=code_digest(
            "evigil.quality.points", "evigil.quality.batch", "evigil.quality.figures"
        ),
    message:
        "quality: pictures of gates, batches and samples"
    script:
        "../../scripts/quality_figures.py"
