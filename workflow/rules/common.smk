"""The study that every rule asks: config and sheets, read and checked once, before any job.

A fault that the user can mend ends the run here, in one line for each fault.
"""

import os
import sys
from pathlib import Path

import evigil

if (
    not Path(workflow.basedir)
    .resolve()
    .parent.samefile(Path(evigil.__path__[0]).parents[1])
):
    sys.exit(
        f"evigil: the installed package {evigil.__path__[0]} would shadow this checkout;"
        " uninstall it, or install the checkout with `make`"
    )

from evigil.digest import code_digest
from evigil.errors import UserError
from evigil.plan import Plan
from evigil.study import Study
from evigil.summary import run_summary

try:
    plan = Plan(Study.from_config(config))
except UserError as error:
    sys.exit(str(error))

# rules look their settings up in the complete config: what the user left out is there as default
config.update(plan.config.model_dump(mode="json"))

# inherited by every job: one thread each, and compiled kernels kept between jobs
os.environ.update(
    OPENBLAS_NUM_THREADS="1",
    OMP_NUM_THREADS="1",
    NUMBA_CACHE_DIR=os.environ.get(
        "NUMBA_CACHE_DIR", str(Path(".snakemake/numba").resolve())
    ),
)


wildcard_constraints:
    classifier="[A-Za-z0-9_-]+",
    monitoring="[A-Za-z0-9_-]+",
    patient="[A-Za-z0-9_-]+",
    repeat="[0-9]+",
