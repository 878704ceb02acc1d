"""Rows of any table, a part at a time, to a matrix of runs × features and a ledger."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError
from evigil.features.scale import LARGEST_LOG2, LEAST
from evigil.proteomics.quantities import LEDGER, REASONS, Quantities, plain_runs

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int32]
KEPT = len(REASONS)


class Names:
    """Texts numbered in the order in which they come, over all parts of a table."""

    def __init__(self) -> None:
        import pyarrow as pa

        self._names = pa.array([], pa.string())

    def __len__(self) -> int:
        return len(self._names)

    def codes(self, column: "pa.Array") -> Codes:
        """Give each text of a column its number; a missing one is empty."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        texts = pc.utf8_trim_whitespace(column.dictionary.cast(pa.string()))
        if column.null_count:
            texts = pa.concat_arrays([texts, pa.array([""])])
        known = pc.index_in(texts, value_set=self._names)
        if known.null_count:
            self._names = pa.concat_arrays([self._names, texts.filter(known.is_null()).unique()])
            known = pc.index_in(texts, value_set=self._names)
        places = column.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
        return known.to_numpy()[places].astype(np.int32, copy=False)

    def texts(self, start: int = 0) -> NDArray[Any]:
        """Give the texts by their numbers, from `start` on."""
        return np.array(self._names[start:].to_pylist(), dtype=object)


class Belongs:
    """What each feature belongs to: the first by name where a table tells several."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.of = np.full(0, -1, np.int32)

    def learn(self, features: Codes, owners: Codes) -> None:
        """Take in which owner each feature has on the rows of a part."""
        most = int(features.max(initial=-1)) + 1
        if most > len(self.of):
            self.of = np.concatenate([self.of, np.full(most - len(self.of), -1, np.int32)])
        fresh = self.of[features] < 0
        self.of[features[fresh]] = owners[fresh]
        other = self.of[features] != owners
        if other.any():
            texts = self.names.texts()
            pairs = np.unique(np.stack([features[other], owners[other]]), axis=1)
            for feature, owner in pairs.T:
                if _before(texts[owner], texts[self.of[feature]]):
                    self.of[feature] = owner


def _before(text: str, other: str) -> bool:
    return bool(text) and (not other or text < other)


def _present(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the values of each run, without a copy of all."""
    return np.array([np.count_nonzero(~np.isnan(run)) for run in values], np.int64)


