"""The last lines of a run: where the reports are, how the gates fell, who was left out."""

from pathlib import Path

from evigil.gating import gate_summary
from evigil.tables import read_table


def run_summary(results: str | Path) -> str:
    """Say what a person wants to know when a run has ended.

    Parameters
    ----------
    results
        The results folder; of a run that stopped at an early stage, what is there is told.
    """
    folder = Path(results)
    lines = []
    gates = folder / "quality" / "samples.tsv"
    if gates.is_file():
        lines += gate_summary(read_table(gates))
    index = folder / "reports" / "index.html"
    if index.is_file():
        pages = len(list((folder / "reports" / "patients").glob("*.html")))
        lines.append(f"overview: {index.resolve()}")
        if pages:
            lines.append(f"patient reports: {pages} in {index.resolve().parent / 'patients'}")
    return "\n".join(lines) if lines else f"results: {folder.resolve()}"
