"""CPU and memory of `snakemake smallrna` beside cutadapt, decompression and bowtie.

Usage: python benchmarks/reads.py [--reads N] [--cycles N]

Simulates a TruSeq library (default 2,000,000 reads of 51 nt) and runs, one after the other: the
workflow from FASTQ.gz to counts, isomiRs, BAM and quality (CPU of all its processes less that of
the dry run; kernels are compiled before), ``cutadapt -j 1`` on the same file, plain decompression,
and, where it is installed, bowtie with the collapsed reads. Peers in the same units, CPU seconds
for 2 million reads where cutadapt alone takes 20 to 22: sRNAbench 20–26, miRDeep2 36, miRge3 45,
the nf-core chain 130, EVAtool 174.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.names import HAEMOLYSIS
from evigil.simulate.reads import LibraryDesign, sequence_library

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
CHUNK = 500_000


def cpu(command: list[str], **options: object) -> tuple[float, float]:
    """Run a command; CPU seconds of it and of all it started, and their largest memory in MB."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
        "sys.exit(done.stderr.decode()[-2000:] if done.returncode else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, **options
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def library(path: Path, reads: int, cycles: int) -> None:
    """Write a plasma-like library; a chunk at a time."""
    bundle = load_reference(BUNDLED)
    rng = np.random.default_rng(1)
    names = bundle.features["name"][bundle.features["biotype"] == "miRNA"]
    mirnas = pd.Series(rng.lognormal(0, 2.5, len(names)), names)
    mirnas[[f"hsa-miR-{n}" for n in HAEMOLYSIS.split()]] *= 4
    with gzip.open(path, "wb", compresslevel=4) as out:
        for start in range(0, reads, CHUNK):
            design = LibraryDesign(reads=min(CHUNK, reads - start), cycles=cycles)
            out.write(sequence_library(mirnas, bundle, design, rng).fastq)


def study(folder: Path, fastq: Path) -> list[str]:
    """Write a study of one sample and return the command that runs it."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "samples.tsv").write_text("sample\tpatient\tcondition\ns\tp\tany\n")
    (config / "libraries.tsv").write_text(f"sample\tfastq_1\ns\t{fastq}\n")
    (config / "config.yaml").write_text(
        "project: benchmark\nsamples: config/samples.tsv\n"
        "smallrna: {libraries: config/libraries.tsv}\n"
    )
    command = [str(BIN / "snakemake"), "smallrna", "--cores", "1", "--directory", str(folder)]
    return [*command, "--configfile", str(config / "config.yaml")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=2_000_000)
    parser.add_argument("--cycles", type=int, default=51)
    options = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fastq, small = folder / "reads.fastq.gz", folder / "small.fastq.gz"
        library(small, 20_000, options.cycles)
        cpu(study(folder / "warm", small), cwd=ROOT)
        library(fastq, options.reads, options.cycles)
        command = study(folder / "run", fastq)
        dry, _ = cpu([*command, "--dry-run"], cwd=ROOT)
        ours, memory = cpu(command, cwd=ROOT)
        ours -= dry
        peers = {
            "cutadapt -j 1": [str(BIN / "cutadapt"), "-j", "1", "-a", ADAPTER, "-m", "16"]
            + ["-o", str(folder / "trimmed.fastq"), str(fastq)],
            "decompression": ["gzip", "-dc", str(fastq)],
        }
        if shutil.which("bowtie") and shutil.which("bowtie-build"):
            peers["bowtie, collapsed"] = bowtie(folder)
        print(f"{options.reads:,} reads of {options.cycles} nt")
        print(f"{'snakemake smallrna':<20} {ours:7.2f} CPU-s  {memory:6.0f} MB")
        for peer, run in peers.items():
            seconds, used = cpu(run)
            print(f"{peer:<20} {seconds:7.2f} CPU-s  {used:6.0f} MB  ratio {ours / seconds:.3f}")


def bowtie(folder: Path) -> list[str]:
    """Index the references and write the collapsed reads; the command that aligns them."""
    import pysam

    bundle = load_reference(BUNDLED)
    fasta = "".join(f">{i}\n{bundle.sequence(i)}\n" for i in range(len(bundle.references)))
    (folder / "index.fa").write_text(fasta)
    subprocess.run(
        ["bowtie-build", "-q", str(folder / "index.fa"), str(folder / "index")], check=True
    )
    alignments = folder / "run" / "results" / "smallrna" / "alignments" / "s.bam"
    with pysam.AlignmentFile(str(alignments)) as bam, (folder / "unique.fa").open("w") as out:
        for read in bam:
            if not read.is_secondary:
                out.write(f">{read.query_name}\n{read.get_forward_sequence()}\n")
    command = ["bowtie", "-f", "-v", "1", "-a", "--best", "--strata", "--norc", "-p", "1"]
    return [*command, str(folder / "index"), str(folder / "unique.fa"), str(folder / "hits")]


if __name__ == "__main__":
    main()
