"""miRNA profiles and the counts drawn from them: negative binomial, feature by feature.

Orders of magnitude (spread of the abundances, dispersions, share of zeros, library sizes) follow
plasma-EV small RNA of GSE71008 [Yuan 2016, doi:10.1038/srep19413]; no value is taken from it.
"""

from statistics import NormalDist

import numpy as np
import pandas as pd

from evigil.simulate.design import Design
from evigil.simulate.names import named_as_in_plasma
from evigil.simulate.patients import batch_names

LIBRARY_SIZE = 1_500_000
LIBRARY_SPREAD = 0.25
LOW_LIBRARY = {"fail": 2_000, "warn": 6_500}
PERSON_SHARE = 0.7
PERSON_SPREAD = 0.35
LARGEST_SPREAD = 1.0
BATCH_SPREAD = 0.08
# Seen in every library, but not so abundant that a planted effect would crowd out the rest.
AFFECTED_CPM = (20, 10_000)
FOLD_CHANGE = (0.15, 0.45)
DOWN_SHARE = 0.3


def simulate_features(design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the miRNAs.

    Returns
    -------
    pandas.DataFrame
        One row per feature, sorted: ``feature, cpm`` (counts per million in a person without
        tumour, person and batch effects aside), ``dispersion`` (negative binomial: variance =
        mean + dispersion · mean²), ``person_sd`` (SD of the person's effect on ln),
        ``affected`` (bool), ``log2_fold_change`` (at tumour burden 1).
    """
    n = design.features
    # Better known names come first in the list, and are on the whole the abundant ones.
    rank = np.argsort(np.argsort(np.arange(n) + rng.normal(0, 0.06 * n, n)))
    z = np.array([NormalDist().inv_cdf(1 - (r + 0.5) / n) for r in rank])
    # Saturating, as no miRNA of the real profiles takes much more than a tenth of the library.
    abundance = np.exp(10 * np.tanh(0.38 * z))
    cpm = 1e6 * abundance / abundance.sum()
    dispersion = (0.03 + 0.5 / (cpm + 5)) * np.exp(rng.normal(0, 0.5, n))
    person_sd = np.where(rng.random(n) < PERSON_SHARE, PERSON_SPREAD, 0.0)
    if design.between_share is not None:
        within = dispersion + BATCH_SPREAD**2 + 1e6 / (cpm * LIBRARY_SIZE)
        person_sd = np.sqrt(within * design.between_share / (1 - design.between_share))
        # where hardly a read is counted, as much between people would be a thousandfold
        person_sd = np.minimum(person_sd, LARGEST_SPREAD)
    affected = _affected(cpm, design, rng)
    size = rng.uniform(*FOLD_CHANGE, n) * np.where(rng.random(n) < DOWN_SHARE, -1, 1)
    features = pd.DataFrame(
        {
            "feature": named_as_in_plasma(cpm),
            "cpm": cpm,
            "dispersion": dispersion,
            "person_sd": person_sd,
            "affected": affected,
            "log2_fold_change": np.where(affected, design.effect * size, 0.0),
        }
    )
    return features.sort_values("feature", ignore_index=True)


def simulate_batches(
    features: pd.DataFrame, design: Design, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw a mild effect of every batch on every feature: ln factors, features × batches."""
    size = (len(features), design.batches)
    return pd.DataFrame(
        rng.normal(0, BATCH_SPREAD, size),
        index=pd.Index(features["feature"], name="feature"),
        columns=batch_names(design),
    )


def simulate_libraries(
    draws: pd.DataFrame, people: pd.DataFrame, design: Design, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the expected library sizes, and which samples have a planted small one.

    Returns
    -------
    pandas.DataFrame
        Aligned with `draws`: ``library_size`` (expected counts), ``expected_gate``.
    """
    n = len(draws)
    gate = np.full(n, "pass", dtype=object)
    recurs = people.set_index("patient")["recurs"].reindex(draws["patient"]).to_numpy()
    follow_up = (draws["group"].eq("case") & draws["visit"].ne("diagnosis")).to_numpy() & ~recurs
    # A failed sample is shown best in the follow-up of somebody who stays well.
    order = rng.permutation(n)
    order = order[np.argsort(~follow_up[order], kind="stable")]
    gate[order[: design.low_fail]] = "fail"
    gate[order[::-1][: design.low_warn]] = "warn"
    size = LIBRARY_SIZE * np.exp(rng.normal(0, LIBRARY_SPREAD, n))
    # No other library comes near the limits of the default gate.
    size = np.maximum(size, 400_000)
    planted = pd.Series(gate).map(LOW_LIBRARY).to_numpy(float)
    return pd.DataFrame(
        {"library_size": np.where(np.isnan(planted), size, planted), "expected_gate": gate},
        index=draws.index,
    )


def choose_sequenced(
    draws: pd.DataFrame, libraries: pd.DataFrame, design: Design, rng: np.random.Generator
) -> list[str]:
    """Choose the samples that enter as FASTQ: at diagnosis, as many cases as controls, sorted."""
    fit = draws["visit"].eq("diagnosis") & libraries["expected_gate"].eq("pass")
    groups = [draws.loc[fit & draws["group"].eq(g), "sample"] for g in ("case", "control")]
    n = min(design.sequenced, *map(len, groups))
    return sorted(name for group in groups for name in rng.permutation(group)[:n].tolist())


def tumour_effect(burden: np.ndarray, log2_fold_change: np.ndarray) -> np.ndarray:
    """Effect of a tumour on the abundances: what it sheds, or takes away, adds up with its mass.

    Parameters
    ----------
    burden
        Shape (n_samples,); 0 is no tumour.
    log2_fold_change
        Shape (n_features,), at burden 1.

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, n_features): ± ln(1 + burden · (2^|log2_fold_change| − 1)).
    """
    shed = np.exp2(np.abs(log2_fold_change)) - 1
    return np.sign(log2_fold_change) * np.log1p(np.multiply.outer(burden, shed))


def draw_counts(
    draws: pd.DataFrame,
    library_size: np.ndarray,
    features: pd.DataFrame,
    batches: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the counts.

    Returns
    -------
    pandas.DataFrame
        int64, samples × features.
    """
    patient = pd.Categorical(draws["patient"])
    own = rng.normal(size=(len(patient.categories), len(features)))
    own *= features["person_sd"].to_numpy()
    level = np.log(features["cpm"].to_numpy()) + own[patient.codes]
    level += batches.to_numpy().T[batches.columns.get_indexer(pd.Index(draws["batch"]))]
    level += tumour_effect(draws["burden"].to_numpy(), features["log2_fold_change"].to_numpy())
    share = np.exp(level)
    share /= share.sum(axis=1, keepdims=True)
    mean = library_size[:, None] * share
    shape = 1 / features["dispersion"].to_numpy()
    counts = rng.poisson(mean * rng.gamma(shape, 1 / shape, size=mean.shape))
    return pd.DataFrame(
        counts.astype(np.int64),
        index=pd.Index(draws["sample"], name="sample"),
        columns=pd.Index(features["feature"], name="feature"),
    )


def _affected(cpm: np.ndarray, design: Design, rng: np.random.Generator) -> np.ndarray:
    low, high = AFFECTED_CPM
    # Small tables may have too few of the suited features: then the most abundant ones do.
    suited = (cpm >= low) & (cpm <= high)
    order = np.lexsort((rng.permutation(cpm.size), -np.where(suited, high, cpm.clip(max=low))))
    affected = np.zeros(cpm.size, bool)
    affected[order[: design.affected]] = True
    return affected
