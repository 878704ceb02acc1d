"""The cases of test_deseq2.py, and how golden/deseq2.R gets them.

Usage: python tests/oracles/deseq2_cases.py SHARED_DATA FOLDER
       Rscript tests/oracles/golden/deseq2.R FOLDER tests/oracles/golden
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd


class Case(NamedTuple):
    """A data set, R's formula for it, and the same design in numbers."""

    data: str
    design: str
    coefficient: str
    size_factors: str = "ratio"
    reduced: str | None = None


CASES = {
    "gse71008_ratio": Case("gse71008", "~ condition", "condition_case_vs_control"),
    "gse71008_ratio_adjusted": Case(
        "gse71008", "~ age + sex + condition", "condition_case_vs_control"
    ),
    "gse71008_poscounts": Case("gse71008", "~ condition", "condition_case_vs_control", "poscounts"),
    "gse71008_poscounts_adjusted": Case(
        "gse71008", "~ age + sex + condition", "condition_case_vs_control", "poscounts"
    ),
    "gse71008_filtered": Case("gse71008_filtered", "~ condition", "condition_case_vs_control"),
    "gse71008_filtered_poscounts": Case(
        "gse71008_filtered", "~ condition", "condition_case_vs_control", "poscounts"
    ),
    "gse71008_lrt": Case("gse71008", "~ sex + stage", "stage_s4_vs_s0", reduced="~ sex"),
    "synthetic_lrt": Case(
        "synthetic", "~ group + condition", "condition_B_vs_A", reduced="~ group"
    ),
    "synthetic_lrt_intercept": Case("synthetic", "~ condition", "condition_B_vs_A", reduced="~ 1"),
    "synthetic_poscounts": Case("synthetic", "~ condition", "condition_B_vs_A", "poscounts"),
    "truth": Case("truth", "~ condition", "condition_case_vs_control"),
    "small_groups": Case("small", "~ condition", "condition_case_vs_control"),
    "pairs": Case("pairs", "~ condition", "condition_case_vs_control"),
    "outliers": Case("outliers", "~ batch + condition", "condition_case_vs_control", "poscounts"),
    "rising": Case("rising", "~ condition", "condition_case_vs_control"),
    "sparse": Case("sparse", "~ batch + condition", "condition_case_vs_control", "poscounts"),
    "flat": Case("flat", "~ condition", "condition_case_vs_control"),
}


#: Data sets that are read from the shared data.
REAL = {"gse71008", "gse71008_filtered", "synthetic"}


def simulate(
    seed: int,
    n_features: int,
    n_samples: int,
    affected: int = 0,
    mean: float = 4.0,
    outliers: int = 0,
    spread: float = 0.5,
    rising: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Negative-binomial counts (features x samples) in two groups, and the sample sheet.

    The first `affected` features differ by a factor of 2 to 4, up or down.
    """
    rng = np.random.default_rng(seed)
    samples = pd.DataFrame(
        {
            "condition": np.where(np.arange(n_samples) % 2, "case", "control"),
            "batch": [f"b{i // 2 % 2}" for i in range(n_samples)],
            "age": [40 + 37 * i % 41 for i in range(n_samples)],
        },
        index=[f"s{i:03d}" for i in range(n_samples)],
    )
    base = np.exp(rng.normal(mean, 1.5, n_features))
    change = np.zeros(n_features)
    change[:affected] = rng.uniform(1, 2, affected) * rng.choice([-1, 1], affected)
    case = (samples["condition"] == "case").to_numpy()
    mu = base[:, None] * 2 ** (change[:, None] * case) * rng.uniform(0.5, 2, n_samples)
    trend = 0.02 * base**0.4 if rising else 0.1 + 2 / base
    alpha = trend * np.exp(rng.normal(0, spread, n_features))
    r = 1 / alpha[:, None]
    counts = rng.poisson(mu * rng.gamma(r, 1 / r, mu.shape))
    for k in range(outliers):
        counts[k * 7 % n_features, k % n_samples] += 50 * int(base[k * 7 % n_features] + 10)
    names = [f"f{i:04d}" for i in range(n_features)]
    return pd.DataFrame(counts, names, samples.index), samples


def data(name: str, shared: Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts (features x samples) and sample sheet of a data set."""
    if name.startswith("gse71008"):
        folder = shared / "counts" / "gse71008"
        counts = pd.read_csv(folder / "mature_mirna_counts.tsv", sep="\t", index_col=0)
        samples = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0).loc[counts.columns]
        samples = samples[["condition", "stage", "sex", "age"]]
        samples["condition"] = samples["condition"].replace({"CRC": "case", "healthy": "control"})
        samples["stage"] = "s" + samples["stage"].fillna(0).astype(int).astype(str)
        if name.endswith("filtered"):
            counts = counts[(counts > 0).mean(axis=1) >= 0.2]
        return counts, samples
    if name == "synthetic":
        folder = shared / "oracle" / "deseq2"
        counts = pd.read_csv(folder / "synthetic__test_counts.csv", index_col=0)
        return counts, pd.read_csv(folder / "synthetic__test_metadata.csv", index_col=0)
    return {
        "truth": lambda: simulate(1, 1000, 60, affected=100),
        "small": lambda: simulate(2, 200, 8, affected=20, mean=3),
        "pairs": lambda: simulate(3, 400, 4, mean=4, spread=1.3),
        "outliers": lambda: simulate(4, 200, 32, mean=2, outliers=20),
        "rising": lambda: simulate(6, 400, 16, mean=5, rising=True),
        "sparse": lambda: simulate(7, 400, 12, mean=-0.5, spread=1),
        "flat": lambda: simulate(5, 60, 10, mean=3, spread=3),
    }[name]()


def main() -> None:
    """Write every data set and cases.tsv."""
    shared, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name in {case.data for case in CASES.values()}:
        counts, samples = data(name, shared)
        counts.to_csv(folder / f"{name}.counts.tsv", sep="\t")
        samples.to_csv(folder / f"{name}.samples.tsv", sep="\t")
    cases = pd.DataFrame.from_dict(CASES, orient="index").rename_axis("case")
    cases.to_csv(folder / "cases.tsv", sep="\t")


if __name__ == "__main__":
    main()
