"""The study that every rule asks: config and sheets, read and checked once, before any job.

A fault that the user can mend ends the run here, in one line for each fault.
"""

import os
import sys
from pathlib import Path

import evigil

package = Path(evigil.__path__[0]).resolve()
scripts = Path(
    workflow.current_basedir.get_path_or_uri(False), "../../scripts"
).resolve()
if package.parent != scripts:
    sys.exit(
        f"evigil: the package at {package} would be used instead of {scripts / 'evigil'};"
        " uninstall it, or install this checkout with `make`"
    )

from evigil.check import open_files
from evigil.digest import code_digest
from evigil.errors import UserError
from evigil.plan import Plan
from evigil.reads.protocols import known_protocols
from evigil.study import Study
from evigil.summary import run_summary

try:
    plan = Plan(Study.from_config(config))
    if workflow.is_main_process:
        open_files(plan.study)
    protocols = {} if plan.study.libraries.empty else known_protocols()
except UserError as error:
    sys.exit(str(error))

# rules look their settings up in the complete config: what the user left out is there as default
config.update(plan.config.model_dump(mode="json"))

# inherited by every job: one thread each
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

# where compiled kernels and indexes are kept: beside the code, so that one making serves every run
checkout = scripts.parent if os.access(scripts.parent, os.W_OK) else Path(".snakemake")
os.environ.setdefault("EVIGIL_CACHE_DIR", str((checkout / ".cache").resolve()))
os.environ.setdefault("NUMBA_CACHE_DIR", str((checkout / ".cache/numba").resolve()))


wildcard_constraints:
    classifier="[A-Za-z0-9_-]+",
    monitoring="[A-Za-z0-9_-]+",
    patient="[A-Za-z0-9_-]+",
    repeat="[0-9]+",
    sample="[A-Za-z0-9_-]+",
