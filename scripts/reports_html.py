"""Write the page of every monitored patient, and the study on one page (rule reports_html)."""

from pathlib import Path

from evigil.logs import step
from evigil.reports.contrasts import read_contrasts
from evigil.reports.index import read_classifiers, write_index
from evigil.reports.inputs import read_results
from evigil.reports.patient import write_pages
from evigil.version import __version__

with step(snakemake.log[0]):
    params, index = snakemake.params, Path(snakemake.output.index)
    results = index.parents[1]
    blocks, facts = read_results(params.config, params.patients, __version__, params.units, results)
    write_pages(params.monitored, blocks, facts, index.parent / "patients")
    contrasts = read_contrasts(params.config, results)
    classifiers = read_classifiers(params.config, results)
    write_index(facts, blocks, classifiers, params.monitored, index, contrasts)
