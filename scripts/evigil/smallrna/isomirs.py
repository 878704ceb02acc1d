"""IsomiRs: how each read of a miRNA differs from its mature, against the precursor."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.sequences import decode
from evigil.smallrna.assignment import Assignment, Collapsed

#: Kinds of a substitution by its position on the mature, from 1, inclusive [mirGFF3 1.2].
SUBSTITUTIONS = (
    (2, 7, "iso_snv_seed"),
    (8, 8, "iso_snv_central_offset"),
    (9, 12, "iso_snv_central"),
    (13, 17, "iso_snv_central_supp"),
)
ELSEWHERE = "iso_snv"
#: Columns that a variant is made of, see `call_isomirs`.
SIZES = ["iso_5p", "iso_3p", "iso_add5p", "iso_add3p", "iso_snv"]


def call_isomirs(digest: Collapsed, assignment: Assignment, bundle: Bundle) -> pd.DataFrame:
    """Name the isomiR of every unique sequence that counts for a mature miRNA.

    A base that disagrees before the mature's 5′ end was not cut from this precursor: it is added
    (``iso_add5p``), not substituted. At the 3′ end the assignment has told additions apart.

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    assignment
        What they were assigned to.
    bundle
        The references.

    Returns
    -------
    pandas.DataFrame
        One row per unique sequence and mature, sorted by both: ``unique``, ``mature`` (name),
        ``reference`` (row of the first precursor), ``parents`` (names of all precursors where the
        isomiR is the same, ``,``), ``start, end`` (1-based, inclusive, on that precursor, of what
        was cut from it), ``iso_5p, iso_3p`` (nucleotides; negative is upstream), ``iso_add5p,
        iso_add3p`` (nucleotides), ``iso_snv`` (position on the mature; 0 for none), ``variant``
        and ``cigar`` as mirGFF3 1.2 writes them, ``share`` (of the sequence's molecules).
    """
    hits = assignment.hits[assignment.hits["mature"] >= 0]
    mature = hits["mature"].to_numpy()
    # names are sorted as numbers
    names, number = np.unique(bundle.matures["name"].to_numpy(str), return_inverse=True)
    upstream = ((hits["mismatch_at"] == 0) & (hits["shift_5p"] < 0)).to_numpy().astype(np.int64)
    shift, at = hits["shift_5p"].to_numpy(), hits["mismatch_at"].to_numpy()
    substituted = (at >= 0) & (upstream == 0)
    body = np.diff(digest.offsets)[hits["unique"]] - hits["additions"].to_numpy()
    position = hits["position"].to_numpy()
    table = pd.DataFrame(
        {
            "unique": hits["unique"].to_numpy(),
            "mature": number[mature],
            "reference": hits["reference"].to_numpy(),
            "start": position + upstream + 1,
            "end": position + body,
            "iso_5p": shift + upstream,
            "iso_3p": hits["shift_3p"].to_numpy(),
            "iso_add5p": upstream,
            "iso_add3p": hits["additions"].to_numpy(),
            "iso_snv": np.where(substituted, at + shift + 1, 0),
            "share": hits["weight"].to_numpy(),
        }
    )
    table["templated"] = body - upstream
    table["at"] = np.where(substituted, at, -1)
    table["instead"] = _reference_letters(bundle, hits, substituted)
    table["variant"] = _in_words(table, SIZES, _variant)
    cigar_of = ["iso_add5p", "templated", "at", "instead", "iso_add3p"]
    table["cigar"] = _in_words(table, cigar_of, _cigar)
    table = _one_per_mature(table.drop(columns=["templated", "at", "instead"]), bundle)
    return table.assign(mature=names.astype(object)[table["mature"]])


def _reference_letters(
    bundle: Bundle, hits: pd.DataFrame, substituted: NDArray[np.bool_]
) -> list[str]:
    """Return what the precursor has where a read was substituted; empty elsewhere."""
    places = bundle.starts[hits["reference"]] + hits["position"] + hits["mismatch_at"]
    codes = bundle.codes[places.to_numpy()[substituted]]
    letters = np.full(len(hits), "", dtype=object)
    letters[substituted] = decode(codes, np.arange(len(codes) + 1))
    return letters.tolist()


def _in_words(
    table: pd.DataFrame, columns: list[str], words: Callable[..., str]
) -> NDArray[np.object_]:
    """Put rows into words; there are few different ones, each is said once."""
    group = table.groupby(columns, sort=False).ngroup().to_numpy()
    _, first = np.unique(group, return_index=True)
    rows = table[columns].iloc[first].itertuples(index=False, name=None)
    return np.array([words(*row) for row in rows], dtype=object)[group]


def _variant(five: int, three: int, add_five: int, add_three: int, snv: int) -> str:
    parts = [f"iso_3p:{three:+d}"] if three else []
    parts += [f"iso_5p:{five:+d}"] if five else []
    parts += [f"iso_add3p:{add_three}"] if add_three else []
    parts += [f"iso_add5p:{add_five}"] if add_five else []
    parts += [_substitution(snv)] if snv else []
    return ",".join(parts) or "NA"


def _substitution(position: int) -> str:
    return next((kind for low, high, kind in SUBSTITUTIONS if low <= position <= high), ELSEWHERE)


def _cigar(add_five: int, templated: int, at: int, instead: str, add_three: int) -> str:
    """Write what was cut as ``M``, a substitution as the precursor's letter, additions as ``I``."""
    runs = [f"{add_five}I"] if add_five else []
    if at < 0:
        runs.append(f"{templated}M")
    else:
        behind = templated - at - 1
        runs += [f"{at}M" if at else "", instead, f"{behind}M" if behind else ""]
    return "".join(runs) + (f"{add_three}I" if add_three else "")


def _one_per_mature(table: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """Keep the plainest isomiR of each mature, with all precursors where it is the same."""
    keys = ["unique", "mature"]
    table["shifts"] = table["iso_5p"].abs() + table["iso_3p"].abs()
    table = table.sort_values([*keys, "shifts", "reference", "start"], ignore_index=True)
    share = table.groupby(keys)["share"].transform("sum")
    first = ~table.duplicated(keys)
    row = np.flatnonzero(first)[np.cumsum(first) - 1]
    same = table["variant"].to_numpy() == table["variant"].to_numpy()[row]
    alike = table[same].drop_duplicates([*keys, "reference"])
    kept = table[first].reset_index(drop=True)
    kept.insert(3, "parents", _joined(alike, keys, bundle))
    return kept.assign(share=share[first].to_numpy()).drop(columns="shifts")


def _joined(table: pd.DataFrame, keys: list[str], bundle: Bundle) -> NDArray[np.object_]:
    """Join the names of each group's references; a set of references is joined once."""
    first = (~table.duplicated(keys)).to_numpy()
    group = np.cumsum(first) - 1
    place = np.arange(len(table)) - np.flatnonzero(first)[group]
    sets = np.full((first.sum(), place.max(initial=-1) + 1), -1)
    sets[group, place] = table["reference"]
    names = bundle.references["name"].to_numpy()
    joined = names[table["reference"].to_numpy()[first]]
    several = (sets[:, 1:] >= 0).any(axis=1)
    different, which = np.unique(sets[several], axis=0, return_inverse=True)
    words = np.array([",".join(names[row[row >= 0]]) for row in different], dtype=object)
    joined[several] = words[which]
    return joined
