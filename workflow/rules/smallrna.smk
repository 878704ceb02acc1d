"""Small RNA: reads, or a table of counts, in; the matrix of the cohort out.

takes    smallrna.libraries                 FASTQ files of each sample, and the protocols of kits
         smallrna.counts                    features × samples or samples × features, raw counts
         results/reference/index.npz        what reads are assigned to
leaves   results/smallrna/counts.h5ad,.tsv  integers, samples as obs and features as var
         results/smallrna/samples.tsv       what was measured of each sample: the gates judge it
         results/smallrna/ledger.tsv        what became of every read
         results/smallrna/protocols.tsv     evidence for each library protocol
         results/smallrna/parts/<sample>.json       all that the cohort takes of a sample
         results/smallrna/batches/<batch>.json      the protocol that a batch lends
         results/smallrna/isomirs/<sample>.gff3     mirGFF3
         results/smallrna/alignments/<sample>.bam   collapsed reads on the reference, indexed
         results/smallrna/{trfs,spike_ins}.tsv      tRNA fragments; reads of spike-ins by amount
         results/smallrna/{lengths,positions,duplication,saturation}.tsv
                                            quality by length and by cycle, copies, features by depth
"""

if plan.study.libraries.empty:

    rule smallrna_counts:
        input:
            counts=plan.reads.counts(),
        output:
            h5ad="results/smallrna/counts.h5ad",
            tsv="results/smallrna/counts.tsv",
            samples="results/smallrna/samples.tsv",
        log:
            "logs/smallrna_counts/cohort.log",
        benchmark:
            "logs/smallrna_counts/cohort.benchmark.tsv"
        conda:
            "../../envs/core.yaml"
        threads: 1
        resources:
            mem_mb=needs.memory(2000),
            runtime=needs.minutes(15),
        params:
            samples=plan.sheet,
            columns=plan.columns(plan.sheet),
            code=code_digest("evigil.smallrna.counts", "evigil.tables"),
        message:
            "small RNA: reading the counts"
        script:
            "../../scripts/smallrna_counts.py"

else:

    rule smallrna_batch:
        input:
            fastqs=plan.reads.voters_reads,
        output:
            protocol="results/smallrna/batches/{batch}.json",
        log:
            "logs/smallrna_batch/{batch}.log",
        benchmark:
            "logs/smallrna_batch/{batch}.benchmark.tsv"
        conda:
            "../../envs/core.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 800 * attempt,
            runtime=lambda wildcards, attempt: 10 * attempt,
        params:
            libraries=plan.reads.voters,
            protocols=protocols,
            code=code_digest("evigil.quantify"),
        message:
            "small RNA: the protocol of the batch {wildcards.batch}"
        script:
            "../../scripts/smallrna_batch.py"

    # of the other samples a job knows no more than what their batch says
    rule smallrna_sample:
        input:
            fastqs=plan.reads.fastqs,
            batch=plan.reads.batch,
            index="results/reference/index.npz",
        output:
            part="results/smallrna/parts/{sample}.json",
            isomirs="results/smallrna/isomirs/{sample}.gff3",
            alignments="results/smallrna/alignments/{sample}.bam",
            alignments_index="results/smallrna/alignments/{sample}.bam.bai",
        log:
            "logs/smallrna_sample/{sample}.log",
        benchmark:
            "logs/smallrna_sample/{sample}.benchmark.tsv"
        conda:
            "../../envs/core.yaml"
        threads: 1
        resources:
            # a digest grows with its different sequences: 700 MB is 2 million reads
            mem_mb=lambda wildcards, input, attempt: int(800 + 5 * input.size_mb)
            * attempt,
            runtime=lambda wildcards, input, attempt: int(10 + input.size_mb / 10)
            * attempt,
        params:
            libraries=plan.reads.libraries,
            protocols=protocols,
            settings=plan.reads.assignment(),
            code=code_digest("evigil.compiled", "evigil.quantify"),
        message:
            "small RNA: counting the reads of {wildcards.sample}"
        script:
            "../../scripts/smallrna_sample.py"

    rule smallrna_cohort:
        input:
            parts=plan.reads.parts(),
            counts=plan.reads.counts(),
            spike_ins=reference_plan.spike_ins,
            index="results/reference/index.npz",
        output:
            h5ad="results/smallrna/counts.h5ad",
            tsv="results/smallrna/counts.tsv",
            samples="results/smallrna/samples.tsv",
            ledger="results/smallrna/ledger.tsv",
            protocols="results/smallrna/protocols.tsv",
            lengths="results/smallrna/lengths.tsv",
            positions="results/smallrna/positions.tsv",
            duplication="results/smallrna/duplication.tsv",
            saturation="results/smallrna/saturation.tsv",
            trfs="results/smallrna/trfs.tsv",
            spike_ins="results/smallrna/spike_ins.tsv",
        log:
            "logs/smallrna_cohort/cohort.log",
        benchmark:
            "logs/smallrna_cohort/cohort.benchmark.tsv"
        conda:
            "../../envs/core.yaml"
        threads: 1
        resources:
            mem_mb=needs.memory(2000),
            runtime=needs.minutes(30),
        params:
            samples=plan.sheet,
            columns=plan.columns(plan.sheet),
            code=code_digest("evigil.smallrna.counts", "evigil.tables"),
        message:
            "small RNA: putting the samples together"
        script:
            "../../scripts/smallrna_cohort.py"

    rule smallrna_figures:
        input:
            ledger="results/smallrna/ledger.tsv",
            lengths="results/smallrna/lengths.tsv",
            saturation="results/smallrna/saturation.tsv",
        output:
            fate=report(
                "results/smallrna/figures/fate.svg",
                caption="../report/fate.rst",
                category="Small RNA",
            ),
            classes=report(
                "results/smallrna/figures/classes.svg",
                caption="../report/classes.rst",
                category="Small RNA",
            ),
            lengths=report(
                "results/smallrna/figures/lengths.svg",
                caption="../report/lengths.rst",
                category="Small RNA",
            ),
            saturation=report(
                "results/smallrna/figures/saturation.svg",
                caption="../report/saturation.rst",
                category="Small RNA",
            ),
            fate_png="results/smallrna/figures/fate.png",
            classes_png="results/smallrna/figures/classes.png",
            lengths_png="results/smallrna/figures/lengths.png",
            saturation_png="results/smallrna/figures/saturation.png",
        log:
            "logs/smallrna_figures/cohort.log",
        benchmark:
            "logs/smallrna_figures/cohort.benchmark.tsv"
        conda:
            "../../envs/core.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=lambda wildcards, attempt: 10 * attempt,
        params:
            code=code_digest("evigil.smallrna.figures"),
        message:
            "small RNA: pictures"
        script:
            "../../scripts/smallrna_figures.py"
