"""FragPipe (IonQuant): combined_protein.tsv, and ions, modified peptides and peptides beside it.

The quantity of a protein is ``MaxLFQ Intensity`` where the search had it on, else ``Intensity``
(of razor peptides; older versions write ``Razor Intensity``); what is rolled up goes by
``Intensity``. FragPipe writes 0 where it found nothing: missing. An ``experiment_annotation.tsv``
beside the table names its runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from evigil.errors import UserError, hint
from evigil.features.text import open_text, rows_of
from evigil.proteomics.columns import Columns, one_column_each
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.roles import Roles
from evigil.proteomics.rows import names_of_runs, read_rows
from evigil.proteomics.stream import Stream

if TYPE_CHECKING:
    from evigil.proteomics.head import Head

FORMAT = "fragpipe"
#: Columns of which each of its tables has most.
SIGNS = (
    *("Protein", "Protein ID", "Entry Name", "Protein Probability", "Gene"),
    *("Peptide Sequence", "Modified Sequence"),
)
#: What stands behind a run in the columns of quantities, the preferred first.
QUANTITIES = (
    *("MaxLFQ Intensity", "MaxLFQ Razor Intensity", "Intensity", "Razor Intensity"),
    *("MaxLFQ Total Intensity", "Total Intensity", "MaxLFQ Unique Intensity", "Unique Intensity"),
)
ION_QUANTITIES = ("Intensity", "MaxLFQ Intensity")
#: What tables have that hold no quantity of more runs than one.
COUNTS = ("Spectral Count", "Total Spectral Count", "Summarized Total Spectral Count")
SEQUENCE = ("Peptide Sequence", "Sequence", "Peptide")
ANNOTATION = "experiment_annotation.tsv"


def sniff(head: "Head") -> str | None:
    """Tell which of FragPipe's tables a file is, such as ``combined_ion``."""
    columns = Columns(head.path, head.columns)
    if columns.count(SIGNS) < 3:
        return None
    counted = columns.find("Combined Total Peptides", "Combined Spectral Count", *COUNTS)
    if not counted and not any(_by_quantity(columns).values()):
        return None
    if columns.find("Modified Sequence"):
        return "combined_ion" if columns.find("Charge") else "combined_modified_peptide"
    return "combined_peptide" if columns.find(*SEQUENCE) else "combined_protein"


def companion(path: str | Path) -> Path | None:
    """Give the annotation of the experiment beside a table, if there is one."""
    beside = Path(path).with_name(ANNOTATION)
    return beside if beside.is_file() else None


def read(path: str | Path, layout: str) -> Quantities:
    """Read one of FragPipe's tables.

    Raises
    ------
    UserError
        One line: a column, a cell, a run that the annotation lacks, or no row that can be used.
    """
    stream = Stream(path)
    return read_rows(stream, _ROLES[layout](stream.columns), FORMAT, layout)


def run_names(path: str | Path, layout: str) -> list[str]:
    """Give the runs of a table, sorted."""
    stream = Stream(path)
    return names_of_runs(stream, _ROLES[layout](stream.columns))


def _proteins(columns: Columns) -> Roles:
    others = columns.find("Indistinguishable Proteins")
    return Roles(
        level="protein",
        quantity=_runs(columns),
        group=(columns.need("Protein ID", "Protein"), *([others] if others else [])),
        marked=columns.need("Protein", "Protein ID"),
        gene=columns.find("Gene", "Gene Names"),
        peptides=columns.find("Combined Total Peptides", "Unique Stripped Peptides"),
    )


def _ions(columns: Columns) -> Roles:
    charge = columns.find("Charge")
    feature = columns.need("Modified Sequence", *SEQUENCE)
    return Roles(
        level="ion",
        quantity=_runs(columns, ION_QUANTITIES),
        feature=(feature, charge) if charge else (feature,),
        group=(columns.need("Protein ID", "Protein"),),
        marked=columns.need("Protein", "Protein ID"),
        gene=columns.find("Gene"),
        peptide=columns.find(*SEQUENCE),
        largest=True,
    )


def _by_quantity(columns: Columns) -> dict[str, list[tuple[str, str]]]:
    """Give the runs of each kind of quantity: a name ends in the longest that fits."""
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind in QUANTITIES}
    by_length = sorted(QUANTITIES, key=len, reverse=True)
    for name in columns.names:
        kind = next((kind for kind in by_length if name.endswith(f" {kind}")), None)
        if kind and name not in QUANTITIES:  # of one sample alone, as in protein.tsv
            found[kind].append((name.removesuffix(f" {kind}"), name))
    return found


def _runs(columns: Columns, kinds: tuple[str, ...] = QUANTITIES) -> dict[str, str]:
    by_quantity = _by_quantity(columns)
    found = next((by_quantity[kind] for kind in kinds if by_quantity[kind]), None)
    if found is None:
        near = hint("1 Intensity", columns.names)
        raise UserError(
            f"{columns.path}: no column '<run> MaxLFQ Intensity' or '<run> Intensity'{near}; "
            "FragPipe's tables of one run, and those of spectral counts alone, are not read"
        )
    names = _annotated(columns.path)
    if names:
        missing = [run for run, _ in found if run not in names]
        if missing:
            raise UserError(
                f"{columns.path}: run {missing[0]!r} is not in column 'sample' of {ANNOTATION} "
                f"beside it{hint(missing[0], names)}"
            )
    return one_column_each(columns.path, [(names.get(run, run), name) for run, name in found])


def _annotated(path: str) -> dict[str, str]:
    """Give the name that the annotation beside a table has for each run of it."""
    beside = companion(path)
    if beside is None:
        return {}
    with open_text(beside) as text:
        rows = [[cell.strip() for cell in cells] for _, cells in rows_of(text)[1]]
    columns = Columns(str(beside), rows[0])
    sample = columns.names.index(columns.need("sample"))
    shown = columns.names.index(columns.need("sample_name", "sample"))
    width = max(sample, shown)
    return {
        cells[sample]: cells[shown] or cells[sample] for cells in rows[1:] if len(cells) > width
    }


_ROLES = {
    "combined_ion": _ions,
    "combined_modified_peptide": _ions,
    "combined_peptide": _ions,
    "combined_protein": _proteins,
}
