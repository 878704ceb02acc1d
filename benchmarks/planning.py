"""Time and memory of planning a run, beside a bare Snakemake workflow of as many jobs and files.

Usage: python benchmarks/planning.py [--samples 100 1000 5000]

Four workflows are planned, each in a process of its own, as a dry run and as the DAG:

study       this workflow on a simulated cohort with every built stage: cases that are followed and
            a disease-free reference, each of them with a page of their own
bare        a workflow with nothing but that study's jobs and pages: what Snakemake itself takes
reads       this workflow counting a FASTQ file of each sample, in twenty batches
per sample  a bare workflow with a job for each sample: two inputs found by a function, four
            outputs, the sample constrained by a pattern

The second tells what evigil adds to Snakemake in the first, the fourth in the third.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evigil.config_file import load_yaml
from evigil.plan import Plan
from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design
from evigil.study import Study

ROOT = Path(__file__).resolve().parents[1]
SECONDS, MEGABYTES = 60, 2000  # of the largest size
PEERS = {"study": "bare", "bare": "bare", "reads": "per sample", "per sample": "per sample"}
RECORD = b"@read\nTGAGGTAGTAGGTTGTATAGTTTGGAATTCTCGGGTGCCAAGG\n+\n" + b"I" * 43 + b"\n"

READS = """
project: planning
samples: config/samples.tsv
smallrna:
  libraries: config/libraries.tsv
"""

BARE = """
pages = expand("pages/{{i}}.html", i=range({pages}))

rule all:
    input: pages, expand("jobs/{{i}}.tsv", i=range({jobs}))

rule pages:
    output: pages

rule job:
    output: "jobs/{{i}}.tsv"
    params: number=1, code="0123456789abcdef"
"""

PER_SAMPLE = """
samples = [f"sample-{{i:05d}}" for i in range({samples})]
libraries = {{s: [f"fastq/{{s}}_{{mate}}.fastq.gz" for mate in (1, 2)] for s in samples}}

wildcard_constraints:
    sample="[A-Za-z0-9_-]+"

rule all:
    input: "results/counts.h5ad"

rule sample:
    input: fastq=lambda wildcards: libraries[wildcards.sample]
    output:
        isomirs="results/isomirs/{{sample}}.gff3",
        alignments="results/alignments/{{sample}}.bam",
        index="results/alignments/{{sample}}.bam.bai",
        tables=temp("results/tables/{{sample}}.parquet"),
    log: "logs/sample/{{sample}}.log"
    benchmark: "logs/sample/{{sample}}.benchmark.tsv"
    resources:
        mem_mb=lambda wildcards, input, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params: protocol="auto", code="0123456789abcdef"
    shell: "true"

rule cohort:
    input: expand("results/tables/{{sample}}.parquet", sample=samples)
    output: "results/counts.h5ad"
    shell: "true"
