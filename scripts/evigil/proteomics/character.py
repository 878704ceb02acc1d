"""What a sample's proteins are of: vesicles, what is isolated with them, blood cells, clotting."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.metrics_proteomics import AFFINITY, CHARACTER, DISCOVERY
from evigil.proteomics.panels import CATEGORIES, QUALITY, categories, match, read_panels

#: MISEV2018: proteins of categories 1 and 2 that show vesicles, one of each among them.
FEWEST = 3
#: Ratios that are reported, by accession.
RATIOS = {
    "apoa1_cd9": ("P02647", "P21926"),
    "apob_cd9": ("P04114", "P21926"),
    "alb_cd63": ("P02768", "P08962"),
}
#: The chains of fibrinogen: what the published index of coagulation looks at.
FIBRINOGEN = ("P02671", "P02675", "P02679")

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


class _Block(NamedTuple):
    """Proteins that exclude each other, and which of them each group is (-1: none)."""

    proteins: pd.DataFrame
    of: Positions


class _Measured(NamedTuple):
    """Samples of one kind of table.

    Attributes
    ----------
    signal
        Linear, 0 where missing, the sample's largest is 1; shape (n_samples, n_groups).
    detected
        Whether a quantity is there and above its detection limit, same shape.
    supplied
        Groups that any of these samples has, shape (n_groups,).
    least
        The smallest signal of each sample, shape (n_samples,).
    complete
        Whether all proteins were looked for, of this species: one of the panels was found.
    comparable
        Whether groups of one sample have one scale.
    """

    signal: Floats
    detected: NDArray[np.bool_]
    supplied: NDArray[np.bool_]
    least: Floats
    complete: bool
    comparable: bool


def ev_category(features: pd.DataFrame, panels: str | Path | None = None) -> pd.Series:
    """Return the category of each protein group, such as ``1a``; empty where it has none.

    Parameters
    ----------
    features
        Indexed by feature: ``protein_group``, ``gene``.
    panels
        The user's changes of the panels, as `read_panels` takes them.
    """
    proteins = read_panels(panels)
    known = proteins[categories(proteins)]
    names = np.array([*known["panel"], ""], dtype=object)
    return pd.Series(names[match(features, known)], features.index, name="ev_category")


def sample_metrics(
    values: pd.DataFrame,
    features: pd.DataFrame,
    panels: str | Path | None = None,
    formats: pd.Series | None = None,
    censored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say of each sample what its proteins are of.

    A protein is detected when a group of it is; the signal of a protein is the sum of its groups.
    Shares are of the signal of all groups. Where nothing of category 3, or of 1 and 2, was found
    though it was looked for, the smallest signal of the sample stands for it in their ratio.

    Parameters
    ----------
    values
        log2, shape (n_samples, n_groups), NaN where missing, as quantified: an offset of a sample
        changes nothing, offsets of groups would.
    features
        Indexed by group: ``protein_group``, ``gene``.
    panels
        The user's changes of the panels, as `read_panels` takes them.
    formats
        By sample: the format of its table, several joined by ``;``. Assays of Olink and SomaScan
        have a scale each: of them there are no shares and ratios. Default: ``matrix``.
    censored
        Like `values`: true where the value is at or below its detection limit, which is no
        detection.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample, columns `CHARACTER` of `evigil.metrics_proteomics`; NaN where the table
        lacks what it takes.
    """
    proteins = read_panels(panels)
    of_category = categories(proteins)
    parts = {"category": proteins[of_category]}
    parts |= {name: proteins[proteins["panel"] == name] for name in QUALITY}
    blocks = {name: _Block(part, match(features, part)) for name, part in parts.items()}
    kinds = pd.Series("matrix", values.index) if formats is None else formats.reindex(values.index)
    found = [
        _characterise(values.loc[names], censored, blocks, str(kind))
        for kind, names in kinds.fillna("matrix").groupby(kinds.fillna("matrix")).groups.items()
    ]
    table = pd.concat(found) if found else pd.DataFrame(columns=list(CHARACTER), dtype=float)
    return table.reindex(values.index)[list(CHARACTER)].rename_axis("sample")


def _characterise(
    values: pd.DataFrame, censored: pd.DataFrame | None, blocks: dict[str, _Block], kind: str
) -> pd.DataFrame:
    known = np.any([block.of >= 0 for block in blocks.values()], axis=0)
    measured = _measure(values, censored, kind, known)
    table = _of_categories(measured, blocks["category"])
    for name in QUALITY:
        table |= _of_panel(measured, blocks[name], name)
    table["coagulation_index"] = _over(
        measured,
        np.ones(len(measured.supplied), bool),
        _groups(blocks["coagulation"], FIBRINOGEN),
        False,
    )
    for name, (above, below) in RATIOS.items():
        block = blocks["category"]
        top, bottom = _groups(block, (above,)), _groups(block, (below,))
        table[name] = np.log2(_over(measured, top, bottom, False))
    return pd.DataFrame(table, index=values.index)


