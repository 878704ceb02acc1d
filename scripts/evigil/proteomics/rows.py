"""The rows of an engine's table, read by what its columns mean."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evigil.proteomics.accessions import contaminants, decoys, plain_group
from evigil.proteomics.pivot import KEPT, Codes, Names, Pivot
from evigil.proteomics.quantities import REASONS, Quantities
from evigil.proteomics.roles import Roles
from evigil.proteomics.stream import ReadAgainError, Stream, run_texts

if TYPE_CHECKING:
    import pyarrow as pa

TRUE = ("+", "1", "true", "True", "TRUE")
FALSE = ("0", "false", "False", "FALSE")


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
    reader = _Reader(stream.path, roles)
    try:
        for part in stream.parts(roles.text, roles.numbers, roles.filled):
            reader.add(part)
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

    def add(self, part: "pa.RecordBatch") -> None:
        """Take in a part, without the blank rows that spreadsheets leave below a table."""
        named = [name for name in (*self.roles.feature, *self.roles.group, self.roles.run) if name]
        blank = np.logical_and.reduce([self._empty(part, name) for name in named])
        if blank.any():
            part = _numbered_anew(part.filter(~blank))
        (self.add_long if isinstance(self.roles.quantity, str) else self.add_wide)(part)

    def _empty(self, part: "pa.RecordBatch", column: str) -> NDArray[np.bool_]:
        null: NDArray[np.bool_] = part.column(column).is_null().to_numpy(zero_copy_only=False)
        return null | self._is(part, column, ("",))

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


def _numbered_anew(part: "pa.RecordBatch") -> "pa.RecordBatch":
    """Drop the texts that no row has any more."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode().dictionary_encode()
        if pa.types.is_dictionary(column.type)
        else column
        for column in part.columns
    ]
    return pa.RecordBatch.from_arrays(columns, part.schema.names)


def _floats(part: "pa.RecordBatch", column: str) -> NDArray[np.float64]:
    return part.column(column).to_numpy(zero_copy_only=False)
