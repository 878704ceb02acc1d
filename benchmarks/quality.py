"""Wall time, CPU and memory of `snakemake quality`, and of the variances beside statsmodels.

Usage: python benchmarks/quality.py [--samples N] [--features N] [--cores N] [--subset N]

Simulates a study that enters as a table of counts (default 2,000 samples of 2,000 people × 3,000
miRNAs, with six technical covariates), gates and audits it by the workflow, and then makes
the rest of the target `quality`: precision, identity, batch, pictures, the hand-over. Then, in this
process, the variance of every feature is partitioned over the covariates, and by statsmodels' OLS
and its type II sums of squares for a subset of the features, extrapolated to all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.quality.partition import encode, partition
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.tables import read_table

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TECHNICAL = {"site": 4, "batch": 12, "run": 20, "kit": 2, "operator": 5, "gel": 6}
CONFIG = """project: benchmark
samples: config/samples.tsv
smallrna: {counts: config/counts.tsv.gz}
quality: {technical: [gel]}
classifiers:
  crc: {column: condition, case: CRC, control: healthy}
"""


def simulate(n: int, m: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw a sheet, and counts in which batches differ by a fifth and people by a half."""
    rng = np.random.default_rng(1)
    names = [f"s{i:04d}" for i in range(n)]
    sheet = pd.DataFrame({"sample": names, "patient": [f"p{i:04d}" for i in range(n)]})
    sheet["condition"] = rng.choice(["CRC", "healthy"], n)
    for name, levels in TECHNICAL.items():
        sheet[name] = [f"{name}{i + 1}" for i in rng.integers(0, levels, n)]
    sheet["age"], sheet["sex"] = rng.normal(62, 9, n).round(1), rng.choice(["female", "male"], n)
    sheet["hours_to_plasma"] = rng.gamma(2, 1, n).round(2)
    bundle = load_reference(BUNDLED)
    known = bundle.features["name"][bundle.features["biotype"] == "miRNA"]
    features = [*known, *(f"novel-{i}" for i in range(m))][:m]
    level = rng.lognormal(3, 2, m)
    batch = np.unique(sheet["batch"], return_inverse=True)[1]
    effect = rng.normal(0, 0.2, (TECHNICAL["batch"], m))[batch] + rng.normal(0, 0.5, (n, m))
    depth = 3e5 * rng.lognormal(0, 0.4, (n, 1)) / level.sum()
    return sheet, pd.DataFrame(rng.poisson(level * depth * np.exp(effect)), names, features)


def write_study(folder: Path, sheet: pd.DataFrame, counts: pd.DataFrame) -> None:
    config = folder / "config"
    config.mkdir()
    (config / "config.yaml").write_text(CONFIG)
    sheet.to_csv(config / "samples.tsv", sep="\t", index=False)
    table = counts.T.rename_axis("feature")
    table.to_csv(config / "counts.tsv.gz", sep="\t", compression={"method": "gzip", "mtime": 1})


def run(folder: Path, target: str, cores: int) -> None:
    """Make a target and print what it took."""
    code = (
        "import resource, subprocess, sys, time\n"
        "begin = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
        "sys.exit(done.stderr.decode()[-2000:] if done.returncode else 0)\n"
    )
    command = [str(BIN / "snakemake"), target, "--cores", str(cores), "--directory", str(folder)]
    command += ["--configfile", str(folder / "config" / "config.yaml")]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        sys.exit(done.stderr)
    wall, cpu, memory = map(float, done.stdout.split())
    print(f"{target}, {cores} cores: {wall:.1f} s, {cpu:.1f} CPU-s, {memory:,.0f} MB a process")


def show(folder: Path) -> None:
    """Print the largest memory of each job, and what the audit found."""
    for file in sorted((folder / "logs").glob("*/*.benchmark.tsv")):
        row = pd.read_csv(file, sep="\t", na_values="-").iloc[0]
        print(f"  {file.parent.name:<20} {row['s']:6.1f} s {row['max_rss']:7,.0f} MB")
    verdicts = read_table(folder / "results" / "quality" / "confounding.tsv")
    whole = verdicts[verdicts["covariate"] == "ALL"].iloc[0]
    print(f"  audited: {whole['outcome']} {whole['verdict']}")


def compare(sheet: pd.DataFrame, counts: pd.DataFrame, subset: int) -> None:
    """Partition the variance of all features, and of some by statsmodels."""
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    values = np.log2(counts.div(counts.sum(axis=1), axis=0) * 1e6 + 1)
    table = sheet.drop(columns=["sample", "patient"])
    begin = time.process_time()
    shares, _ = partition(values, {name: encode(table[name]) for name in table})
    ours = time.process_time() - begin
    chosen = [str(c) for c in values.columns[:: max(1, values.shape[1] // subset)][:subset]]
    largest, begin = 0.0, time.process_time()
    own = shares.pivot(index="feature", columns="covariate", values="unique")
    for feature in chosen:
        rows = table.assign(y=values[feature].to_numpy())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that do not vary
            fit = smf.ols("y ~ " + " + ".join(table), rows).fit()
            peer = anova_lm(fit, typ=2)["sum_sq"] / fit.centered_tss
        difference = (own.loc[feature] - peer[own.columns]).abs().max()
        largest = max(largest, 0.0 if np.isnan(difference) else float(difference))
    theirs = (time.process_time() - begin) / len(chosen) * values.shape[1]
    print(f"variance of {values.shape[1]:,} features over {table.shape[1]} covariates, CPU:")
    print(f"  ours {ours:.1f} s; statsmodels, {len(chosen)} features extrapolated: {theirs:.0f} s")
    print(f"  ratio {ours / theirs:.4f}; largest difference of a share {largest:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--features", type=int, default=3000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--subset", type=int, default=30)
    options = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    sheet, counts = simulate(options.samples, options.features)
    print(f"{options.samples:,} samples × {options.features:,} features")
    with tempfile.TemporaryDirectory() as name:
        write_study(Path(name), sheet, counts)
        for target in ("results/quality/confounding.tsv", "quality"):
            run(Path(name), target, options.cores)
        show(Path(name))
    compare(sheet, counts, options.subset)


if __name__ == "__main__":
    main()
