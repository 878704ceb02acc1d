"""Proteins of EV preparations and the precursors that a mass spectrometer sees of them.

Everything is on log2. What is missing depends on nothing but how intense a precursor would have
been; levels and spreads are ours, of the order of plasma-EV data.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from evigil.simulate.counts import DOWN_SHARE, FOLD_CHANGE, tumour_effect
from evigil.simulate.design import Design
from evigil.simulate.patients import batch_names
from evigil.simulate.protein_names import OTHER, protein_names

#: Mean and spread of the levels of each class.
LEVELS = {
    "transmembrane": (23.5, 1.3),
    "cytosolic": (24.0, 1.3),
    "lipoprotein": (26.0, 1.2),
    "plasma": (25.0, 1.2),
    "coagulation": (24.0, 1.2),
    "erythrocyte": (22.5, 1.2),
    "platelet": (22.5, 1.2),
    "compartment": (21.5, 1.0),
    "corona": (22.5, 1.2),
    OTHER: (20.0, 1.8),
}
#: How much of a class one draw has more or less than another: what isolation carries over, and
#: cells that break.
CLASS_SPREAD = {
    "lipoprotein": 0.4,
    "plasma": 0.4,
    "coagulation": 0.4,
    "erythrocyte": 0.4,
    "platelet": 0.4,
}
CARRIED_OVER = ("lipoprotein", "plasma", "coagulation")
TUMOUR_CLASSES = ("transmembrane", "cytosolic", OTHER)
AFFECTED_SHARE = 0.1
PERSON_SHARE = 0.7
PERSON_SPREAD, DRAW_SPREAD, BATCH_SPREAD, LOADING_SPREAD = 0.45, 0.2, 0.15, 0.4
PRECURSORS = (2, 6)
PRECURSOR_SPREAD, PRECURSOR_NOISE = 1.2, 0.2
#: Half of the precursors of this intensity are missing; fewer, the more intense they are.
HALF_MISSING, MISSING_WIDTH = 20.0, 0.8
#: log2 factor on what a haemolysed sample has too much of.
HAEMOLYSED = 3.0
#: And on what poorly purified ones have, in turn: the first are as plasma is.
COISOLATED = (10.0, 6.0)
RESIDUES, ENDS = "ADEFGHILNPQSTVWY", "KR"


class Proteome(NamedTuple):
    """A simulated proteome and the truth behind it.

    Attributes
    ----------
    proteins
        ``protein_group, gene, protein_class, level, person_sd, affected, log2_fold_change`` (at
        tumour burden 1), sorted.
    precursors
        ``precursor, protein_group, sequence, charge, offset``, sorted; offsets of a protein
        are 0 in the mean.
    samples
        ``sample, batch, loading`` (log2 factor on all that was injected), ``haemolysed,
        coisolated`` (log2 dose), sorted.
    abundance
        log2, samples × protein groups, complete: in the draw, without batch and loading.
    ions
        log2, samples × precursors, as measured: NaN is missing.
    """

    proteins: pd.DataFrame
    precursors: pd.DataFrame
    samples: pd.DataFrame
    abundance: pd.DataFrame
    ions: pd.DataFrame


def simulate_proteome(
    draws: pd.DataFrame, faults: pd.DataFrame, design: Design, rng: np.random.Generator
) -> Proteome:
    """Draw the proteins of every sample.

    Parameters
    ----------
    draws
        ``sample, patient, group, batch, burden``.
    faults
        Those of the RNA, ``fault, sample, partner, …``: a haemolysed tube is so in both layers, and
        tubes that changed places did so before anything was measured.
    design
        How many proteins, and how many samples carry over too much.
    rng
        Source of randomness.
    """
    proteins = simulate_proteins(design, rng)
    precursors = simulate_precursors(proteins, rng)
    abundance = _abundance(draws, proteins, rng)
    samples = pd.DataFrame({"sample": draws["sample"], "batch": draws["batch"]})
    samples["loading"] = rng.normal(0, LOADING_SPREAD, len(samples))
    lysed = faults["sample"][faults["fault"] == "haemolysed"]
    samples["haemolysed"] = np.where(samples["sample"].isin(lysed), HAEMOLYSED, 0.0)
    poor = _choose(draws, faults, design.coisolated, rng)
    doses = pd.Series(np.resize(COISOLATED, len(poor)), poor)
    samples["coisolated"] = doses.reindex(samples["sample"]).fillna(0.0).to_numpy()
    for name, classes in (("haemolysed", ("erythrocyte",)), ("coisolated", CARRIED_OVER)):
        members = proteins["protein_class"].isin(classes).to_numpy()
        abundance += np.multiply.outer(samples[name].to_numpy(), members)
    swapped = faults[faults["fault"] == "swapped"]
    abundance.loc[swapped["sample"]] = abundance.loc[swapped["partner"]].to_numpy()
    ions = _ions(abundance, samples, precursors, design, rng)
    return Proteome(proteins, precursors, samples, abundance, ions)


def simulate_proteins(design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the proteins: see `Proteome`."""
    proteins = protein_names(design.proteins)
    n = len(proteins)
    mean, spread = np.array([LEVELS[c] for c in proteins["protein_class"]]).reshape(n, 2).T
    proteins["level"] = rng.normal(mean, spread)
    proteins["person_sd"] = np.where(rng.random(n) < PERSON_SHARE, PERSON_SPREAD, 0.0)
    suited = proteins["protein_class"].isin(TUMOUR_CLASSES).to_numpy()
    # the better half of those suited: what is seldom seen would show nothing
    half = suited & (proteins["level"] >= proteins["level"][suited].median()).to_numpy()
    order = rng.permutation(np.flatnonzero(half))
    proteins["affected"] = np.isin(np.arange(n), order[: round(AFFECTED_SHARE * n)])
    size = rng.uniform(*FOLD_CHANGE, n) * np.where(rng.random(n) < DOWN_SHARE, -1, 1)
    proteins["log2_fold_change"] = np.where(proteins["affected"], design.effect * size, 0.0)
    return proteins.sort_values("protein_group", ignore_index=True)


