"""The patient page: ``reports/patients/<patient>.html``."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from evigil.reports.build import Builder
from evigil.reports.context import PatientReport
from evigil.reports.figure import draw
from evigil.reports.inputs import Block, Facts
from evigil.reports.render import render
from evigil.tables import write_text

WIDE, NARROW = 760, 380


def write_pages(
    patients: Iterable[str], blocks: Sequence[Block], facts: Facts, directory: str | Path
) -> list[Path]:
    """Write a page for every patient, and remove those of patients that are no longer among them.

    Parameters
    ----------
    patients
        Names of the patients; one without any draw gets a page that says so.
    blocks
        Monitoring blocks, in the order of the configuration.
    directory
        ``reports/patients``.

    Returns
    -------
    list of pathlib.Path
        The pages, in the order of `patients`.
    """
    builder = Builder(blocks, facts)
    written = []
    for patient in patients:
        path = Path(directory) / f"{patient}.html"
        write_text(page(builder.build(patient)), path)
        written.append(path)
    # a page of an earlier run would be read as if it belonged to this one
    for stale in set(Path(directory).glob("*.html")) - set(written):
        stale.unlink()
    return written


def page(report: PatientReport) -> str:
    """Return a patient's page."""
    from markupsafe import Markup

    figures = [
        {
            "wide": Markup(draw(report, section, WIDE, f"figure-{i}-wide")),
            "narrow": Markup(draw(report, section, NARROW, f"figure-{i}-narrow")),
        }
        for i, section in enumerate(report.sections, 1)
    ]
    return render("patient.html", report=report, figures=figures)
