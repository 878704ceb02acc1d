"""MaxQuant 1.5 to 2.x: proteinGroups.txt, evidence.txt and peptides.txt.

The quantity of a protein group is ``LFQ intensity`` (MaxLFQ) where the search had it on, else
``Intensity``; ``iBAQ`` compares proteins of one sample, and is taken only where it stands alone.
Of evidence and peptides the ions' ``Intensity`` is taken, for roll-up. An ion that was found
several times in one run counts by its largest intensity, the other rows are ``duplicate``.
MaxQuant writes 0 or an empty cell where it found nothing: both are missing. Several samples in one
run (SILAC, TMT) are refused: what it calls their ``Intensity`` is the sum of all.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evigil.errors import UserError, hint
from evigil.proteomics.columns import Columns, one_column_each
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.roles import Roles
from evigil.proteomics.rows import names_of_runs, read_rows
from evigil.proteomics.stream import Stream

if TYPE_CHECKING:
    from evigil.proteomics.head import Head

FORMAT = "maxquant"
SIGNS = {
    "proteinGroups": (
        *("Protein IDs", "Majority protein IDs", "Only identified by site"),
        *("Peptide counts (all)", "Razor + unique peptides", "Fasta headers"),
        *("Reverse", "Potential contaminant"),  # what is left where columns were chosen
    ),
    "evidence": (
        *("Modified sequence", "Raw file", "Leading razor protein", "Protein group IDs"),
        *("Retention time", "Peptide ID", "Mod. peptide ID", "MS/MS count"),
    ),
    "peptides": (
        *("Sequence", "Leading razor protein", "Missed cleavages", "Unique (Groups)"),
        *("Amino acid before", "Mod. peptide IDs", "Charges"),
    ),
}
#: What stands before a run in the columns of quantities, the preferred first.
QUANTITIES = ("LFQ intensity", "Intensity", "iBAQ")
#: Columns of runs that hold several samples: SILAC, and TMT or iTRAQ.
LABELLED = re.compile(r"ratio[ .][hm][/.][lm]\b.*|reporter[ .]intensity\b.*", re.IGNORECASE)


def sniff(head: "Head") -> str | None:
    """Tell which of MaxQuant's tables a file is: ``proteinGroups``, ``evidence``, ``peptides``."""
    columns = Columns(head.path, head.columns)
    found = {layout: columns.count(signs) for layout, signs in SIGNS.items()}
    if not columns.find("Majority protein IDs", "Protein IDs"):  # tables of sites have the others
        found["proteinGroups"] = 0
    elif _of_runs(columns, QUANTITIES[0]):  # no other engine's
        return "proteinGroups"
    layout = max(found, key=lambda name: found[name])
    return layout if found[layout] >= 3 else None


def read(path: str | Path, layout: str) -> Quantities:
    """Read one of MaxQuant's tables.

    Raises
    ------
    UserError
        One line: a column, a cell, or no row that can be used.
    """
    stream = Stream(path)
    return read_rows(stream, _roles(stream.columns, layout), FORMAT, layout)


def run_names(path: str | Path, layout: str) -> list[str]:
    """Give the runs of a table, sorted: experiments, as MaxQuant's other tables name them."""
    stream = Stream(path)
    return names_of_runs(stream, _roles(stream.columns, layout))


def _roles(columns: Columns, layout: str) -> Roles:
    labelled = next((name for name in columns.names if LABELLED.fullmatch(name)), None)
    if labelled is not None:
        raise UserError(
            f"{columns.path}: several samples in one run (column {labelled!r}): SILAC, TMT and "
            "iTRAQ are not read from MaxQuant's tables; give a matrix with a column per sample"
        )
    return _ROLES[layout](columns)


def _groups(columns: Columns) -> Roles:
    group = columns.need("Majority protein IDs", "Protein IDs")
    roles = Roles(
        level="protein",
        quantity=_runs(columns, ions=False),
        group=(group,),
        marked=group,
        peptides=columns.find("Razor + unique peptides", "Peptides"),
        site_only=columns.find("Only identified by site"),
    )
    return _marked(columns, roles)


def _evidence(columns: Columns) -> Roles:
    protein = _protein(columns)
    roles = Roles(
        level="ion",
        quantity=columns.need("Intensity"),
        # fractions of one sample share an experiment, not a raw file
        run=columns.need("Experiment", "Raw file"),
        feature=(columns.need("Modified sequence"), columns.need("Charge")),
        group=(protein,),
        marked=protein,
        peptide=columns.find("Sequence"),
        largest=True,
    )
    return _marked(columns, roles)


def _peptides(columns: Columns) -> Roles:
    protein = _protein(columns)
    roles = Roles(
        level="ion",
        quantity=_runs(columns, ions=True),
        feature=(sequence := columns.need("Sequence"),),
        group=(protein,),
        marked=protein,
        peptide=sequence,
    )
    return _marked(columns, roles)


def _protein(columns: Columns) -> str:
    """Give what names an ion's protein: the one that has its razor peptides."""
    return columns.need("Leading razor protein", "Leading proteins", "Proteins")


def _marked(columns: Columns, roles: Roles) -> Roles:
    return replace(
        roles,
        gene=columns.find("Gene names"),
        decoy=columns.find("Reverse", "Decoy"),
        contaminant=columns.find("Potential contaminant", "Contaminant"),
    )


def _of_runs(columns: Columns, kind: str) -> list[tuple[str, str]]:
    """Give each run with its column of a kind of quantity."""
    start = re.compile(kind.replace(" ", "[ .]") + r"[ .](?!peptides$)(.+)", re.IGNORECASE)
    return [(match[1], name) for name in columns.names if (match := start.fullmatch(name))]


def _runs(columns: Columns, ions: bool) -> dict[str, str]:
    kinds = QUANTITIES[1:2] if ions else QUANTITIES
    for kind in kinds:
        if found := _of_runs(columns, kind):
            return one_column_each(columns.path, found)
    wanted = " or ".join(repr(f"{kind} <experiment>") for kind in kinds)
    near = hint(f"{kinds[0]} 1", columns.names)
    raise UserError(f"{columns.path}: no column {wanted}{near}")


_ROLES = {"proteinGroups": _groups, "evidence": _evidence, "peptides": _peptides}
