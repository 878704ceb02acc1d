"""Write the tiny study: `python tests/workflow/tiny DIR`; the same bytes every time.

The configuration and the reference beside this file are copied, sheets and counts are simulated.
With the word `reads` behind it two of the samples enter as small FASTQ files: kernels are compiled
on every node that shares no disk, too slow for each test that runs the study.
"""

import sys
from dataclasses import replace
from pathlib import Path

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.files import counts_bytes, table_bytes, write_files
from evigil.simulate.sequencing import sequence_samples
from evigil.simulate.sheets import fastq_path, library_sheet

HERE = Path(__file__).parent
DESIGN = Design(
    cases=7,
    controls=7,
    followed=4,
    recurring=2,
    visits=1,
    reference=0,
    features=60,
    affected=12,
    batches=2,
    low_warn=1,
)


COUNTS = "  counts: data/counts.tsv.gz\n"
LIBRARIES = "  libraries: config/libraries.tsv\n"


def main(directory: Path, reads: bool = False) -> None:
    cohort = make_cohort(replace(DESIGN, sequenced=int(reads), depth=3000), seed=1)
    config = (HERE / "config.yaml").read_text()
    files = {
        "config/config.yaml": config.replace(COUNTS, COUNTS + LIBRARIES * reads).encode(),
        "config/reference.json": (HERE / "reference.json").read_bytes(),
        "config/samples.tsv": table_bytes(cohort.samples),
        "config/patients.tsv": table_bytes(cohort.patients),
        "data/counts.tsv.gz": counts_bytes(cohort.counts.drop(index=list(cohort.libraries))),
    }
    if reads:
        fastqs, _ = sequence_samples(cohort.counts, cohort.libraries, cohort.depth)
        files["config/libraries.tsv"] = table_bytes(library_sheet(list(fastqs)))
        files |= {fastq_path(sample): text for sample, text in fastqs.items()}
    write_files(files, directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "reads" in sys.argv[2:])
