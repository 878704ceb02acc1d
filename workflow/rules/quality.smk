"""Quality: what was measured of each sample in, verdicts that every later stage obeys out.

takes    results/smallrna/samples.tsv       metrics of the layer, where the study has it
         results/smallrna/counts.h5ad       the layer's matrix
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
    output:
        specimen="results/quality/specimen.tsv",
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
        code=code_digest("evigil.quality.ev", "evigil.quality.nta"),
    message:
        "quality: what is known of each specimen"
    script:
        "../../scripts/quality_specimen.py"


rule quality_gates:
    input:
        smallrna=plan.quality.metrics("smallrna"),
        matrix=plan.quality.matrix("smallrna"),
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


rule quality_blanks:
    input:
        matrices=plan.quality.matrices(),
        spike_ins=plan.quality.spike_ins(),
    output:
        blanks="results/quality/blanks.tsv",
        samples="results/quality/blank_samples.tsv",
    log:
        "logs/quality_blanks/cohort.log",
    benchmark:
        "logs/quality_blanks/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(1000),
        runtime=needs.minutes(10),
    params:
        samples=plan.quality.samples,
        columns=plan.columns(plan.quality.samples),
        layers=plan.quality.layers,
        code=code_digest("evigil.quality.blanks"),
    message:
        "quality: what the blanks hold"
    script:
        "../../scripts/quality_blanks.py"


rule quality_identity:
    input:
        matrices=plan.quality.matrices(),
        samples="results/quality/samples.tsv",
        ledger=plan.quality.ledger(),
        measured=plan.quality.metrics("smallrna"),
    output:
        identity="results/quality/identity.tsv",
    log:
        "logs/quality_identity/cohort.log",
    benchmark:
        "logs/quality_identity/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(1000),
        runtime=needs.minutes(10),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        layers=plan.quality.layers,
        code=code_digest(
            "evigil.quality.identity", "evigil.quality.assay_limits", "evigil.gating"
        ),
    message:
        "quality: swapped and doubled samples"
    script:
        "../../scripts/quality_identity.py"


rule quality_limits:
    input:
        samples="results/quality/samples.tsv",
        matrices=plan.quality.matrices(),
        spike_ins=plan.quality.spike_ins(),
    output:
        limits="results/quality/limits.tsv",
    log:
        "logs/quality_limits/cohort.log",
    benchmark:
        "logs/quality_limits/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(1000),
        runtime=needs.minutes(10),
    params:
        sheet=plan.quality.replication,
        columns=plan.columns(plan.quality.replication),
        layers=plan.quality.layers,
        code=code_digest("evigil.quality.assay_limits", "evigil.gating"),
    message:
        "quality: precision, linearity and detection limits"
    script:
        "../../scripts/quality_limits.py"


rule quality_misev:
    input:
        specimen="results/quality/specimen.tsv",
    output:
        misev="results/quality/misev.tsv",
    log:
        "logs/quality_misev/cohort.log",
    benchmark:
        "logs/quality_misev/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        sheet=plan.sheet,
        columns=plan.columns(plan.sheet),
        code=code_digest("evigil.quality.misev"),
    message:
        "quality: what is reported of the vesicles"
    script:
        "../../scripts/quality_misev.py"


rule quality_batch:
    input:
        gates="results/quality/gates.tsv",
        samples="results/quality/samples.tsv",
        matrices=plan.quality.matrices(),
    output:
        batch="results/quality/batch.tsv",
        variance="results/quality/variance.tsv",
        components="results/quality/components.tsv",
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
        code=code_digest("evigil.quality.batch"),
    message:
        "quality: batches"
    script:
        "../../scripts/quality_batch.py"


rule quality_umap:
    input:
        components="results/quality/components.tsv",
    output:
        umap="results/quality/umap.tsv",
    log:
        "logs/quality_umap/cohort.log",
    benchmark:
        "logs/quality_umap/cohort.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        seed=config["seed"],
        code=code_digest("evigil.quality.embedding"),
    message:
        "quality: the samples laid out"
    script:
        "../../scripts/quality_umap.py"


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
        png=multiext(
            "results/quality/figures/",
            "gates.png",
            "variance.png",
            "control_charts.png",
        ),
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
        code=code_digest("evigil.quality.figures"),
    message:
        "quality: pictures of gates and batches"
    script:
        "../../scripts/quality_figures.py"


rule quality_points:
    input:
        gates="results/quality/gates.tsv",
        components="results/quality/components.tsv",
        umap="results/quality/umap.tsv",
        batch="results/quality/batch.tsv",
    output:
        pca=report(
            "results/quality/figures/{layer}.pca.svg",
            caption="../report/points.rst",
            category="Quality",
        ),
        umap=report(
            "results/quality/figures/{layer}.umap.svg",
            caption="../report/points.rst",
            category="Quality",
        ),
        png=multiext("results/quality/figures/{layer}.", "pca.png", "umap.png"),
    log:
        "logs/quality_points/{layer}.log",
    benchmark:
        "logs/quality_points/{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        technical=lookup(within=config, dpath="quality/technical"),
        outcomes=plan.quality.compared(),
        code=code_digest("evigil.quality.points", "evigil.quality.batch"),
    message:
        "quality: the samples of {wildcards.layer} as points"
    script:
        "../../scripts/quality_points.py"
