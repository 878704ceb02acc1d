"""A DIA-NN report to precursors in one pass beside pandas, and precursors to proteins.

Usage: python benchmarks/proteomics.py [--runs N] [--precursors N] [--library N] [--rolled N]

Writes a report.parquet (default 1,000 runs × 10,000 precursors out of 30,000, 20 of DIA-NN's
columns), reads it with evigil, and with `pandas.read_parquet` of only the columns that are needed,
the same filters and a pivot. Each reads in a process of its own: time, CPU, largest memory beyond
that of the imports, and whether the two matrices are the same.

Then rolls the precursors of `--rolled` of the runs up to proteins, on the matrix that was read:
with evigil (fit and transform) and with directLFQ's own functions, both without its normalisation
of samples, compiled before and in one process each.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

OURS = """
from evigil.proteomics.readers import diann
import pyarrow.parquet, pyarrow.compute
start()
values = diann.read(path, "report").values
"""
PEER = """
import numpy as np, pandas as pd, pyarrow.parquet
from evigil.proteomics.readers.diann import LIMITS
start()
wanted = ["Run", "Precursor.Id", "Protein.Group", "Genes", "Stripped.Sequence", "Decoy"]
report = pd.read_parquet(path, columns=[*wanted, "Precursor.Quantity", *LIMITS])
kept = (report["Decoy"] == 0) & (report["Precursor.Quantity"] > 0)
for column, limit in LIMITS.items():
    kept &= report[column] <= limit
report = report[kept]
values = report.pivot(index="Run", columns="Precursor.Id", values="Precursor.Quantity")
values = np.log2(values.astype("float64"))
"""
IONS = """
import pandas as pd
from evigil.proteomics.readers import diann
found = diann.read(path, "report")
ions, protein_of = found.values.iloc[:{rolled}], found.features["protein_group"]
"""
ROLL_UP = """
from evigil.matrix.roll_up import DirectLFQ
few = ions.iloc[:8, :200]
DirectLFQ().fit(few, protein_of[few.columns]).transform(few)
start()
values = DirectLFQ().fit(ions, protein_of).transform(ions)
"""
DIRECTLFQ = """
import logging, warnings
warnings.simplefilter("ignore")
from directlfq import config, protein_intensity_estimation
logging.disable(logging.CRITICAL)
config.set_compile_normalized_ion_table(False)
config.check_wether_to_copy_numpy_arrays_derived_from_pandas()
def roll_up(ions):
    names = [protein_of[ions.columns], ions.columns]
    table = ions.T.set_axis(pd.MultiIndex.from_arrays(names, names=["protein", "ion"]))
    table = table.sort_index().dropna(how="all")
    done, _ = protein_intensity_estimation.estimate_protein_intensities(table, 1, 10, 1)
    done = done.set_index("protein")
    return np.log2(done.where(done > 0)).T
import numpy as np
roll_up(ions.iloc[:8, :200])
start()
values = roll_up(ions)
"""
MEASURED = """
import hashlib, resource, sys, time
path = sys.argv[1]
def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def start():
    global begin, cpu, before
    begin, cpu, before = time.perf_counter(), time.process_time(), memory()
{code}
took = time.perf_counter() - begin, time.process_time() - cpu, memory() - before
table = values.astype("float32").sort_index().sort_index(axis=1)
digest = hashlib.sha256(table.to_numpy().round(3).tobytes()).hexdigest()
print(*took, *values.shape, int(values.notna().to_numpy().sum()), digest)
"""


def write_report(path: Path, runs: int, precursors: int, library: int) -> None:
    """Write a report as DIA-NN does: run by run, text and 32-bit numbers."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    residues = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
    peptides = ["".join(rng.choice(residues, rng.integers(7, 25))) + "K" for _ in range(library)]
    charges = rng.integers(2, 5, library)
    ions = pa.array([f"{p}{z}" for p, z in zip(peptides, charges, strict=True)])
    protein = rng.integers(0, library // 8, library)
    groups = pa.array([f"P{number:05d}" for number in protein])
    genes = pa.array([f"GENE{number}" for number in protein])
    sequences = pa.array(peptides)
    level = rng.normal(17, 2.5, library)
    writer = None
    for run in range(runs):
        chosen = np.sort(rng.choice(library, precursors, replace=False))
        place = pa.array(chosen)
        quantity = (2.0 ** (level[chosen] + rng.normal(0, 0.4, precursors))).astype("float32")
        q_values = {
            name: rng.exponential(scale, precursors).astype("float32")
            for name, scale in {
                **{"Q.Value": 0.002, "Global.Q.Value": 0.001, "Lib.Q.Value": 0.001},
                **{"PG.Q.Value": 0.005, "Global.PG.Q.Value": 0.001, "PEP": 0.01},
            }.items()
        }
        columns = {
            "Run.Index": np.full(precursors, run),
            "Run": pa.array([f"20260101_plasma_EV_{run:04d}"] * precursors),
            "Precursor.Id": ions.take(place),
            "Modified.Sequence": sequences.take(place),
            "Stripped.Sequence": sequences.take(place),
            "Precursor.Charge": charges[chosen],
            "Decoy": np.zeros(precursors, np.int64),
            "Protein.Ids": groups.take(place),
            "Protein.Group": groups.take(place),
            "Genes": genes.take(place),
            "RT": rng.uniform(0, 60, precursors).astype("float32"),
            "Precursor.Quantity": quantity,
            "Precursor.Normalised": quantity * np.float32(1.1),
            "PG.MaxLFQ": quantity,
            **q_values,
        }
        table = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        if run % 50 == 0:
            held = []
        held.append(table)
        if run % 50 == 49 or run == runs - 1:
            writer.write_table(pa.concat_tables(held))
    writer.close()


def measure(code: str, path: Path) -> tuple[list[float], list[str]]:
    """Read in a process of its own; give time, CPU and memory, and what was read."""
    program = MEASURED.replace("{code}", code)
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    cells = done.stdout.split()
    return [float(cell) for cell in cells[:3]], cells[3:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--precursors", type=int, default=10_000)
    parser.add_argument("--library", type=int, default=30_000)
    parser.add_argument("--rolled", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.parquet"
        write_report(path, options.runs, options.precursors, options.library)
        size = path.stat().st_size / 1e6
        print(f"{options.runs:,} runs × {options.precursors:,} precursors, {size:,.0f} MB")
        _compare("pandas", measure(OURS, path), measure(PEER, path))
        print(f"precursors of {min(options.rolled, options.runs):,} runs to proteins")
        ions = IONS.replace("{rolled}", str(options.rolled))
        _compare("directlfq", measure(ions + ROLL_UP, path), measure(ions + DIRECTLFQ, path))


def _compare(
    other: str, ours: tuple[list[float], list[str]], theirs: tuple[list[float], list[str]]
) -> None:
    (own, found), (peer, expected) = ours, theirs
    for name, row in {"evigil": own, other: peer}.items():
        print(f"  {name}: {row[0]:.1f} s, {row[1]:.1f} CPU-s, {row[2]:,.0f} MB beyond the imports")
    ratios = [a / b for a, b in zip(own, peer, strict=True)]
    print(f"  ratio: time {ratios[0]:.2f}, CPU {ratios[1]:.2f}, memory {ratios[2]:.2f}")
    same = "the same" if found == expected else f"NOT THE SAME: {found[:3]}, {expected[:3]}"
    print(f"  the matrices are {same}")


if __name__ == "__main__":
    main()