def _measure(
    values: pd.DataFrame, censored: pd.DataFrame | None, kind: str, known: NDArray[np.bool_]
) -> _Measured:
    formats = set(kind.split(";"))
    x = values.to_numpy(float)
    detected = ~np.isnan(x)
    supplied = detected.any(axis=0)
    largest = np.where(detected, x, -np.inf).max(axis=1, initial=-np.inf)
    signal = np.exp2(x - np.where(np.isfinite(largest), largest, 0.0)[:, None])
    least = np.where(detected, signal, np.inf).min(axis=1, initial=np.inf)
    signal = np.where(detected, signal, 0.0)
    if censored is not None:
        marked = censored.reindex(index=values.index, columns=values.columns)
        detected &= ~marked.eq(True).to_numpy(bool)
    complete = bool(formats & DISCOVERY) and bool((supplied & known).any())
    return _Measured(signal, detected, supplied, least, complete, not formats & AFFINITY)


def _of_categories(measured: _Measured, block: _Block) -> dict[str, Floats]:
    names = block.proteins["panel"].str[0].to_numpy()
    groups = {n: np.isin(block.of, np.flatnonzero(names == n)) for n in CATEGORIES}
    any_supplied = _supplied(measured, block.of >= 0)
    # what was looked for and not found is missing from the sample, not from the table
    assessed = {
        n: any_supplied if measured.complete else _supplied(measured, groups[n]) for n in CATEGORIES
    }
    table: dict[str, Floats] = {}
    for n in CATEGORIES:
        count = _count(measured, block, groups[n])
        table[f"category_{n}_detected"] = np.where(assessed[n], count, np.nan)
        share = _share(measured, groups[n])
        table[f"category_{n}_share"] = np.where(assessed[n], share, np.nan)
    all_assessed = assessed["1"] and assessed["2"] and assessed["3"]
    of_vesicles = groups["1"] | groups["2"]
    excess = np.log2(_over(measured, groups["3"], of_vesicles, assessed["3"]))
    table["category_3_excess"] = np.where(assessed["3"], excess, np.nan)
    first, second = table["category_1_detected"], table["category_2_detected"]
    shown = (first + second >= FEWEST) & (first > 0) & (second > 0)
    table["without_vesicle_proteins"] = np.where(all_assessed, (~shown).astype(float), np.nan)
    return table


def _of_panel(measured: _Measured, block: _Block, name: str) -> dict[str, Floats]:
    groups = block.of >= 0
    safe = np.isin(block.of, np.flatnonzero(block.proteins["ev_safe"].to_numpy(bool)))
    assessed = measured.complete or _supplied(measured, groups)
    return {
        f"{name}_detected": np.where(assessed, _count(measured, block, groups), np.nan),
        f"{name}_share": np.where(assessed, _share(measured, groups), np.nan),
        f"{name}_ev_safe_share": np.where(assessed, _share(measured, safe), np.nan),
    }


def _groups(block: _Block, accessions: tuple[str, ...]) -> NDArray[np.bool_]:
    first = block.proteins["uniprot"].str.split(";").str[0]
    return np.isin(block.of, np.flatnonzero(first.isin(accessions)))


def _supplied(measured: _Measured, groups: NDArray[np.bool_]) -> bool:
    return bool((measured.supplied & groups).any())


def _count(measured: _Measured, block: _Block, groups: NDArray[np.bool_]) -> Floats:
    """Return how many proteins are detected: several groups may be of one."""
    counts = np.zeros(len(measured.signal))
    for protein in np.unique(block.of[groups]):
        counts += measured.detected[:, block.of == protein].any(axis=1)
    return counts


def _sum(measured: _Measured, groups: NDArray[np.bool_]) -> Floats:
    # made contiguous: the sum of a row has one order, however many rows there are
    chosen: Floats = np.ascontiguousarray(measured.signal[:, groups]).sum(axis=1)
    return chosen


def _share(measured: _Measured, groups: NDArray[np.bool_]) -> Floats:
    total = measured.signal.sum(axis=1)
    known = (total > 0) & measured.comparable
    return np.divide(_sum(measured, groups), total, out=np.full(len(total), np.nan), where=known)


def _over(
    measured: _Measured, above: NDArray[np.bool_], below: NDArray[np.bool_], stand_in: bool
) -> Floats:
    """Return a ratio of signals; NaN where a part of it was not found and has no stand-in."""
    parts = [_sum(measured, groups) for groups in (above, below)]
    found = (parts[0] > 0) | (parts[1] > 0) if stand_in else (parts[0] > 0) & (parts[1] > 0)
    top, bottom = (np.where(part > 0, part, measured.least) for part in parts)
    known = found & measured.comparable
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=known)