class Pivot:
    """Collects rows (one run and one feature each) and makes `Quantities` of them.

    Parameters
    ----------
    path
        The file, for what is said of its rows.
    largest
        What to do with several quantities of one feature in one run: take the largest; else
        they are refused unless they are equal.
    """

    def __init__(self, path: str, largest: bool = False) -> None:
        self.path = path
        self.largest = largest
        self.runs, self.features = Names(), Names()
        self.groups = Belongs(Names())
        self.genes = Belongs(Names())
        self.peptides = Belongs(Names())
        self.numbers = np.full(0, np.nan)
        self.nameless = 0  # rows without a protein group
        self._kept: list[tuple[Codes, Codes, NDArray[np.float64]]] = []
        self._counts = np.zeros((0, KEPT + 1), np.int64)

    def describe(
        self,
        features: Codes,
        groups: Codes,
        genes: Codes | None,
        peptides: Codes | None,
        numbers: NDArray[np.float64] | None,
    ) -> None:
        """Take in what the features of some rows are; only described ones are in the result.

        Parameters
        ----------
        features, groups, genes, peptides
            Numbers of `self.features` and of the names of `self.groups`, `self.genes` and
            `self.peptides`, shape (n,); None where the table does not tell.
        numbers
            How many peptides each has, where the table tells them not but their number.
        """
        self.groups.learn(features, groups)
        if genes is not None:
            self.genes.learn(groups, genes)
        if peptides is not None:
            self.peptides.learn(features, peptides)
        if numbers is not None:
            more = np.full(max(len(self.features) - len(self.numbers), 0), np.nan)
            self.numbers = np.concatenate([self.numbers, more])
            self.numbers[features] = numbers

    def add(
        self,
        runs: Codes,
        features: Codes,
        reasons: NDArray[np.int8],
        quantities: NDArray[np.float64],
    ) -> None:
        """Take in rows.

        Parameters
        ----------
        runs, features
            Numbers of `self.runs` and `self.features`, shape (n,).
        reasons
            Place in `REASONS` of why a row is not used, `KEPT` where it is, shape (n,).
        quantities
            On the linear scale, above 0 on every row that is kept, shape (n,).
        """
        cells = runs.astype(np.int64) * (KEPT + 1) + reasons
        counts = np.bincount(cells, minlength=len(self.runs) * (KEPT + 1)).reshape(-1, KEPT + 1)
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        kept = reasons == KEPT
        self._kept.append((runs[kept], features[kept], np.log2(quantities[kept])))

    def quantities(self, engine: str, layout: str, level: str) -> Quantities:
        """Give what was collected.

        Raises
        ------
        UserError
            If no row is kept, a row names no run, a feature has two quantities in one run, or the
            quantities are logarithms.
        """
        runs, features = self.runs.texts(), self.features.texts()
        if "" in runs:
            raise UserError(f"{self.path}: a row names no run")
        known = np.flatnonzero(self.groups.of >= 0)
        known = known[np.argsort(features[known], kind="stable")]
        order = np.argsort(runs, kind="stable")
        row, column = np.empty(len(runs), np.intp), np.full(len(features), -1, np.intp)
        row[order], column[known] = np.arange(len(runs)), np.arange(len(known))
        values = np.full((len(runs), len(known)), np.nan)
        for run, feature, value in self._kept:
            values[row[run], column[feature]] = value
        ledger = self._ledger(runs, _present(values)[row])
        if ledger["duplicate"].any():
            self._settle(values, row, column, runs, features)
        self._require_some(ledger)
        self._refuse_logarithms(values, int(ledger["kept"].sum()))
        index = pd.Index(runs[order], name="run")
        names = pd.Index(features[known], name="feature")
        return Quantities(
            engine,
            layout,
            level,
            pd.DataFrame(values, index, names, copy=False),
            self._features(known, names),
            None,
            None,
            plain_runs(index),
            ledger.loc[index],
            self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        if not self.nameless:
            return ()
        rows = "row names" if self.nameless == 1 else "rows name"
        return (f"{self.path}: {self.nameless:,} {rows} no protein: not used",)

    def _ledger(self, runs: NDArray[Any], unique: NDArray[np.int64]) -> pd.DataFrame:
        counts = np.zeros((len(runs), KEPT + 1), np.int64)
        counts[: len(self._counts)] = self._counts
        counts[:, REASONS.index("duplicate")] += counts[:, KEPT] - unique
        counts[:, KEPT] = unique
        table = pd.DataFrame(counts, pd.Index(runs, name="run"), [*REASONS, "kept"])
        table.insert(0, "rows", counts.sum(axis=1))
        return table[list(LEDGER)]

    def _settle(
        self,
        values: NDArray[np.float64],
        row: NDArray[np.intp],
        column: NDArray[np.intp],
        runs: NDArray[Any],
        features: NDArray[Any],
    ) -> None:
        """Settle features that have several quantities in one run."""
        clashes: list[tuple[str, str]] = []
        for run, feature, value in self._kept:
            place = row[run], column[feature]
            if self.largest:
                np.fmax.at(values, place, value)
            elif (clash := values[place] != value).any():
                clashes.append(min(zip(runs[run[clash]], features[feature[clash]], strict=True)))
        if clashes:
            run_name, name = min(clashes)
            raise UserError(
                f"{self.path}: run {run_name!r} has two quantities of {name!r}; two runs of one "
                "name, or a table that holds two searches?"
            )

    def _require_some(self, ledger: pd.DataFrame) -> None:
        if not ledger["kept"].any():
            total = ledger.sum()
            dropped = [f"{total[reason]:,} {reason}" for reason in REASONS if total[reason]]
            raise UserError(
                f"{self.path}: no row of {total['rows']:,} can be used ({', '.join(dropped)})"
            )

    def _refuse_logarithms(self, values: NDArray[np.float64], number: int) -> None:
        """Refuse a table that was taken to logarithms and kept the engine's names of columns."""
        largest = 2 ** float(np.fmax.reduce(values, axis=None))
        if number >= LEAST and largest <= LARGEST_LOG2:
            raise UserError(
                f"{self.path}: its largest quantity is {largest:.4g}: logarithms? Give the table "
                "as the engine wrote it, or its values alone as a matrix of scale log2"
            )

    def _features(self, known: NDArray[np.intp], names: pd.Index) -> pd.DataFrame:
        group = self.groups.of[known]
        table = pd.DataFrame({"protein_group": self.groups.names.texts()[group]}, names)
        table["gene"] = ""
        if len(self.genes.of):
            table["gene"] = self.genes.names.texts()[self.genes.of[group]]
        table["peptides"] = np.nan
        if len(self.peptides.of):
            peptide = self.peptides.of[known]
            pairs = pd.DataFrame({"group": group, "peptide": peptide}).drop_duplicates()
            table["peptides"] = pairs["group"].value_counts().reindex(group).to_numpy(float)
        elif len(self.numbers):
            table["peptides"] = self.numbers[known]
        return table
