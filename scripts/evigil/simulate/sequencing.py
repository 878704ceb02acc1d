"""The samples of a cohort that enter as FASTQ."""

import gzip

import numpy as np
import pandas as pd

from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.reads import LibraryDesign, sequence_library


def sequence_samples(
    counts: pd.DataFrame, seeds: dict[str, np.random.SeedSequence], depth: int
) -> tuple[dict[str, bytes], pd.DataFrame]:
    """Sequence libraries of which the counts are known.

    Parameters
    ----------
    counts
        int, samples × features; features that the reference lacks are not sequenced.
    seeds
        Seed of each library, by sample.
    depth
        Reads of each library.

    Returns
    -------
    fastqs
        Gzipped FASTQ by sample, without a clock.
    truth
        ``sample, feature, biotype, kind, molecules, reads``, sorted.
    """
    bundle = load_reference(BUNDLED)
    mirnas = set(bundle.features["name"][bundle.features["biotype"] == "miRNA"])
    shares = counts.loc[:, counts.columns.isin(mirnas)].T
    fastqs, truth = {}, []
    for sample, seed in sorted(seeds.items()):
        library = sequence_library(
            shares[sample],
            bundle,
            LibraryDesign(reads=depth),
            np.random.default_rng(seed),
        )
        fastqs[sample] = gzip.compress(library.fastq, compresslevel=4, mtime=0)
        truth.append(library.truth.assign(sample=sample))
    table = pd.concat(truth, ignore_index=True)
    return fastqs, table[["sample", *table.columns.drop("sample")]]
