"""The samples of a cohort that enter as FASTQ."""

import gzip
from dataclasses import replace

import numpy as np
import pandas as pd

from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.inserts import Composition
from evigil.simulate.reads import LibraryDesign, sequence_library


def sequence_samples(
    counts: pd.DataFrame,
    seeds: dict[str, np.random.SeedSequence],
    depth: int,
    foreign: dict[str, float] | None = None,
    copies: dict[str, str] | None = None,
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
    foreign
        Share of the molecules that are of other species, by sample that has any.
    copies
        Samples whose file is that of another one.

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
    for sample in sorted(seeds):
        source = (copies or {}).get(sample, sample)
        library = sequence_library(
            shares[source],
            bundle,
            LibraryDesign(reads=depth, composition=_composition((foreign or {}).get(source, 0.0))),
            np.random.default_rng(seeds[source]),
        )
        fastqs[sample] = gzip.compress(library.fastq, compresslevel=4, mtime=0)
        truth.append(library.truth.assign(sample=sample))
    table = pd.concat(truth, ignore_index=True)
    return fastqs, table[["sample", *table.columns.drop("sample")]]


def _composition(foreign: float) -> Composition:
    """Return what a library is made of: this share of other species, plasma otherwise."""
    plasma = Composition()
    own = sum(plasma.classes.values())
    return replace(
        plasma, classes=plasma.classes | {"other_species": own * foreign / (1 - foreign)}
    )
