"""DIA-NN 1.8 to 2.x: the report (.parquet, .tsv) and its matrices (https://github.com/vdemichev/DiaNN).

Of the report the precursors are taken, by ``Precursor.Quantity``: ``Precursor.Normalised`` depends
on all runs of the search. DIA-NN writes no row, or an empty cell, where there is no quantity; a 0
(of older versions) is none either. Channels of labels are refused: several samples in one run.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from evigil.errors import UserError
from evigil.proteomics.columns import Columns, one_column_each, run_name
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.roles import Roles
from evigil.proteomics.rows import names_of_runs, read_rows
from evigil.proteomics.stream import Stream

if TYPE_CHECKING:
    from evigil.proteomics.head import Head

FORMAT = "diann"
#: Largest q-values: precursor in its run and in all, protein group in all and in its run.
LIMITS = {
    "Q.Value": 0.01,
    "Global.Q.Value": 0.01,
    "Global.PG.Q.Value": 0.01,
    "PG.Q.Value": 0.05,
}
REPORT = ("Run", "Precursor.Id", "Protein.Group", "Q.Value", "Precursor.Quantity", "PG.Q.Value")
#: Columns of quantities of channels, SILAC's and mTRAQ's.
CHANNEL = re.compile(r"Channel\.(?:[LMH]|\d+)")
#: Columns of the matrices that are no runs.
DESCRIBING = (
    *("Protein.Group", "Protein.Ids", "Protein.Names", "Genes", "First.Protein.Description"),
    *("N.Sequences", "N.Proteotypic.Sequences", "Proteotypic", "Stripped.Sequence"),
    *("Modified.Sequence", "Precursor.Charge", "Precursor.Id", "All.Mapped.Proteins"),
    *("All.Mapped.Genes", "Protein.Sites", "Residue", "Sequence", "Site"),
)


def sniff(head: "Head") -> str | None:
    """Tell which of DIA-NN's tables a file is: ``report``, ``pg_matrix`` or ``pr_matrix``."""
    columns = Columns(head.path, head.columns)
    if columns.count(REPORT) >= 3:
        return "report"
    # spelled as DIA-NN does: "Protein IDs" and "Protein names" stand in MaxQuant's tables too
    beside = {"Protein.Ids", "Protein.Names", "Genes", "First.Protein.Description"}
    names = set(columns.names)
    if "Protein.Group" not in names or not beside & names or "Run" in names:
        return None
    return "pr_matrix" if columns.find("Precursor.Id") else "pg_matrix"


def read(path: str | Path, layout: str) -> Quantities:
    """Read one of DIA-NN's tables.

    Raises
    ------
    UserError
        One line: a column, a cell, or no row that can be used.
    """
    stream = Stream(path)
    return read_rows(stream, _roles(stream.columns, layout), FORMAT, layout)


def run_names(path: str | Path, layout: str) -> list[str]:
    """Give the runs of a table, sorted."""
    stream = Stream(path)
    return names_of_runs(stream, _roles(stream.columns, layout))


def _roles(columns: Columns, layout: str) -> Roles:
    return _report(columns) if layout == "report" else _matrix(columns, layout)


def _report(columns: Columns) -> Roles:
    channel = next((name for name in columns.names if CHANNEL.fullmatch(name)), None)
    if channel is not None:
        raise UserError(
            f"{columns.path}: several samples in one run (column {channel!r}): channels of labels "
            "are not read; give a matrix with a column per sample"
        )
    return Roles(
        level="ion",
        quantity=columns.need("Precursor.Quantity", "Precursor.Normalised"),
        run=columns.need("Run"),
        feature=(columns.need("Precursor.Id"),),
        group=(group := columns.need("Protein.Group"),),
        marked=group,
        gene=columns.find("Genes"),
        peptide=columns.find("Stripped.Sequence"),
        decoy=columns.find("Decoy"),
        limits={name: limit for c, limit in LIMITS.items() if (name := columns.find(c))},
    )


def _matrix(columns: Columns, layout: str) -> Roles:
    ions = layout == "pr_matrix"
    return Roles(
        level="ion" if ions else "protein",
        quantity=_runs(columns),
        feature=(columns.need("Precursor.Id"),) if ions else (),
        group=(group := columns.need("Protein.Group"),),
        marked=group,
        gene=columns.find("Genes"),
        peptide=columns.find("Stripped.Sequence") if ions else None,
        peptides=None if ions else columns.find("N.Sequences"),
    )


def _runs(columns: Columns) -> dict[str, str]:
    runs = [(run_name(name), name) for name in columns.names if name and name not in DESCRIBING]
    if not runs:
        raise UserError(f"{columns.path}: no column of a run beside {columns.names}")
    return one_column_each(columns.path, runs)
