"""CPU of the differential models beside R and PyDESeq2, on the same tables, in one run.

Usage: python benchmarks/differential.py [--part NAME ...] [--shared FOLDER]

R's DESeq2 and limma stand beside us where they are installed, PyDESeq2 always. Each runs in a
process of its own on one thread; its CPU seconds are those of the model alone, imports and reading
aside. `memory` is the largest resident size of ours.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

R_COUNTS = """
suppressMessages(library(DESeq2))
counts <- as.matrix(read.delim("counts.tsv", row.names = 1, check.names = FALSE))
group <- factor(readLines("group.txt"))
begin <- proc.time()
dds <- DESeqDataSetFromMatrix(counts, data.frame(group = group), ~ group)
results(DESeq(dds, quiet = TRUE))
used <- proc.time() - begin
cat(used[["user.self"]] + used[["sys.self"]])
"""

# limma warns of the features that have no value in a whole group
R_PROTEINS = """
suppressMessages(library(limma))
values <- as.matrix(read.delim("values.tsv", row.names = 1, check.names = FALSE))
design <- as.matrix(read.delim("design.tsv", row.names = 1))
begin <- proc.time()
suppressWarnings(eBayes(lmFit(values, design)))
used <- proc.time() - begin
cat(used[["user.self"]] + used[["sys.self"]])
"""


def simulate(n_samples: int, n_features: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Negative-binomial counts of two groups, a tenth of the features apart."""
    rng = np.random.default_rng(1)
    group = np.arange(n_samples) % 2
    base = np.exp(rng.normal(4, 2, n_features))
    change = np.where(np.arange(n_features) < n_features // 10, rng.normal(0, 1, n_features), 0)
    mu = base * np.exp(group[:, None] * change) * rng.uniform(0.5, 2, (n_samples, 1))
    shape = 1 / (0.1 + 2 / base)
    counts = rng.poisson(mu * rng.gamma(shape, 1 / shape, mu.shape))
    names = [f"s{i:04d}" for i in range(n_samples)]
    return pd.DataFrame(counts, names, [f"f{j:05d}" for j in range(n_features)]), group


def simulate_proteins(
    n_samples: int, n_features: int, missing: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw log2 intensities and a design of age, sex, four sites and two groups."""
    rng = np.random.default_rng(1)
    values = rng.normal(20, 2, (n_samples, n_features))
    values[rng.random(values.shape) < missing] = np.nan
    names = [f"s{i:04d}" for i in range(n_samples)]
    design = pd.DataFrame({"intercept": 1.0, "age": rng.normal(60, 9, n_samples)}, names)
    design["sex"] = rng.integers(0, 2, n_samples).astype(float)
    site = rng.integers(0, 4, n_samples)
    for k in (1, 2, 3):
        design[f"site{k}"] = (site == k).astype(float)
    design["case"] = np.arange(n_samples) % 2.0
    return pd.DataFrame(values, names, [f"f{j:05d}" for j in range(n_features)]), design


def gse71008(shared: Path) -> tuple[pd.DataFrame, np.ndarray]:
    folder = shared / "counts" / "gse71008"
    counts = pd.read_csv(folder / "mature_mirna_counts.tsv", sep="\t", index_col=0).T
    samples = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0).loc[counts.index]
    return counts, (samples["condition"] == "CRC").to_numpy(int)


def run_ours(folder: Path) -> dict[str, float]:
    from evigil.differential.counts import fit_counts
    from evigil.matrix.normalise import MedianOfRatios

    counts, group = _read(folder)
    design = pd.DataFrame({"Intercept": 1.0, "group": group.astype(float)}, counts.index)
    start = time.process_time()
    factors = MedianOfRatios("ratio").fit(counts).size_factors(counts)
    table = fit_counts(counts, design, ["group"], pd.Series(factors, counts.index)).table
    return _used(start, table["q_value"])


def run_proteins(folder: Path) -> dict[str, float]:
    from evigil.differential.linear import fit_log_scale

    values = pd.read_csv(folder / "values.tsv", sep="\t", index_col=0).T
    design = pd.read_csv(folder / "design.tsv", sep="\t", index_col=0)
    fit_log_scale(values.iloc[:, :20], design, ["case"])  # R has loaded its package too
    start = time.process_time()
    return _used(start, fit_log_scale(values, design, ["case"]).table["q_value"])


def run_pydeseq2(folder: Path) -> dict[str, float]:
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats

    counts, group = _read(folder)
    samples = pd.DataFrame({"group": np.where(group, "b", "a")}, counts.index)
    start = time.process_time()
    dds = DeseqDataSet(counts=counts, metadata=samples, design="~group", quiet=True, n_cpus=1)
    dds.deseq2()
    stats = DeseqStats(dds, contrast=["group", "b", "a"], quiet=True, n_cpus=1)
    stats.summary()
    return _used(start, stats.results_df["padj"])


def _read(folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    counts = pd.read_csv(folder / "counts.tsv", sep="\t", index_col=0).T
    return counts, np.loadtxt(folder / "group.txt", dtype=int)


def _used(start: float, q: pd.Series) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used = time.process_time() - start
    return {"cpu": used, "gigabytes": peak / 2**20, "found": int((q < 0.05).sum())}


RUNS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": run_ours,
    "proteins": run_proteins,
    "pydeseq2": run_pydeseq2,
}


def measure(name: str, folder: Path) -> dict[str, float]:
    """Run one implementation in its own process; it prints JSON as its last line."""
    command = [sys.executable, __file__, "--run", name, str(folder)]
    done = subprocess.run(command, env=ONE_THREAD, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure_r(script: str, package: str, folder: Path) -> float | None:
    """CPU seconds that an R script prints, or None without R or the package."""
    if shutil.which("Rscript") is None:
        return None
    ask = ["Rscript", "-e", f"quit(status = !requireNamespace('{package}', quietly = TRUE))"]
    if subprocess.run(ask, capture_output=True).returncode:
        return None
    done = subprocess.run(
        ["Rscript", "-e", script],
        cwd=folder,
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def counts(shared: Path) -> None:
    """Negative-binomial model: GSE71008, 500 × 3,000 beside the peers, 2,000 × 3,000 alone."""
    tables = [
        ("500 x 3000", simulate(500, 3000), True),
        ("2000 x 3000", simulate(2000, 3000), False),
    ]
    if shared.exists():
        tables.insert(0, ("GSE71008, 150 x 2391", gse71008(shared), True))
    print(f"{'counts':22s} ours CPU-s  memory GB  R CPU-s  ours/R  PyDESeq2 CPU-s  ours/PyDESeq2")
    for name, (table, group), peers in tables:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            table.T.to_csv(folder / "counts.tsv", sep="\t")
            np.savetxt(folder / "group.txt", group, fmt="%d")
            ours = measure("ours", folder)
            line = f"{name:22s} {ours['cpu']:10.2f} {ours['gigabytes']:10.2f}"
            if peers:
                r = measure_r(R_COUNTS, "DESeq2", folder)
                python = measure("pydeseq2", folder)["cpu"]
                beside = "       -       -" if r is None else f"{r:8.2f} {ours['cpu'] / r:7.2f}"
                line += f" {beside} {python:15.2f} {ours['cpu'] / python:14.3f}"
            print(line, flush=True)
    print("must be: ours/R <= 0.5; 2000 x 3000 in <= 2 GB")


def proteins(_: Path) -> None:
    """Moderated t: complete tables and tables with a fifth missing, beside limma."""
    print(f"{'proteins':22s} ours CPU-s  memory GB  R CPU-s  ours/R")
    sizes = [(150, 2391, 0.0), (150, 2391, 0.2), (500, 3000, 0.0), (500, 3000, 0.2)]
    for n_samples, n_features, missing in [*sizes, (2000, 3000, 0.2)]:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            values, design = simulate_proteins(n_samples, n_features, missing)
            values.T.to_csv(folder / "values.tsv", sep="\t", na_rep="NA")
            design.to_csv(folder / "design.tsv", sep="\t")
            ours = measure("proteins", folder)
            r = measure_r(R_PROTEINS, "limma", folder)
        name = f"{n_samples} x {n_features}" + (f", {missing:.0%} missing" if missing else "")
        beside = "       -       -" if r is None else f"{r:8.2f} {ours['cpu'] / r:7.2f}"
        print(f"{name:22s} {ours['cpu']:10.2f} {ours['gigabytes']:10.2f} {beside}", flush=True)
    print("must be: ours/R <= 1; 2000 x 3000 in <= 2 GB")


PARTS: dict[str, Callable[[Path], None]] = {"counts": counts, "proteins": proteins}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=sorted(PARTS), default=sorted(PARTS))
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--run", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(RUNS[options.run[0]](Path(options.run[1]))))
        return
    for part in options.part:
        PARTS[part](options.shared)


if __name__ == "__main__":
    main()
