"""Layers: any other feature table, of lipids, metabolites or mRNA fragments, in; its matrix out.

takes    layers.<name>.table            features × samples or samples × features, on its own scale
leaves   results/layers/<name>.h5ad,.tsv  counts, or log2 with missing values
"""


rule layers_matrix:
    input:
        table=plan.layers.table,
    output:
        h5ad="results/layers/{layer}.h5ad",
        tsv="results/layers/{layer}.tsv",
    log:
        "logs/layers_matrix/{layer}.log",
    benchmark:
        "logs/layers_matrix/{layer}.benchmark.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 1
    resources:
        mem_mb=needs.memory(2000),
        runtime=needs.minutes(15),
    params:
        samples=plan.sheet,
        columns=plan.columns(plan.sheet),
        scale=plan.layers.scale,
        code=code_digest("evigil.layers.matrix", "evigil.tables"),
    message:
        "layers: reading {wildcards.layer}"
    script:
        "../../scripts/layers_matrix.py"
