"""Ions to proteins by directLFQ, with offsets frozen at the training samples."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from evigil.matrix.medians import medians

Floats = NDArray[np.float64]

# directLFQ's own settings: ions of a protein that are used, and those aligned pair by pair.
IONS_USED = 100
IONS_ALIGNED_IN_PAIRS = 10
# Values that are sorted at once: what the medians need in memory beside the matrix.
VALUES_AT_ONCE = 20_000_000


class DirectLFQ(BaseEstimator):
    """Proteins from ions: every ion is shifted onto its protein's profile, then the median taken.

    The offset of an ion is what directLFQ shifts it by on the training samples, so that their
    proteins are exactly directLFQ's. Samples are not normalised here: a shift of a whole sample
    cancels in the difference of two of its ions, and is left to `evigil.matrix.log_scale`.

    An ion without an offset (seen in one training sample only, not in any, or beyond the 100 ions
    that directLFQ uses of a protein) is left out, and so is a protein that has no other.

    Attributes
    ----------
    offsets_ : pandas.Series
        log2 offset of each ion that is used, indexed by ion; sorted by protein, then ion.
    proteins_ : pandas.Series
        Protein of each of these ions, likewise indexed.

    References
    ----------
    Ammar et al. (2023), doi:10.1016/j.mcpro.2023.100581
    """

    offsets_: pd.Series
    proteins_: pd.Series

    def fit(self, ions: pd.DataFrame, protein_of: pd.Series) -> Self:
        """Align the ions of each protein on training samples.

        Parameters
        ----------
        ions
            log2 intensities, shape (n_samples, n_ions), missing where not seen; in any order.
        protein_of
            Protein of each ion, indexed by ion.

        Raises
        ------
        ValueError
            If an ion occurs twice, or belongs to no protein.
        """
        proteins = _sorted_proteins(ions.columns, protein_of)
        order = ions.columns.get_indexer(proteins.index)
        values = ions.sort_index().to_numpy(float)
        normfacts = _directlfq()
        offsets = np.full(len(proteins), np.nan)
        for start, stop in _runs(proteins.to_numpy()):
            traces = np.ascontiguousarray(values[:, order[start:stop]].T)
            offsets[start:stop] = _offsets(traces, normfacts)
        known = ~np.isnan(offsets)
        self.proteins_ = proteins[known]
        self.offsets_ = pd.Series(offsets[known], index=self.proteins_.index, name="offset")
        return self

    def transform(self, ions: pd.DataFrame) -> pd.DataFrame:
        """Return the proteins of samples; what one sample gets does not depend on the others.

        Parameters
        ----------
        ions
            log2 intensities, shape (n_samples, n_ions). An ion of the training samples that the
            table lacks is missing in all its samples; other ions are ignored.

        Returns
        -------
        pandas.DataFrame
            log2 intensities, shape (n_samples, n_proteins), proteins sorted; missing where a sample
            has none of a protein's ions.
        """
        check_is_fitted(self, "offsets_")
        names, starts = np.unique(self.proteins_.to_numpy(str), return_index=True)
        sizes = np.diff(np.append(starts, len(self.offsets_)))
        where = ions.columns.get_indexer(self.offsets_.index)
        values, offsets = ions.to_numpy(float), self.offsets_.to_numpy()
        proteins = np.full((len(ions), len(names)), np.nan)
        for size in np.unique(sizes):
            for some in _portions(np.flatnonzero(sizes == size), len(ions) * size):
                used = starts[some][:, None] + np.arange(size)
                shifted = values[:, where[used]] + offsets[used]
                shifted[:, where[used] < 0] = np.nan
                proteins[:, some] = medians(shifted)
        return pd.DataFrame(proteins, index=ions.index, columns=pd.Index(names, name="feature"))

    def keeping(self, frozen: dict[str, Any], proteins: Collection[str]) -> Self:
        """Return this roll-up with another one's offsets, for some proteins that the other has.

        Parameters
        ----------
        frozen
            Of the other one: a locked model's proteins must not move with the samples at hand.
        proteins
            Which, of those that it has.
        """
        other = self.from_frozen(
            {"offsets": {p: ions for p, ions in frozen["offsets"].items() if p in proteins}}
        )
        own = ~self.proteins_.isin(other.proteins_) & ~self.proteins_.index.isin(
            other.proteins_.index
        )
        table = pd.DataFrame(
            {
                "protein": pd.concat([self.proteins_[own], other.proteins_]),
                "offset": pd.concat([self.offsets_[own], other.offsets_]),
            }
        )
        return self._from_table(table.rename_axis("ion").reset_index())

    def frozen(self) -> dict[str, Any]:
        """Return all that `transform` needs, ready for JSON: offsets by protein and ion."""
        check_is_fitted(self, "offsets_")
        kept: dict[str, dict[str, float]] = {}
        for ion, protein, offset in zip(
            self.offsets_.index, self.proteins_, self.offsets_, strict=True
        ):
            kept.setdefault(protein, {})[ion] = float(offset)
        return {"method": "directlfq", "offsets": kept}

    @classmethod
    def from_frozen(cls, frozen: dict[str, Any]) -> Self:
        """Return the roll-up that `frozen` was taken of."""
        rows = [
            (ion, protein, offset)
            for protein, ions in frozen["offsets"].items()
            for ion, offset in ions.items()
        ]
        return cls._from_table(pd.DataFrame(rows, columns=["ion", "protein", "offset"]))

    @classmethod
    def _from_table(cls, table: pd.DataFrame) -> Self:
        table = table.sort_values(["protein", "ion"]).set_index("ion")
        roll_up = cls()
        roll_up.proteins_ = table["protein"].astype(object)
        roll_up.offsets_ = table["offset"].astype(float)
        return roll_up


def _sorted_proteins(ions: pd.Index, protein_of: pd.Series) -> pd.Series:
    """Return the protein of each ion, sorted by protein, then ion."""
    if not ions.is_unique or not protein_of.index.is_unique:
        raise ValueError("an ion occurs more than once")
    proteins = protein_of.reindex(ions)
    if proteins.isna().any():
        raise ValueError(f"ion {proteins.index[proteins.isna()][0]!r} belongs to no protein")
    table = pd.DataFrame({"ion": ions, "protein": proteins.astype(str).to_numpy()})
    table = table.sort_values(["protein", "ion"])
    return pd.Series(table["protein"].to_numpy(), index=pd.Index(table["ion"]), name="protein")


def _runs(names: NDArray) -> Iterator[tuple[int, int]]:
    """Return start and end of each run of equal names."""
    ends = np.flatnonzero(names[1:] != names[:-1]) + 1
    return zip([0, *ends], [*ends, len(names)], strict=True) if len(names) else iter(())


def _offsets(traces: Floats, normfacts: Callable[[Floats], dict[int, float]]) -> Floats:
    """Return what directLFQ adds to each ion of a protein; nan for one that it does not use.

    Parameters
    ----------
    traces
        Shape (n_ions, n_samples).
    normfacts
        directLFQ's shifts of some traces onto each other.
    """
    offsets = np.full(len(traces), np.nan)
    missing = np.isnan(traces).sum(axis=1)
    seen = np.flatnonzero(missing < traces.shape[1])
    # the most complete ions first; of equally complete ones of a long list the most intense
    if len(seen) > IONS_USED:
        seen = seen[np.lexsort((-np.nansum(traces[seen], axis=1), missing[seen]))][:IONS_USED]
    if not len(seen):
        return offsets
    own = traces[seen]
    shifts = _shifts(own, normfacts) if own.shape[1] > 1 else np.zeros(len(own))
    profile = medians((own + shifts[:, None]).T)
    if np.isnan(profile).all():
        return offsets
    total = np.log2(np.nansum(2**own) / np.nansum(2**profile))
    offsets[seen] = shifts + total
    return offsets


def _shifts(traces: Floats, normfacts: Callable[[Floats], dict[int, float]]) -> Floats:
    """Align traces: the most complete ones pair by pair, the others to these ones' median."""
    in_pairs = np.arange(len(traces))
    if len(traces) > IONS_ALIGNED_IN_PAIRS:
        in_pairs = np.argsort(np.isnan(traces).sum(axis=1), kind="stable")[:IONS_ALIGNED_IN_PAIRS]
    shifts = np.full(len(traces), np.nan)
    aligned = traces[in_pairs]  # a copy: directLFQ blanks traces of a single value in it
    own = np.zeros(len(aligned))
    for i, shift in normfacts(aligned).items():
        own[i] = shift
    own[np.isnan(aligned).all(axis=1)] = np.nan
    shifts[in_pairs] = own
    rest = np.setdiff1d(np.arange(len(traces)), in_pairs)
    if len(rest):
        reference = medians((aligned + own[:, None]).T)
        shifts[rest] = medians(reference - traces[rest])
    return shifts


def _portions(members: NDArray, values_each: int) -> list[NDArray]:
    parts = -(-len(members) * values_each // VALUES_AT_ONCE)
    return np.array_split(members, max(parts, 1))


def _directlfq() -> Callable[[Floats], dict[int, float]]:
    """Return directLFQ's alignment; importing it must not change logs and warnings of others."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from directlfq.normalization import get_normfacts
    root.handlers[:] = handlers
    root.setLevel(level)
    return get_normfacts
