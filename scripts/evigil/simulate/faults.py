"""Faults that happen in laboratories, planted at fixed doses into samples that had none."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from evigil.rna.paths import PANELS
from evigil.simulate.design import Design
from evigil.simulate.names import HAEMOLYSIS
from evigil.simulate.patients import batch_names
from evigil.tables import read_table

#: Index of haemolysis of a haemolysed sample: twice the limit of caution, 1.9.
HAEMOLYSED_INDEX = 3.8
#: What the index is in a usual sample, by the panel's levels; for tables too small for the panel.
USUAL_INDEX = 0.28
#: Share of a contaminated library's molecules that are of other species.
CONTAMINATED_SHARE = 0.05
#: Reads of a blank, the share of them that reagents bring, and in how many features.
BLANK_LIBRARY, REAGENT_SHARE, REAGENTS = 3_000, 0.6, 5
#: Draws that a person needs for a swap to be told apart from that of the partner's other draw.
DRAWS_TO_TELL = 3
COLUMNS = ["fault", "sample", "partner", "feature", "dose"]


class Planted(NamedTuple):
    """A cohort's counts with faults in them.

    Attributes
    ----------
    counts
        int64, samples × features, the blanks among the samples.
    blanks
        Rows of the sample sheet: ``sample, role, batch``.
    foreign
        Share of other species' molecules of each contaminated library.
    copies
        Libraries whose FASTQ is that of another sample.
    faults
        The truth: ``fault, sample, partner, feature, dose``, sorted.
    """

    counts: pd.DataFrame
    blanks: pd.DataFrame
    foreign: dict[str, float]
    copies: dict[str, str]
    faults: pd.DataFrame


def plant(
    counts: pd.DataFrame,
    draws: pd.DataFrame,
    libraries: pd.DataFrame,
    sequenced: list[str],
    design: Design,
    rng: np.random.Generator,
) -> Planted:
    """Plant the faults of a design; no person has two, and a design without any changes nothing.

    Parameters
    ----------
    counts
        int64, samples × features.
    draws, libraries
        ``sample, patient, group`` of each sample, and with them ``library_size, expected_gate``.
    sequenced
        The samples that enter as FASTQ.
    design
        How many of each fault.
    rng
        Source of randomness.
    """
    counts = counts.copy()
    rows = [
        ("low_input", sample, "", "", float(round(size)))
        for sample, size, gate in zip(
            draws["sample"], libraries["library_size"], libraries["expected_gate"], strict=True
        )
        if gate != "pass"
    ]
    free = _Free(draws, libraries, sequenced, rng)
    for sample in free.take(design.haemolysed):
        counts.loc[sample] = _haemolysed(counts.T[sample], rng)
        rows.append(("haemolysed", sample, "", "", HAEMOLYSED_INDEX))
    for one, other in free.take_pairs(design.swapped, DRAWS_TO_TELL):
        counts.loc[[one, other]] = counts.loc[[other, one]].to_numpy()
        rows += [("swapped", one, other, "", np.nan), ("swapped", other, one, "", np.nan)]
    for copy, source in free.take_pairs(design.duplicated):
        counts.loc[copy] = counts.loc[source]
        rows.append(("duplicate", copy, source, "", np.nan))
    copies = dict(free.take_pairs(design.duplicated_reads, sequenced=True))
    for copy, source in copies.items():
        counts.loc[copy] = counts.loc[source]
    rows += [("duplicate_reads", copy, source, "", np.nan) for copy, source in copies.items()]
    foreign = dict.fromkeys(free.take(design.contaminated, sequenced=True), CONTAMINATED_SHARE)
    rows += [("contaminated", sample, "", "", share) for sample, share in foreign.items()]
    blank_counts, reagents = _blanks(counts, design, rng)
    rows += [("blank", sample, "", "", BLANK_LIBRARY) for sample in blank_counts.index]
    rows += [("blank_only", "", "", feature, np.nan) for feature in reagents]
    faults = pd.DataFrame(rows, columns=COLUMNS).astype({"dose": float})
    batch = np.resize(batch_names(design), len(blank_counts))
    blanks = pd.DataFrame({"sample": blank_counts.index, "role": "blank", "batch": batch})
    return Planted(
        pd.concat([counts, blank_counts]).sort_index().rename_axis("sample"),
        blanks,
        foreign,
        copies,
        faults.sort_values(COLUMNS[:4], ignore_index=True),
    )


class _Free:
    """People without a fault, those of the reference first: the classifier's stay as they are."""

    def __init__(
        self,
        draws: pd.DataFrame,
        libraries: pd.DataFrame,
        sequenced: list[str],
        rng: np.random.Generator,
    ) -> None:
        table = draws[["sample", "patient", "group"]].assign(
            draws=draws.groupby("patient")["sample"].transform("size"),
            sequenced=draws["sample"].isin(sequenced),
            order=rng.permutation(len(draws)),
            later=draws["group"] != "reference",
        )
        low = table["patient"][libraries["expected_gate"].ne("pass").to_numpy()]
        fit = table[~table["patient"].isin(low)]
        self.left = fit.sort_values(["later", "order"])

    def take(self, n: int, least: int = 1, sequenced: bool = False) -> list[str]:
        """Take samples, each of another person."""
        fit = self.left[(self.left["draws"] >= least) & (self.left["sequenced"] == sequenced)]
        taken = fit.drop_duplicates("patient")[:n]
        if len(taken) < n:
            raise ValueError(f"{n} samples to plant a fault into are asked for, of {len(taken)}")
        self.left = self.left[~self.left["patient"].isin(taken["patient"])]
        return taken["sample"].tolist()

    def take_pairs(self, n: int, least: int = 1, sequenced: bool = False) -> list[tuple[str, str]]:
        """Take pairs of samples of two people."""
        taken = self.take(2 * n, least, sequenced)
        return list(zip(taken[::2], taken[1::2], strict=True))


def _haemolysed(sample: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Raise the miRNAs of red cells until the index is at its dose; the library's size stays."""
    red = sample.index.isin([f"hsa-miR-{name}" for name in HAEMOLYSIS.split()])
    panels = read_table(PANELS, text=("panel", "mirna"))
    background = sample.index.isin(panels["mirna"][panels["panel"] == "background"])
    logs = np.log2(sample.to_numpy() + 0.5)
    index = logs[red].mean() - logs[background].mean() if background.any() else USUAL_INDEX
    share = sample.to_numpy() * np.exp2(red * (HAEMOLYSED_INDEX - index))
    return rng.poisson(sample.sum() * share / share.sum())


def _blanks(
    counts: pd.DataFrame, design: Design, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[str]]:
    """Draw blanks: traces of what the samples hold, and features that reagents alone bring."""
    names = [f"blank-{i:02d}" for i in range(1, design.blanks + 1)]
    total = counts.sum().sort_index(kind="stable")
    reagents = sorted(total.sort_values(kind="stable").index[:REAGENTS]) if names else []
    trace = (counts / counts.sum(axis=1).to_numpy()[:, None]).mean()
    mean = BLANK_LIBRARY * (1 - REAGENT_SHARE) * trace
    mean[reagents] += BLANK_LIBRARY * REAGENT_SHARE / REAGENTS
    drawn = rng.poisson(mean.to_numpy(), (len(names), len(mean)))
    return pd.DataFrame(drawn, names, counts.columns).astype(np.int64), reagents
