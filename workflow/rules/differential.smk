"""Differential analysis: contrasts of the sheet in; per layer a table of features, side tables and pictures out.

takes    the matrix of a layer (results/smallrna/counts.h5ad) and results/quality/{samples,confounding}.tsv
         differential.gene_sets, differential.targets         where the user gives them
leaves   results/differential/<contrast>/<layer>.tsv              a row per feature: fold change, p, q
         results/differential/<contrast>/<layer>.detection.tsv    detected or not, tested by itself
         results/differential/<contrast>/<layer>.sensitivity.tsv  the same in other ways of looking
         results/differential/<contrast>/<layer>.enrichment.tsv   over-representation of gene sets
         results/differential/<contrast>/design.json              the model, and the samples it is made from
         results/differential/<contrast>/figures/                 pictures
"""


rule differential_test:
    input:
        matrix=plan.differential.matrix,
        gates="results/quality/samples.tsv",
        blanks=plan.quality.blanks(),
    output:
        table="results/differential/{contrast}/{layer}.tsv",
        detection="results/differential/{contrast}/{layer}.detection.tsv",
        sensitivity="results/differential/{contrast}/{layer}.sensitivity.tsv",
        design=temp("results/differential/{contrast}/{layer}.design.json"),
    log:
        "logs/differential_test/{contrast}.{layer}.log",
    benchmark:
        "logs/differential_test/{contrast}.{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(60),
    params:
        samples=plan.differential.samples,
        columns=plan.columns(plan.differential.samples),
        settings=plan.differential.settings,
        scale=plan.differential.scale,
        code=code_digest("evigil.differential.run", "evigil.gating"),
    message:
        "contrast {wildcards.contrast}: testing every feature of {wildcards.layer}"
    script:
        "../../scripts/differential_test.py"


rule differential_design:
    input:
        layers=plan.differential.layer_designs,
        confounding="results/quality/confounding.tsv",
    output:
        design="results/differential/{contrast}/design.json",
    log:
        "logs/differential_design/{contrast}.log",
    benchmark:
        "logs/differential_design/{contrast}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        settings=plan.differential.settings,
        code=code_digest("evigil.differential.run", "evigil.confounding"),
    message:
        "contrast {wildcards.contrast}: what was compared, and how"
    script:
        "../../scripts/differential_design.py"


rule differential_fold_figures:
    input:
        table="results/differential/{contrast}/{layer}.tsv",
        design="results/differential/{contrast}/design.json",
        matrix=plan.differential.matrix,
    output:
        volcano=report(
            "results/differential/{contrast}/figures/{layer}.volcano.svg",
            caption="../report/volcano.rst",
            category="Differential analysis",
        ),
        ma=report(
            "results/differential/{contrast}/figures/{layer}.ma.svg",
            caption="../report/ma.rst",
            category="Differential analysis",
        ),
        png=multiext(
            "results/differential/{contrast}/figures/{layer}.", "volcano.png", "ma.png"
        ),
    log:
        "logs/differential_fold_figures/{contrast}.{layer}.log",
    benchmark:
        "logs/differential_fold_figures/{contrast}.{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        samples=plan.differential.samples,
        columns=plan.columns(plan.differential.samples),
        settings=plan.differential.settings,
        scale=plan.differential.scale,
        code=code_digest("evigil.differential.figures"),
    message:
        "contrast {wildcards.contrast}: pictures of the fold changes in {wildcards.layer}"
    script:
        "../../scripts/differential_fold_figures.py"


rule differential_figures:
    input:
        table="results/differential/{contrast}/{layer}.tsv",
        design="results/differential/{contrast}/design.json",
        matrix=plan.differential.matrix,
    output:
        p_values=report(
            "results/differential/{contrast}/figures/{layer}.p_values.svg",
            caption="../report/p_values.rst",
            category="Differential analysis",
        ),
        pca=report(
            "results/differential/{contrast}/figures/{layer}.pca.svg",
            caption="../report/pca.rst",
            category="Differential analysis",
        ),
        heatmap=report(
            "results/differential/{contrast}/figures/{layer}.heatmap.svg",
            caption="../report/heatmap.rst",
            category="Differential analysis",
        ),
        features=report(
            "results/differential/{contrast}/figures/{layer}.features.svg",
            caption="../report/features.rst",
            category="Differential analysis",
        ),
        png=multiext(
            "results/differential/{contrast}/figures/{layer}.",
            "p_values.png",
            "pca.png",
            "heatmap.png",
            "features.png",
        ),
    log:
        "logs/differential_figures/{contrast}.{layer}.log",
    benchmark:
        "logs/differential_figures/{contrast}.{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(10),
    params:
        samples=plan.differential.samples,
        columns=plan.columns(plan.differential.samples),
        settings=plan.differential.settings,
        scale=plan.differential.scale,
        code=code_digest("evigil.differential.figures"),
    message:
        "contrast {wildcards.contrast}: pictures of {wildcards.layer}"
    script:
        "../../scripts/differential_figures.py"


rule differential_enrichment:
    input:
        table="results/differential/{contrast}/{layer}.tsv",
        gene_sets=plan.differential.gene_sets(),
        targets=plan.differential.targets(),
    output:
        table="results/differential/{contrast}/{layer}.enrichment.tsv",
    log:
        "logs/differential_enrichment/{contrast}.{layer}.log",
    benchmark:
        "logs/differential_enrichment/{contrast}.{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        code=code_digest(
            "evigil.differential.enrichment", "evigil.differential.gene_sets"
        ),
    message:
        "contrast {wildcards.contrast}: gene sets over-represented in {wildcards.layer}"
    script:
        "../../scripts/differential_enrichment.py"
