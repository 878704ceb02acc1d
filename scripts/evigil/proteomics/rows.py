"""What the columns of an engine's table mean, and how its rows are read by that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evigil.proteomics.accessions import contaminants, decoys, plain_group
from evigil.proteomics.pivot import KEPT, Codes, Names, Pivot
from evigil.proteomics.quantities import REASONS, Quantities
from evigil.proteomics.stream import ReadAgainError, Stream, run_texts

if TYPE_CHECKING:
    import pyarrow as pa

TRUE = ("+", "1", "true", "True", "TRUE")
FALSE = ("0", "false", "False", "FALSE")


@dataclass(frozen=True)
class Roles:
    """Which columns mean what; names as the file spells them, None or empty where it has none.

    Attributes
    ----------
    level
        ``ion`` or ``protein``.
    quantity
        The column of quantities of a long table; of a wide one, the column of each run.
    run
        The column of runs of a long table.
    feature
        Columns that name an ion together; empty: the protein group is the feature.
    group
        Columns of accessions that name the protein group together.
    marked
        The column with the accessions as the search had them, with their marks.
    gene, peptide, peptides
        Gene symbols; the sequence of an ion; the number of peptides of a protein.
    decoy, contaminant, site_only, imputed
        Columns with ``+``, ``True`` or ``1`` where it is so.
    identified
        A column with ``False`` or ``0`` where a row is reported without being identified.
    limits
        The largest value that is used, by column of q-values; a missing q-value is not used.
    run_limits
        The same for columns of one run each of a wide table: column of each run, and limit.
    floor
        Quantities at or below it mean that there is none.
    largest
        Whether an ion may have several quantities in one run (see `Pivot`).
    """

    level: str
    quantity: str | Mapping[str, str]
    group: tuple[str, ...]
    marked: str
    run: str | None = None
    feature: tuple[str, ...] = ()
    gene: str | None = None
    peptide: str | None = None
    peptides: str | None = None
    decoy: str | None = None
    contaminant: str | None = None
    site_only: str | None = None
    imputed: str | None = None
    identified: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    run_limits: tuple[tuple[Mapping[str, str], float], ...] = ()
    floor: float = 0.0
    largest: bool = False

    @property
    def text(self) -> list[str]:
        """Columns to be read as text."""
        flags = [self.decoy, self.contaminant, self.site_only, self.imputed, self.identified]
        names = [*self.feature, *self.group, self.marked, self.run, self.gene, self.peptide]
        return list(dict.fromkeys(name for name in [*names, *flags] if name))

    @property
    def filled(self) -> list[str]:
        """Columns that no row leaves empty."""
        long = [self.quantity] if isinstance(self.quantity, str) else []
        return [*self.feature, *self.group[:1], *long, *([self.run] if self.run else [])]

    @property
    def numbers(self) -> list[str]:
        """Columns to be read as numbers."""
        by_run = [columns.values() for columns, _ in self.run_limits]
        quantity = [self.quantity] if isinstance(self.quantity, str) else self.quantity.values()
        names = [*quantity, *self.limits, *(name for part in by_run for name in part)]
        return list(dict.fromkeys([*names, *([self.peptides] if self.peptides else [])]))


def names_of_runs(stream: Stream, roles: Roles) -> list[str]:
    """Give the runs of a table, sorted, reading no more than is needed.

    Raises
    ------
    UserError
        One line: what reading the runs shows.
    """
    if isinstance(roles.quantity, str):
        return run_texts(stream, str(roles.run))
    return sorted(roles.quantity)


def read_rows(stream: Stream, roles: Roles, engine: str, layout: str) -> Quantities:
    """Read a table in one pass, a part at a time.

    Raises
    ------
    UserError
        One line with row, column and value; if no row can be used; if a feature has two
        quantities in one run.
    """
    long = isinstance(roles.quantity, str)
    reader = _Reader(stream.path, roles)
    try:
        for part in stream.parts(roles.text, roles.numbers, roles.filled):
            (reader.add_long if long else reader.add_wide)(part)
    except ReadAgainError:
        return read_rows(stream, roles, engine, layout)
    return reader.pivot.quantities(engine, layout, roles.level)


class _Reader:
    def __init__(self, path: str, roles: Roles) -> None:
        self.roles = roles
        self.pivot = Pivot(path, roles.largest)
        self._groups, self._marked = Names(), Names()
        self._plain = np.zeros(0, np.int32)
        self._decoy = self._contaminant = np.zeros(0, bool)
        if not isinstance(roles.quantity, str):
            import pyarrow as pa

            self.pivot.runs.codes(pa.array(list(roles.quantity), pa.string()))

    def add_long(self, part: "pa.RecordBatch") -> None:
        roles = self.roles
        runs = self.pivot.runs.codes(part.column(roles.run))
        quantities = _floats(part, str(roles.quantity))
        features, groups = self._features(part)
        reasons = np.where(self._good(quantities), KEPT, REASONS.index("no_quantity"))
        self._drop(reasons, "no_quantity", self._is(part, roles.imputed, TRUE))
        self._drop(reasons, "no_quantity", self._nameless(groups))
        self._drop(reasons, "q_value", ~self._identified(part))
        self._drop_rows(reasons, part)
        self._describe(part, features, groups, reasons == KEPT)
        self.pivot.add(runs, features, reasons.astype(np.int8), quantities)

    def add_wide(self, part: "pa.RecordBatch") -> None:
        assert not isinstance(self.roles.quantity, str)
        features, groups = self._features(part)
        rows = np.full(part.num_rows, KEPT)
        self._drop(rows, "no_quantity", self._nameless(groups))
        self._drop(rows, "q_value", ~self._identified(part))
        self._drop_rows(rows, part)
        # a protein without any quantity stays, an ion without any is no ion of its protein
        used = np.full(part.num_rows, self.roles.level == "protein")
        for number, (run, column) in enumerate(self.roles.quantity.items()):
            quantities = _floats(part, column)
            reasons = np.where(self._good(quantities), KEPT, REASONS.index("no_quantity"))
            for columns, limit in self.roles.run_limits:
                if run in columns:
                    high = ~(_floats(part, columns[run]) <= limit)
                    self._drop(reasons, "q_value", high & (reasons == KEPT))
            reasons = np.where(rows == KEPT, reasons, rows)
            runs = np.full(part.num_rows, number, np.int32)
            self.pivot.add(runs, features, reasons.astype(np.int8), quantities)
            used |= reasons == KEPT
        self._describe(part, features, groups, used & (rows == KEPT))

    def _good(self, quantities: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.isfinite(quantities) & (quantities > self.roles.floor)

    def _nameless(self, groups: Codes) -> NDArray[np.bool_]:
        """Tell which rows name no protein, as those of a library that no FASTA file explains."""
        nameless: NDArray[np.bool_] = (self.pivot.groups.names.texts() == "")[groups]
        self.pivot.nameless += int(nameless.sum())
        return nameless

    def _identified(self, part: "pa.RecordBatch") -> NDArray[np.bool_]:
        found = ~self._is(part, self.roles.identified, FALSE)
        for column, limit in self.roles.limits.items():
            found &= _floats(part, column) <= limit
        return found

    def _drop_rows(self, reasons: NDArray[Any], part: "pa.RecordBatch") -> None:
        """Drop rows for what they are, the last first: a row keeps the first reason of all."""
        marked = self._marked.codes(part.column(self.roles.marked))
        fresh = self._marked.texts(len(self._decoy))
        self._decoy = np.concatenate([self._decoy, decoys(fresh)])
        self._contaminant = np.concatenate([self._contaminant, contaminants(fresh)])
        roles = self.roles
        self._drop(reasons, "site_only", self._is(part, roles.site_only, TRUE))
        self._drop(reasons, "contaminant", self._is(part, roles.contaminant, TRUE))
        self._drop(reasons, "contaminant", self._contaminant[marked])
        self._drop(reasons, "decoy", self._is(part, roles.decoy, TRUE) | self._decoy[marked])

    def _drop(self, reasons: NDArray[Any], reason: str, where: NDArray[np.bool_]) -> None:
        reasons[where] = REASONS.index(reason)

    def _is(
        self, part: "pa.RecordBatch", column: str | None, words: tuple[str, ...]
    ) -> NDArray[np.bool_]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if column is None:
            return np.zeros(part.num_rows, bool)
        texts = part.column(column)
        found = pc.is_in(texts.dictionary.cast(pa.string()), pa.array(words)).to_numpy(False)
        place = texts.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
        return np.append(found, False)[place]

    def _features(self, part: "pa.RecordBatch") -> tuple[Codes, Codes]:
        """Give the number of each row's feature, and that of its protein group."""
        import pyarrow as pa

        groups = self._group_codes(part)
        if self.roles.feature:
            return self.pivot.features.codes(_joined(part, self.roles.feature, ".")), groups
        names = pa.array(self.pivot.groups.names.texts(), pa.string())
        return self.pivot.features.codes(names)[groups], groups

    def _describe(
        self,
        part: "pa.RecordBatch",
        features: Codes,
        groups: Codes,
        rows: NDArray[np.bool_],
    ) -> None:
        """Learn what the features of some rows are."""
        pivot, roles = self.pivot, self.roles
        genes = peptides = None
        if roles.gene:
            genes = pivot.genes.names.codes(part.column(roles.gene))[rows]
        if roles.peptide:
            peptides = pivot.peptides.names.codes(part.column(roles.peptide))[rows]
        numbers = _floats(part, roles.peptides)[rows] if roles.peptides else None
        pivot.describe(features[rows], groups[rows], genes, peptides, numbers)

    def _group_codes(self, part: "pa.RecordBatch") -> Codes:
        import pyarrow as pa

        written = self._groups.codes(_joined(part, self.roles.group, ";"))
        fresh = [plain_group(text) for text in self._groups.texts(len(self._plain))]
        names = self.pivot.groups.names.codes(pa.array(fresh, pa.string()))
        self._plain = np.concatenate([self._plain, names])
        return self._plain[written]


def _joined(part: "pa.RecordBatch", columns: tuple[str, ...], between: str) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(columns) == 1:
        return part.column(columns[0])
    texts = [part.column(name).cast(pa.string()).fill_null("") for name in columns]
    return pc.binary_join_element_wise(*texts, between)


def _floats(part: "pa.RecordBatch", column: str) -> NDArray[np.float64]:
    return part.column(column).to_numpy(zero_copy_only=False)
