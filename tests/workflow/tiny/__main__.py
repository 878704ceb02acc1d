"""Write the tiny study: `python tests/workflow/tiny DIR`; the same bytes every time.

The configuration and the reference beside this file are copied, sheets and counts are simulated.
"""

import sys
from pathlib import Path

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.files import counts_bytes, table_bytes, write_files

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


def main(directory: Path) -> None:
    cohort = make_cohort(DESIGN, seed=1)
    files = {
        "config/config.yaml": (HERE / "config.yaml").read_bytes(),
        "config/reference.json": (HERE / "reference.json").read_bytes(),
        "config/samples.tsv": table_bytes(cohort.samples),
        "config/patients.tsv": table_bytes(cohort.patients),
        "data/counts.tsv.gz": counts_bytes(cohort.counts),
    }
    write_files(files, directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
