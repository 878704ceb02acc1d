"""Reference: source files in, a reference folder out, and the index that reads are matched with.

takes    reference.sources                     list of files, paths or URLs
         smallrna.reference, fasta, spike_ins  what reads are assigned to
leaves   results/reference/bundle/             a FASTA per class, matures, clades, their manifest
         results/reference/index.npz           all of it as arrays, with seeds, for each sample's job
"""

from evigil.plan_reference import ReferencePlan

reference_plan = ReferencePlan(plan.config)


rule reference_source:
    input:
        sources=reference_plan.list_files,
    output:
        file="results/reference/sources/{source}",
    log:
        "logs/reference_source/{source}.log",
    benchmark:
        "logs/reference_source/{source}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        source=reference_plan.source,
        code=code_digest("evigil.reference.fetch"),
    message:
        "reference: fetching {wildcards.source}"
    script:
        "../../scripts/reference_source.py"


rule reference_build:
    input:
        sources=reference_plan.list_files,
        files=reference_plan.files,
    output:
        manifest="results/reference/bundle/manifest.tsv",
    log:
        "logs/reference_build/bundle.log",
    benchmark:
        "logs/reference_build/bundle.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        species=config["reference"]["species"],
        code=code_digest("evigil.reference.build", "evigil.rna.sources"),
    message:
        "reference: building the bundle"
    script:
        "../../scripts/reference_build.py"


rule reference_index:
    input:
        manifest=reference_plan.manifest,
        fasta=reference_plan.fasta,
        spike_ins=reference_plan.spike_ins,
    output:
        index="results/reference/index.npz",
    log:
        "logs/reference_index/index.log",
    benchmark:
        "logs/reference_index/index.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        bundled=reference_plan.bundled(),
        fasta=reference_plan.further(),
        class_order=reference_plan.class_order(),
        code=code_digest("evigil.rna.cache"),
    message:
        "reference: indexing the sequences"
    script:
        "../../scripts/reference_index.py"
