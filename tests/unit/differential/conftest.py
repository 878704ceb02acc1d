"""Samples of a made-up study that every test of the stage may compare."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def samples() -> pd.DataFrame:
    """24 people, one draw each; nothing in it is aliased."""
    n = 24
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "sample": [f"s{i:02d}" for i in range(n)],
            "patient": [f"p{i:02d}" for i in range(n)],
            "condition": ["CRC", "healthy"] * (n // 2),
            "age": rng.integers(40, 80, n).astype(float),
            "sex": ["female", "female", "male", "male"] * (n // 4),
            "batch": ["b1", "b2", "b3"] * (n // 3),
            "stage": ["I", "II", "III", "IV", "III", "IV", "I", "II"] * (n // 8),
            "day": rng.integers(0, 900, n).astype(float),
        }
    )


@pytest.fixture
def counts(samples) -> pd.DataFrame:
    """Negative-binomial counts of 150 features; the first ten are doubled in the cases."""
    rng = np.random.default_rng(6)
    means = np.exp(rng.uniform(3, 8, 150))
    fold = np.where(np.arange(150) < 10, 2.0, 1.0)
    case = (samples["condition"] == "CRC").to_numpy()
    mu = np.where(case[:, None], means * fold, means) * rng.uniform(0.6, 1.6, (len(samples), 1))
    values = rng.negative_binomial(10, 10 / (10 + mu))
    features = [f"miR-{i:03d}" for i in range(150)]
    return pd.DataFrame(values, index=samples["sample"].to_numpy(), columns=features)
