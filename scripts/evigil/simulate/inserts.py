"""The RNA molecules of a simulated library: where each was cut from, and how it was changed."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.sequences import encode
from evigil.simulate.names import HAEMOLYSIS

#: Shares of the isomiR kinds of a miRNA's molecules.
ISOMIRS = {
    "canonical": 0.45,
    "templated_3p": 0.30,
    "added_3p": 0.13,
    "shifted_5p": 0.08,
    "substituted": 0.04,
}
#: Shares of a plasma-EV library's molecules, in the orders of magnitude of exRNA Atlas libraries.
PLASMA = {
    "miRNA": 0.50,
    "tRNA": 0.08,
    "Y_RNA": 0.15,
    "vault": 0.005,
    "rRNA": 0.08,
    "snRNA": 0.01,
    "7SL": 0.01,
    "7SK": 0.005,
    "artifact": 0.005,
    "unknown": 0.15,
}
RED_CELL = [f"hsa-miR-{name}" for name in HAEMOLYSIS.split()]
ADDED = np.array([0, 3, 1, 2], np.uint8)  # A and U mostly, then C and G
ADDED_SHARES = (0.5, 0.4, 0.05, 0.05)
LONGEST = 50


@dataclass(frozen=True)
class Composition:
    """What a library is made of.

    Attributes
    ----------
    classes
        Share of the molecules by class. ``unknown`` is random sequence, ``other_species`` the
        miRNAs of clades that humans lack; a class that the reference lacks is left out.
    isomirs
        Shares of the kinds of isomiR among a miRNA's molecules.
    haemolysis
        Red cells that broke: log2 by which their miRNAs are raised.
    """

    classes: dict[str, float] = field(default_factory=lambda: dict(PLASMA))
    isomirs: dict[str, float] = field(default_factory=lambda: dict(ISOMIRS))
    haemolysis: float = 0.0


@dataclass(frozen=True)
class Inserts:
    """Molecules, one row each.

    Attributes
    ----------
    table
        ``feature`` (name; empty for unknown sequence), ``biotype``, ``kind`` (of isomiR, or
        ``fragment``).
    codes
        uint8, shape (n, `LONGEST`): bases 0 to 3 of each molecule, 5′ end first.
    lengths
        int64, shape (n,).
    """

    table: pd.DataFrame
    codes: NDArray[np.uint8]
    lengths: NDArray[np.int64]


def draw_inserts(
    n: int, mirnas: pd.Series, bundle: Bundle, make: Composition, rng: np.random.Generator
) -> Inserts:
    """Draw the molecules of a library.

    Parameters
    ----------
    n
        Number of molecules.
    mirnas
        Relative abundance by miRNA feature of the reference, index the names.
    bundle
        The reference that molecules are cut from.
    make
        Composition of the library.
    rng
        Source of randomness.

    Raises
    ------
    ValueError
        If a name is no miRNA of the reference.
    """
    present = {*bundle.references["biotype"], "unknown"}
    present |= {"other_species"} if len(bundle.clades) else set()
    shares = {name: share for name, share in make.classes.items() if name in present}
    sizes = rng.multinomial(n, np.array([*shares.values()]) / sum(shares.values()))
    parts = []
    for name, size in zip(shares, sizes, strict=True):
        if name == "miRNA":
            raised = mirnas * np.exp2(make.haemolysis * mirnas.index.isin(RED_CELL))
            parts.append(_mirnas(size, raised, bundle, make.isomirs, rng))
        elif name == "unknown":
            parts.append(_unknown(size, rng))
        elif name == "other_species":
            parts.append(_foreign(size, bundle, rng))
        else:
            parts.append(_fragments(size, name, bundle, rng))
    return Inserts(
        pd.concat([p.table for p in parts], ignore_index=True),
        np.concatenate([p.codes for p in parts]),
        np.concatenate([p.lengths for p in parts]),
    )


def _mirnas(
    n: int, mirnas: pd.Series, bundle: Bundle, shares: dict[str, float], rng: np.random.Generator
) -> Inserts:
    names = bundle.features["name"].to_numpy()
    places = bundle.matures.drop_duplicates("feature").set_index("feature")
    places.index = pd.Index(names[places.index])
    if unknown := sorted(set(mirnas.index) - set(places.index)):
        raise ValueError(f"not a miRNA of the reference: {unknown[0]!r}")
    chosen = rng.choice(len(mirnas), n, p=mirnas.to_numpy(float) / mirnas.sum())
    place = places.reindex(mirnas.index).iloc[chosen]
    kind = rng.choice([*shares], n, p=np.array([*shares.values()]) / sum(shares.values()))
    first = bundle.starts[place["reference"]]
    last = first + bundle.references["length"].to_numpy()[place["reference"]]
    start, end = first + place["start"].to_numpy(), first + place["end"].to_numpy()
    up, down = rng.choice([-1, 1], n), rng.choice([-2, -1, 1, 2], n, p=[0.2, 0.4, 0.3, 0.1])
    # a hairpin that ends with its mature leaves nothing to extend into: such a molecule is cut back
    down = np.where(end + down > last, -1, down)
    up = np.where(start + up < first, 1, up)
    start = start + np.where(kind == "shifted_5p", up, 0)
    end = end + np.where(kind == "templated_3p", down, 0)
    codes, lengths = _cut(bundle.codes, start, end)
    added = np.flatnonzero(kind == "added_3p")
    _add(codes, lengths, added, bundle.codes[end[added]], rng)
    _substitute(codes, lengths, np.flatnonzero(kind == "substituted"), rng)
    table = pd.DataFrame({"feature": mirnas.index[chosen], "biotype": "miRNA", "kind": kind})
    return Inserts(table, codes, lengths)


def _fragments(n: int, biotype: str, bundle: Bundle, rng: np.random.Generator) -> Inserts:
    """Cut fragments: halves and ends of tRNA and Y RNA mostly, anything of the rest."""
    rows = np.flatnonzero(bundle.references["biotype"].to_numpy() == biotype)
    row = rng.choice(rows, n)
    first, length = bundle.starts[row], bundle.references["length"].to_numpy()[row]
    size = np.minimum(rng.integers(18, 41, n), length)
    where = rng.random(n)
    free = (rng.random(n) * (length - size + 1)).astype(np.int64)
    ends = biotype in ("tRNA", "Y_RNA")
    start = np.where(where < 0.5 * ends, 0, np.where(where < 0.8 * ends, length - size, free))
    codes, lengths = _cut(bundle.codes, first + start, first + start + size)
    codes = np.where(codes > 3, 0, codes)  # ambiguous bases of a reference
    feature = bundle.references["feature"].to_numpy()[row]
    table = pd.DataFrame(
        {
            "feature": bundle.features["name"].to_numpy()[feature],
            "biotype": biotype,
            "kind": "fragment",
        }
    )
    return Inserts(table, codes.astype(np.uint8), lengths)


def _foreign(n: int, bundle: Bundle, rng: np.random.Generator) -> Inserts:
    clades = bundle.clades
    bases, offsets = encode(clades["sequence"].tolist())
    row = rng.integers(len(clades), size=n)
    codes, lengths = _cut(bases, offsets[row], offsets[row + 1])
    table = pd.DataFrame(
        {
            "feature": clades["name"].to_numpy()[row],
            "biotype": "other_species",
            "kind": "fragment",
        }
    )
    return Inserts(table, codes, lengths)


def _unknown(n: int, rng: np.random.Generator) -> Inserts:
    codes = rng.integers(4, size=(n, LONGEST), dtype=np.uint8)
    table = pd.DataFrame({"feature": "", "biotype": "unknown", "kind": "fragment"}, index=range(n))
    return Inserts(table, codes, rng.integers(18, 45, n))


def _cut(
    pool: NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    lengths = np.minimum(end - start, LONGEST)
    index = np.minimum(start[:, None] + np.arange(LONGEST), len(pool) - 1)
    return pool[index], lengths


def _add(
    codes: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    rows: NDArray[np.int64],
    template: NDArray[np.uint8],
    rng: np.random.Generator,
) -> None:
    """Add one or two nucleotides; the first differs from the hairpin, or it were templated."""
    first = rng.choice(ADDED, rows.size, p=ADDED_SHARES)
    first = np.where(first == template, (first + rng.choice([1, 2, 3], rows.size)) % 4, first)
    codes[rows, lengths[rows]] = first
    codes[rows, lengths[rows] + 1] = rng.choice(ADDED, rows.size, p=ADDED_SHARES)
    lengths[rows] += np.where(rng.random(rows.size) < 0.7, 1, 2)


def _substitute(
    codes: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    rows: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    where = (rng.random(rows.size) * lengths[rows]).astype(np.int64)
    codes[rows, where] = (codes[rows, where] + rng.integers(1, 4, rows.size)) % 4
