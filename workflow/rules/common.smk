"""The study that every rule asks: config and sheets, read and checked once, before any job.

A fault that the user can mend ends the run here, in one line for each fault.
"""

import os
import sys
from pathlib import Path

scripts = Path(
    workflow.current_basedir.get_path_or_uri(False), "../../scripts"
).resolve()
# nothing is installed on a node that the sources were shipped to
sys.path.append(str(scripts))

import evigil

package = Path(evigil.__path__[0]).resolve()
if package.parent != scripts:
    sys.exit(
        f"evigil: the package at {package} would be used instead of {scripts / 'evigil'};"
        " uninstall it, or install this checkout with `make`"
    )

from snakemake_interface_executor_plugins.settings import SharedFSUsage

from evigil.check import open_files, open_stored
from evigil.check_sources import check_sources
from evigil.digest import code_digest
from evigil.errors import UserError
from evigil.object_storage import open_folder
from evigil.plan import Plan
from evigil.reads.protocols import known_protocols
from evigil.resources import Needs
from evigil.study import Study
from evigil.summary import run_summary
from evigil.summary_stored import stored_summary
from evigil.tables import require_writable

storage_settings = workflow.storage_settings
stored_by = storage_settings.default_storage_provider
folder = None

try:
    # a node gets the sheets with the sources; every other file comes from storage
    plan = Plan(Study.from_config(config, stored=stored_by is not None))
    needs = Needs(plan.inputs(), plan.proteomics.inputs())
    if workflow.is_main_process:
        if SharedFSUsage.SOURCES not in storage_settings.shared_fs_usage:
            check_sources(plan.sheets(), workflow.configfiles)
        if stored_by is None:
            open_files(plan.study)
        elif stored_by == "s3":
            provider = workflow.storage_registry.default_storage_provider
            prefix = storage_settings.default_storage_prefix
            folder = open_folder(prefix, vars(provider.settings))
            needs = open_stored(plan.study, folder)
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
    batch="[A-Za-z0-9_-]+",
    classifier="[A-Za-z0-9_-]+",
    contrast="[A-Za-z0-9_-]+",
    layer="[A-Za-z0-9_-]+",
    monitoring="[A-Za-z0-9_-]+",
    patient="[A-Za-z0-9_-]+",
    repeat="[0-9]+",
    sample="[A-Za-z0-9_-]+",
    table="[A-Za-z0-9_-]+",
