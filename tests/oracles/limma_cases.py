"""The data of test_limma.py, and how golden/limma.R gets them.

Usage: python tests/oracles/limma_cases.py SHARED_DATA FOLDER
       Rscript tests/oracles/golden/limma.R FOLDER tests/oracles/golden/limma
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

Shared = Callable[[str], Path]


class Data(NamedTuple):
    """A layer and its design, the tested columns last."""

    values: pd.DataFrame
    design: pd.DataFrame
    block: pd.Series | None = None
    peptides: pd.Series | None = None


def alzheimer(shared: Shared) -> Data:
    """210 proteomes of cerebrospinal fluid of four sites; biochemical Alzheimer's against not."""
    table = pd.read_excel(shared("proteomics/alzheimer_csf/Alzheimer.xlsx"))
    label = table["_primary biochemical AD classification"]
    known = label.isin(["biochemical AD", "biochemical control"]) & table["_gender"].notna()
    known &= table["_age at CSF collection"].notna() & table["_collection site"].notna()
    table = table[known].reset_index(drop=True)
    values = np.log2(table[[c for c in table if not c.startswith("_")]].astype(float))
    values.columns = [f"protein{i:04d}" for i in range(values.shape[1])]
    design = pd.DataFrame({"intercept": 1.0, "age": table["_age at CSF collection"]})
    design["male"] = (table["_gender"] == "m").astype(float)
    sites = sorted(table["_collection site"].unique())
    for number, site in enumerate(sites[1:], 2):
        design[f"site{number}"] = (table["_collection site"] == site).astype(float)
    design["case"] = (label[known].reset_index(drop=True) == "biochemical AD").astype(float)
    return Data(values, design)


def magnet(shared: Shared) -> Data:
    """Plasma vesicles against plasma, three each, 0 as missing."""
    table = pd.read_csv(shared("proteomics/magnet/ev_vs_plasma_protein_areas.csv"))
    areas = table.filter(like="Area").T.reset_index(drop=True)
    values = np.log2(areas.where(areas > 0))
    values.columns = [f"protein{i:04d}" for i in range(values.shape[1])]
    design = pd.DataFrame({"intercept": 1.0, "vesicles": [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]})
    return Data(values, design)


def gse71008(shared: Shared) -> Data:
    """Real counts; neighbours in the table are made a block, since each person was drawn once."""
    counts = pd.read_csv(shared("counts/gse71008/mature_mirna_counts.tsv"), sep="\t", index_col=0)
    samples = pd.read_csv(shared("counts/gse71008/samples.tsv"), sep="\t").set_index("sample")
    counts = counts[list(samples.index)].T.astype(float)
    counts = counts.loc[:, (counts > 0).mean() >= 0.2]
    design = pd.DataFrame({"intercept": 1.0, "age": samples["age"].astype(float)})
    design["male"] = samples["sex"].astype(str).str.lower().str.startswith("m").astype(float)
    design["case"] = (samples["condition"] == "CRC").astype(float)
    block = pd.Series(np.arange(len(counts)) // 2, counts.index)
    return Data(counts, design, block)


def repeated(_: Shared | None = None) -> Data:
    """Simulated: 60 draws of 25 patients, 150 features, much missing, peptides."""
    rng = np.random.default_rng(5)
    n, m, patients = 60, 150, 25
    block = rng.integers(0, patients, n)
    site = rng.integers(0, 4, n)
    design = pd.DataFrame({"intercept": 1.0, "age": rng.normal(60, 10, n)})
    for number in (2, 3, 4):
        design[f"site{number}"] = (site == number - 1).astype(float)
    design["case"] = np.arange(n) % 2.0
    noise = rng.normal(0, 0.7, (n, m)) * np.sqrt(4 / rng.chisquare(4, m))
    values = 20 + rng.normal(0, 3, m) + noise + rng.normal(0, 0.5, (patients, m))[block]
    values[:, :20] += design["case"].to_numpy()[:, None]
    values[rng.random((n, m)) < 0.9 * rng.random(m) ** 2] = np.nan
    names = [f"feature{i:03d}" for i in range(m)]
    peptides = pd.Series(1.0 + rng.negative_binomial(0.8, 0.12, m), names)
    return Data(pd.DataFrame(values, columns=names), design, pd.Series(block), peptides)


def blocked_counts(_: Shared | None = None) -> Data:
    """Simulated: 30 samples of 12 patients, 200 features, some without counts."""
    rng = np.random.default_rng(8)
    n, m = 30, 200
    block = rng.integers(0, 12, n)
    person = rng.normal(0, 0.3, (12, m))[block]
    mean = np.exp(rng.normal(3, 2, m) + person) * rng.uniform(0.5, 2, (n, 1))
    counts = rng.poisson(mean * rng.gamma(3, 1 / 3, (n, m))).astype(float)
    counts[:, :5] = 0
    design = pd.DataFrame({"intercept": 1.0, "age": rng.normal(60, 10, n)})
    design["case"] = np.arange(n) % 2.0
    names = [f"feature{i:03d}" for i in range(m)]
    return Data(pd.DataFrame(counts, columns=names), design, pd.Series(block))


def detections(_: Shared | None = None) -> Data:
    """Simulated: 80 samples, 20 features; one is found in cases only, one hardly ever."""
    rng = np.random.default_rng(9)
    n = 80
    design = pd.DataFrame({"intercept": 1.0, "age": rng.normal(60, 9, n), "case": np.arange(n) % 2})
    age, case = design["age"].to_numpy() - 60, design["case"].to_numpy()
    logit = -1 + np.arange(20) / 10 + 0.04 * age[:, None] + case[:, None] * (np.arange(20) % 4) / 2
    found = rng.random((n, 20)) < 1 / (1 + np.exp(-logit))
    found[:, 0] = case == 1
    found[:, 1] = np.arange(n) == 5
    names = [f"feature{i:02d}" for i in range(20)]
    return Data(pd.DataFrame(found, columns=names).astype(float), design.astype(float))


CASES: dict[str, Callable[[Shared], Data]] = {
    "alzheimer": alzheimer,
    "magnet": magnet,
    "gse71008": gse71008,
    "repeated": repeated,
    "blocked_counts": blocked_counts,
    "detections": detections,
}


def write(shared: Path, folder: Path) -> None:
    """Write what R reads: features in rows, a table each."""
    for name, make in CASES.items():
        data = make(lambda relative: shared / relative)
        options = {"sep": "\t", "na_rep": "NA", "float_format": "%.17g"}
        data.values.T.to_csv(folder / f"{name}.values.tsv", index_label="feature", **options)
        data.design.to_csv(folder / f"{name}.design.tsv", index=False, **options)
        if data.block is not None:
            data.block.to_frame("block").to_csv(folder / f"{name}.block.tsv", index=False, sep="\t")
        if data.peptides is not None:
            data.peptides.to_frame("n").to_csv(folder / f"{name}.peptides.tsv", index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