def simulate_precursors(proteins: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw two to six precursors of every protein, of invented sequence: see `Proteome`."""
    low, high = PRECURSORS
    number = rng.integers(low, high + 1, len(proteins))
    group = np.repeat(proteins["protein_group"].to_numpy(), number)
    offset = pd.Series(rng.normal(0, PRECURSOR_SPREAD, group.size))
    charge = rng.integers(2, 4, group.size)
    sequence = _sequences(group.size, rng)
    table = pd.DataFrame(
        {
            "precursor": [f"{s}{z}" for s, z in zip(sequence, charge, strict=True)],
            "protein_group": group,
            "sequence": sequence,
            "charge": charge,
            "offset": offset - offset.groupby(group).transform("mean"),
        }
    )
    return table.sort_values("precursor", ignore_index=True)


def _sequences(n: int, rng: np.random.Generator) -> list[str]:
    """Invent tryptic peptides, each another."""
    found: dict[str, None] = {}
    while len(found) < n:
        inner = rng.choice(list(RESIDUES), rng.integers(6, 16))
        found["".join(inner) + ENDS[rng.integers(2)]] = None
    return list(found)


def _abundance(
    draws: pd.DataFrame, proteins: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    patient = pd.Categorical(draws["patient"])
    shape = (len(draws), len(proteins))
    own = rng.normal(size=(len(patient.categories), len(proteins)))
    own *= proteins["person_sd"].to_numpy()
    level = proteins["level"].to_numpy() + own[patient.codes]
    level += rng.normal(0, DRAW_SPREAD, shape)
    change = proteins["log2_fold_change"].to_numpy()
    level += tumour_effect(draws["burden"].to_numpy(), change) / np.log(2)
    for name, spread in CLASS_SPREAD.items():
        member = (proteins["protein_class"] == name).to_numpy()
        level += np.multiply.outer(rng.normal(0, spread, len(draws)), member)
    index = pd.Index(draws["sample"], name="sample")
    return pd.DataFrame(level, index, pd.Index(proteins["protein_group"]))


def _ions(
    abundance: pd.DataFrame,
    samples: pd.DataFrame,
    precursors: pd.DataFrame,
    design: Design,
    rng: np.random.Generator,
) -> pd.DataFrame:
    batches = pd.Index(batch_names(design))
    effect = rng.normal(0, BATCH_SPREAD, (len(batches), abundance.shape[1]))
    protein = abundance.to_numpy() + effect[batches.get_indexer(pd.Index(samples["batch"]))]
    protein += samples["loading"].to_numpy()[:, None]
    of = abundance.columns.get_indexer(pd.Index(precursors["protein_group"]))
    ions = protein[:, of] + precursors["offset"].to_numpy()
    ions += rng.normal(0, PRECURSOR_NOISE, ions.shape)
    missing = 1 / (1 + np.exp((ions - HALF_MISSING) / MISSING_WIDTH))
    ions[rng.random(ions.shape) < missing] = np.nan
    return pd.DataFrame(ions, abundance.index, pd.Index(precursors["precursor"]))


def _choose(
    draws: pd.DataFrame, faults: pd.DataFrame, n: int, rng: np.random.Generator
) -> list[str]:
    """Choose samples, each of another person without a fault, those of the reference first."""
    touched = draws["patient"][draws["sample"].isin(faults["sample"])]
    order = rng.permutation(len(draws))
    order = order[np.argsort((draws["group"] != "reference").to_numpy()[order], kind="stable")]
    table = draws.iloc[order]
    free = table[~table["patient"].isin(touched)].drop_duplicates("patient")["sample"]
    if len(free) < n:
        raise ValueError(f"{n} samples that carry over too much are asked for, of {len(free)}")
    return free.head(n).tolist()
