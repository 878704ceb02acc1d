"""Spectronaut: long ("normal") reports and run pivot reports, of precursors or protein groups.

Of precursors the raw MS2 quantity is taken where it is there, else the quantity of the settings;
without precursors the engine's own quantity of the protein groups. ``Filtered``, ``NaN``, imputed
values and 1 (Spectronaut raises what is below it to 1, noise) are missing. Decimal commas are read.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evigil.errors import UserError, hint
from evigil.proteomics.columns import Columns, one_column_each, run_name
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.roles import Roles
from evigil.proteomics.rows import names_of_runs, read_rows
from evigil.proteomics.stream import Stream

if TYPE_CHECKING:
    from evigil.proteomics.head import Head

FORMAT = "spectronaut"
RUN = ("R.FileName", "R.Raw File Name", "R.Label")
GROUP = ("PG.ProteinGroups", "PG.ProteinAccessions", "PG.UniProtIds")
#: What names a precursor: one column, or a sequence and its charge.
PRECURSOR = ("EG.PrecursorId", "FG.Id")
SEQUENCE = ("FG.LabeledSequence", "EG.ModifiedSequence", "EG.ModifiedPeptide")
ION_QUANTITIES = (
    *("FG.MS2RawQuantity", "FG.Quantity", "EG.TotalQuantity (Settings)", "FG.MS2Quantity"),
    *("FG.TotalQuantity (Settings)", "EG.TargetQuantity (Settings)", "FG.MS1RawQuantity"),
    *("FG.MS1Quantity", "FG.NormalizedMS2PeakArea"),
)
PROTEIN_QUANTITY = "PG.Quantity"
#: How many peptides a protein group has, in a report of protein groups.
PEPTIDES = (
    "PG.NrOfStrippedSequencesIdentified (Experiment-wide)",
    "PG.NrOfStrippedSequencesIdentified",
)
LIMITS = {"EG.Qvalue": 0.01, "PG.Qvalue": 0.01, "PG.QValue (Run-Wise)": 0.05}
#: Spectronaut raises every quantity below it to this.
FLOOR = 1.0

_PIVOT = re.compile(r"(?:\[\d+\] ?)?(.+)\.((?:PG|PEP|EG|FG)\.[A-Z].*)")


def sniff(head: "Head") -> str | None:
    """Tell which of Spectronaut's reports a file is: ``long`` or ``pivot``."""
    columns = Columns(head.path, head.columns)
    kinds = {name.split(".")[0] for name in columns.names if "." in name}
    if "R" in kinds and kinds & {"PG", "EG", "FG"}:
        return "long"
    if columns.find(*GROUP) and any(_PIVOT.fullmatch(name) for name in columns.names):
        return "pivot"
    return None


def read(path: str | Path, layout: str) -> Quantities:
    """Read one of Spectronaut's reports.

    Raises
    ------
    UserError
        One line: a column, a cell, or no row that can be used.
    """
    stream = Stream(path)
    return read_rows(stream, _ROLES[layout](stream.columns), FORMAT, layout)


def run_names(path: str | Path, layout: str) -> list[str]:
    """Give the runs of a report, sorted."""
    stream = Stream(path)
    return names_of_runs(stream, _ROLES[layout](stream.columns))


def _long(columns: Columns) -> Roles:
    feature = _precursor(columns)
    quantity = columns.find(*ION_QUANTITIES) if feature else None
    if quantity is None:
        feature, quantity = (), columns.need(PROTEIN_QUANTITY)
    return _roles(columns, quantity, columns.need(*RUN), feature)


def _pivot(columns: Columns) -> Roles:
    by_kind = _by_kind(columns)
    kind = _quantity(columns, by_kind)
    feature = () if kind == PROTEIN_QUANTITY else _precursor(columns)
    roles = _roles(columns, by_kind[kind], None, feature)
    limits = [(by_kind[name], limit) for name, limit in LIMITS.items() if name in by_kind]
    return replace(roles, run_limits=tuple(limits))


def _roles(
    columns: Columns,
    quantity: str | dict[str, str],
    run: str | None,
    feature: tuple[str, ...],
) -> Roles:
    """Give the columns; those of precursors say nothing of protein groups."""
    limits = {c: limit for c, limit in LIMITS.items() if feature or c.startswith("PG.")}
    return Roles(
        level="ion" if feature else "protein",
        quantity=quantity,
        run=run,
        feature=feature,
        group=(group := columns.need(*GROUP),),
        marked=columns.find("PG.ProteinAccessions") or group,
        gene=columns.find("PG.Genes"),
        peptide=columns.find("PEP.StrippedSequence") if feature else None,
        peptides=None if feature else columns.find(*PEPTIDES),
        decoy=columns.find("EG.IsDecoy", "PG.IsDecoy"),
        contaminant=columns.find("PG.IsContaminant"),
        imputed=columns.find("EG.IsImputed") if feature else None,
        identified=columns.find("EG.Identified") if feature else None,
        limits={name: limit for c, limit in limits.items() if (name := columns.find(c))},
        floor=FLOOR,
    )


def _precursor(columns: Columns) -> tuple[str, ...]:
    """Give the columns that name a precursor together, if the report has them."""
    if name := columns.find(*PRECURSOR):
        return (name,)
    sequence, charge = columns.find(*SEQUENCE), columns.find("FG.Charge")
    return (sequence, charge) if sequence and charge else ()


def _by_kind(columns: Columns) -> dict[str, dict[str, str]]:
    """Give the column of each run for each kind of value: ``[1] run.raw.PG.Quantity``."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in columns.names:
        if match := _PIVOT.fullmatch(name):
            found.setdefault(match[2], []).append((run_name(match[1]), name))
    return {kind: one_column_each(columns.path, runs) for kind, runs in found.items()}


def _quantity(columns: Columns, by_kind: Mapping[str, object]) -> str:
    """Choose the kind of quantity of a pivot report."""
    ions = ION_QUANTITIES if _precursor(columns) else ()
    for kind in (*ions, PROTEIN_QUANTITY):
        if kind in by_kind:
            return kind
    wanted = " or ".join(repr(f"<run>.{kind}") for kind in (PROTEIN_QUANTITY, *ions[:2]))
    near = hint(f"1.{PROTEIN_QUANTITY}", columns.names)
    raise UserError(f"{columns.path}: no column {wanted}{near}")


_ROLES = {"long": _long, "pivot": _pivot}