"""


@dataclass(frozen=True)
class Cost:
    """What planning once took: CPU and elapsed seconds, and the peak memory in MB."""

    cpu: float
    elapsed: float
    memory: float


def design(samples: int) -> Design:
    """Return a cohort of `samples` draws (a multiple of 10), three patients in ten with a page."""
    tenth = samples // 10
    return Design(
        cases=2 * tenth,
        controls=tenth,
        followed=2 * tenth,
        recurring=tenth,
        visits=2,
        reference=tenth,
        reference_draws=3,
        features=400,
    )


def study(samples: int, folder: Path) -> list[str]:
    """Simulate a study; return what makes Snakemake plan it."""
    write_cohort(make_cohort(design(samples), seed=1), folder)
    return ["--configfile", str(folder / "config" / "config.yaml")]


def bare(jobs: int, pages: int, folder: Path) -> list[str]:
    """Write a workflow of as many jobs and pages; return what makes Snakemake plan it."""
    folder.mkdir()
    # the job that makes the pages is one of them
    text = BARE.format(jobs=jobs - 1, pages=pages)
    (folder / "Snakefile").write_text(text)
    return ["--snakefile", str(folder / "Snakefile")]


def reads(samples: int, folder: Path) -> list[str]:
    """Write a study with a FASTQ file of each sample; return what makes Snakemake plan it."""
    names = [f"sample-{i:05d}" for i in range(samples)]
    (folder / "config").mkdir(parents=True)
    for name in names:
        (folder / f"{name}.fastq.gz").write_bytes(gzip.compress(RECORD * 50))
    sheets = {
        "samples": [("sample", "patient", "condition", "batch")]
        + [(name, name, "any", f"b{i % 20}") for i, name in enumerate(names)],
        "libraries": [("sample", "fastq_1")] + [(name, f"{name}.fastq.gz") for name in names],
    }
    for sheet, rows in sheets.items():
        text = "".join("\t".join(row) + "\n" for row in rows)
        (folder / "config" / f"{sheet}.tsv").write_text(text)
    config = folder / "config" / "config.yaml"
    config.write_text(READS)
    return ["--configfile", str(config)]


def per_sample(samples: int, folder: Path) -> list[str]:
    """Write a workflow with a job for each sample; return what makes Snakemake plan it."""
    (folder / "fastq").mkdir(parents=True)
    for i in range(samples):
        for mate in (1, 2):
            (folder / "fastq" / f"sample-{i:05d}_{mate}.fastq.gz").touch()
    (folder / "Snakefile").write_text(PER_SAMPLE.format(samples=samples))
    return ["--snakefile", str(folder / "Snakefile")]


def plan(folder: Path, arguments: Sequence[str], how: str) -> Cost:
    """Plan in a process of its own; `how` is ``--dry-run`` or ``--dag``."""
    command = [str(Path(sys.executable).with_name("snakemake")), how, *arguments]
    command += ["--directory", str(folder), "--cores", "1"]
    with (folder / "planned.txt").open("wb") as output:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - start
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'planned.txt').read_text()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, elapsed, used.ru_maxrss / 1024)


def measure(samples: int, folder: Path) -> dict[tuple[str, str], Cost]:
    """Plan the four workflows for `samples` samples, both ways."""
    made = {"study": study(samples, folder / "study")}
    planned = Plan(
        Study.from_config(load_yaml(folder / "study" / "config" / "config.yaml"), folder / "study")
    )
    jobs, pages = sum(planned.jobs().values()), len(planned.pages())
    made["bare"] = bare(jobs, pages, folder / "bare")
    made["reads"] = reads(samples, folder / "reads")
    made["per sample"] = per_sample(samples, folder / "per sample")
    print(f"{samples:,} samples: {jobs} jobs and {pages:,} pages; as many FASTQ files beside")
    return {
        (name, how): plan(folder / name, arguments, how)
        for how in ("--dry-run", "--dag")
        for name, arguments in made.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--samples", type=int, nargs="+", default=[100, 1000, 5000], help="from 100"
    )
    sizes = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as folder:
        costs = {n: measure(n, Path(folder) / str(n)) for n in sizes}
    print("\nworkflow    how        samples   CPU-s  elapsed s  peak MB  CPU / first  CPU / peer")
    for name, how in costs[sizes[0]]:
        first = costs[sizes[0]][name, how].cpu
        for n in sizes:
            cost, peer = costs[n][name, how], costs[n][PEERS[name], how]
            print(
                f"{name:<10}  {how:<9}  {n:8,d}  {cost.cpu:6.1f}  {cost.elapsed:9.1f}  "
                f"{cost.memory:7.0f}  {cost.cpu / first:11.2f}  {cost.cpu / peer.cpu:10.2f}"
            )
    largest = costs[sizes[-1]]
    slowest = max(cost.elapsed for cost in largest.values())
    most = max(cost.memory for cost in largest.values())
    kept = slowest < SECONDS and most < MEGABYTES
    print(
        f"\n{sizes[-1]:,} samples: at most {slowest:.0f} s (must be < {SECONDS}) and {most:.0f} MB "
        f"(must be < {MEGABYTES:,}): {'kept' if kept else 'not kept'}"
    )


if __name__ == "__main__":
    main()
