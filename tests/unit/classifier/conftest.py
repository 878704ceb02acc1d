"""A small cohort of counts, and what is computed from it once."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from evigil.classifier import locked
from evigil.classifier.repeat import CrossValidation, cross_validate

SPECIFICITIES = [0.9, 0.95]


class Cohort(NamedTuple):
    counts: pd.DataFrame
    training: pd.DataFrame
    samples: pd.DataFrame
    quality: pd.DataFrame

    @property
    def usable(self) -> pd.Index:
        return pd.Index(self.training["sample"])


def make_cohort(
    n_cases: int = 16,
    n_controls: int = 24,
    n_features: int = 60,
    effect: float = 0.5,
    draws: int = 1,
    visits: int = 0,
    seed: int = 0,
) -> Cohort:
    """Cases differ in ten features by `effect` (ln); `draws` of each patient train the model."""
    rng = np.random.default_rng(seed)
    patients = [f"P{i:03d}" for i in range(n_cases + n_controls)]
    label = np.repeat([1.0, 0.0], [n_cases, n_controls])
    base = rng.normal(4, 1, n_features)
    signal = np.zeros(n_features)
    signal[:10] = effect * rng.choice([-1, 1], 10)[:n_features]
    own = base + rng.normal(0, 0.6, (len(patients), n_features)) + label[:, None] * signal
    rows, names = [], []
    for d in range(draws + visits):
        depth = rng.uniform(0.5, 2, (len(patients), 1))
        noisy = own + rng.normal(0, 0.3, own.shape)
        rows.append(rng.poisson(depth * np.exp(noisy)))
        names += [
            (f"{p}_{d}", p, y if d < draws else np.nan, 30.0 * d)
            for p, y in zip(patients, label, strict=True)
        ]
    samples = pd.DataFrame(names, columns=["sample", "patient", "label", "day"])
    counts = pd.DataFrame(
        np.vstack(rows), samples["sample"].tolist(), [f"miR-{j:03d}" for j in range(n_features)]
    )
    samples["kit"] = "A"
    samples["sex"] = np.where(samples.index % 2 == 0, "F", "M")
    samples["part"] = np.where(samples["label"].notna(), "train", "")
    quality = pd.concat(
        pd.DataFrame({"sample": samples["sample"], "layer": layer, "gate": "pass", "reasons": ""})
        for layer in ("specimen", "smallrna")
    )
    samples = samples.sort_values("sample", ignore_index=True)
    return Cohort(counts.sort_index(), samples[["sample", "patient", "label"]], samples, quality)


def run_repeat(cohort: Cohort, repeat: int = 1, seed: int = 1) -> CrossValidation:
    return cross_validate(
        cohort.counts, cohort.training, cohort.usable, repeat, seed, SPECIFICITIES, 0.95
    )


def train_model(cohort: Cohort, seed: int = 1) -> locked.LockedModel:
    return locked.train(
        cohort.counts,
        cohort.training,
        cohort.usable,
        cohort.samples,
        seed,
        SPECIFICITIES,
        0.95,
        {"limits": {}},
    )


@pytest.fixture(scope="session")
def cohort_of() -> Callable[..., Cohort]:
    return make_cohort


@pytest.fixture(scope="session")
def repeat_of() -> Callable[..., CrossValidation]:
    return run_repeat


@pytest.fixture(scope="session")
def model_of() -> Callable[..., locked.LockedModel]:
    return train_model


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    """40 patients with one training draw and two further visits each."""
    return make_cohort(visits=2)


@pytest.fixture(scope="session")
def cross_validations(cohort: Cohort) -> list[CrossValidation]:
    return [run_repeat(cohort, repeat) for repeat in (1, 2)]


@pytest.fixture(scope="session")
def model(cohort: Cohort) -> locked.LockedModel:
    return train_model(cohort)
