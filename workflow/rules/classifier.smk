"""Classifier: labelled samples in; a leak-free estimate of performance and a locked model out.

takes    the matrix of its layer (results/smallrna/counts.h5ad, results/proteomics/intensities.h5ad,
         results/layers/<layer>.h5ad) and results/quality/{samples.tsv,reference.json,confounding.tsv}
leaves   results/classifiers/<name>/folds.tsv, predictions.tsv, performance.json
         results/classifiers/<name>/model/         what scores the next sample, alone as in the cohort
         results/classifiers/<name>/scores.tsv     every sample of the study: all that monitoring reads
         results/classifiers/<name>/figures/       ROC curve and scores
         results/predict/<name>/scores.tsv         every sample by the locked model (target `predict`)
"""


rule classifier_repeat:
    input:
        values=plan.classifier.matrix,
        stage=plan.classifier.stage,
        gates="results/quality/samples.tsv",
        blanks=plan.quality.blanks(),
    output:
        tables=temp("results/classifiers/{classifier}/repeats/{repeat}.json"),
    log:
        "logs/classifier_repeat/{classifier}.{repeat}.log",
    benchmark:
        "logs/classifier_repeat/{classifier}.{repeat}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(60),
    params:
        training=plan.training,
        layer=plan.classifier.layer,
        scale=plan.classifier.scale,
        settings=lookup(within=config, dpath="classifiers/{classifier}"),
        seed=config["seed"],
        code=code_digest("evigil.classifier.repeat", "evigil.gating"),
    message:
        "classifier {wildcards.classifier}: nested cross-validation, repeat {wildcards.repeat}"
    script:
        "../../scripts/classifier_repeat.py"


rule classifier_model:
    input:
        values=plan.classifier.matrix,
        stage=plan.classifier.stage,
        gates="results/quality/samples.tsv",
        reference="results/quality/reference.json",
        confounding="results/quality/confounding.tsv",
        blanks=plan.quality.blanks(),
    output:
        model="results/classifiers/{classifier}/model/model.skops",
        manifest="results/classifiers/{classifier}/model/manifest.json",
    log:
        "logs/classifier_model/{classifier}.log",
    benchmark:
        "logs/classifier_model/{classifier}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(60),
    params:
        training=plan.training,
        layer=plan.classifier.layer,
        scale=plan.classifier.scale,
        handling=plan.handling,
        columns=plan.columns(plan.handling),
        settings=lookup(within=config, dpath="classifiers/{classifier}"),
        seed=config["seed"],
        code=code_digest(
            "evigil.classifier.locked", "evigil.confounding", "evigil.gating"
        ),
    message:
        "classifier {wildcards.classifier}: training the model that is locked"
    script:
        "../../scripts/classifier_model.py"


rule classifier_performance:
    input:
        repeats=plan.repeats,
        scores="results/classifiers/{classifier}/scores.tsv",
        manifest="results/classifiers/{classifier}/model/manifest.json",
        confounding="results/quality/confounding.tsv",
    output:
        folds="results/classifiers/{classifier}/folds.tsv",
        predictions="results/classifiers/{classifier}/predictions.tsv",
        performance="results/classifiers/{classifier}/performance.json",
    log:
        "logs/classifier_performance/{classifier}.log",
    benchmark:
        "logs/classifier_performance/{classifier}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        samples=plan.classifier_samples,
        columns=plan.columns(plan.classifier_samples),
        settings=lookup(within=config, dpath="classifiers/{classifier}"),
        seed=config["seed"],
        code=code_digest(
            "evigil.classifier.performance",
            "evigil.classifier.scores",
            "evigil.confounding",
        ),
    message:
        "classifier {wildcards.classifier}: performance"
    script:
        "../../scripts/classifier_performance.py"


rule classifier_figures:
    input:
        predictions="results/classifiers/{classifier}/predictions.tsv",
        confounding="results/quality/confounding.tsv",
    output:
        roc=report(
            "results/classifiers/{classifier}/figures/roc.svg",
            caption="../report/roc.rst",
            category="Classifiers",
        ),
        scores=report(
            "results/classifiers/{classifier}/figures/scores.svg",
            caption="../report/scores.rst",
            category="Classifiers",
        ),
        roc_png="results/classifiers/{classifier}/figures/roc.png",
        scores_png="results/classifiers/{classifier}/figures/scores.png",
    log:
        "logs/classifier_figures/{classifier}.log",
    benchmark:
        "logs/classifier_figures/{classifier}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        code=code_digest("evigil.classifier.figures"),
    message:
        "classifier {wildcards.classifier}: pictures"
    script:
        "../../scripts/classifier_figures.py"


rule classifier_scores:
    input:
        values=plan.classifier.matrix,
        gates="results/quality/samples.tsv",
        repeats=plan.repeats,
        model=plan.model,
    output:
        scores="results/classifiers/{classifier}/scores.tsv",
    log:
        "logs/classifier_scores/{classifier}.log",
    benchmark:
        "logs/classifier_scores/{classifier}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(30),
    params:
        samples=plan.classifier_samples,
        columns=plan.columns(plan.classifier_samples),
        layer=plan.classifier.layer,
        code=code_digest("evigil.classifier.scores"),
    message:
        "classifier {wildcards.classifier}: scoring every sample"
    script:
        "../../scripts/classifier_scores.py"


rule classifier_predict:
    input:
        values=plan.classifier.matrix,
        metrics=plan.classifier.metrics,
        model=plan.model,
    output:
        scores="results/predict/{classifier}/scores.tsv",
    log:
        "logs/classifier_predict/{classifier}.log",
    benchmark:
        "logs/classifier_predict/{classifier}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(30),
    params:
        samples=plan.predicted,
        columns=plan.columns(plan.predicted),
        layer=plan.classifier.layer,
        code=code_digest("evigil.predict"),
    message:
        "classifier {wildcards.classifier}: scoring every sample with the locked model"
    script:
        "../../scripts/classifier_predict.py"
