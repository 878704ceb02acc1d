"""IsomiRs of a sample as mirGFF3 1.2, doi:10.1093/bioinformatics/btz675."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.sequences import decode, take
from evigil.smallrna.assignment import Assignment, Collapsed
from evigil.smallrna.isomirs import call_isomirs
from evigil.tables import write_text

SOURCE = "miRBase22"
HEADER = """\
## mirGFF3. VERSION 1.2
## source-ontology: miRBasev22 doi:10.25504/fairsharing.hmgte8
## TOOLS: evigil
## COLDATA: {sample}
## FILTER: Pass(an isomiR of this mature)
"""
#: Digits of a license plate; five bases are two of them [doi:10.1093/bioinformatics/btw194].
DIGITS = np.frombuffer(b"BD0EF1HI2JK3LM4NO5PQ6RS7UV8WX9YZ", dtype=np.uint8)
GROUP = 5


def write_isomirs(
    digest: Collapsed, assignment: Assignment, bundle: Bundle, sample: str, path: str | Path
) -> None:
    """Write the isomiRs of a sample.

    One line per sequence and mature: ``Expression`` is what was counted of the sequence, ``Hits``
    the number of matures that it fits, ``share`` the part of it that counts for this one.

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    assignment
        What they were assigned to.
    bundle
        The references.
    sample
        Name of the sample.
    path
        File to write.
    """
    table = call_isomirs(digest, assignment, bundle)
    table = table.sort_values(["reference", "start", "end", "unique", "mature"], kind="stable")
    uniques, row = np.unique(table["unique"].to_numpy(), return_inverse=True)
    bases, offsets = take(digest.bases, digest.offsets, uniques)
    reads = np.array(decode(bases, offsets), dtype=object)[row]
    plates = np.array(license_plates(bases, offsets), dtype=object)[row]
    text = HEADER.format(sample=sample) + "".join(
        map(
            (
                f"%s\t{SOURCE}\t%s\t%d\t%d\t.\t+\t.\tUID=%s;Read=%s;Name=%s;Parent=%s;Variant=%s;"
                "Cigar=%s;Hits=%d;Expression=%d;Filter=Pass;share=%s\n"
            ).__mod__,
            zip(
                bundle.references["name"].to_numpy()[table["reference"]],
                np.where(table["variant"] == "NA", "ref_miRNA", "isomiR"),
                table["start"].tolist(),
                table["end"].tolist(),
                plates,
                reads,
                table["mature"],
                table["parents"],
                table["variant"],
                table["cigar"],
                np.bincount(row)[row].tolist(),
                digest.molecules[table["unique"]].tolist(),
                _shares(table["share"]),
                strict=True,
            ),
        )
    )
    write_text(text, path)


def _shares(share: pd.Series) -> list[str]:
    return [f"{value:.6g}" for value in share.tolist()]


def license_plates(bases: NDArray[np.uint8], offsets: NDArray[np.int64]) -> list[str]:
    """Name sequences by their letters, as miRTop does: ``iso-22-…``.

    Each five bases are a number of two digits. What remains is its place in the list of all
    shorter sequences, shortest first, without leading zeros.

    Parameters
    ----------
    bases, offsets
        Sequences as in `evigil.rna.sequences.encode`, codes 0 to 3.
    """
    lengths = np.diff(offsets)
    names = np.empty(len(lengths), dtype=object)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        names[rows] = _plates(bases[offsets[rows][:, None] + np.arange(length)], int(length))
    return names.tolist()


def _plates(codes: NDArray[np.uint8], length: int) -> list[str]:
    whole, rest = divmod(length, GROUP)
    weights = 4 ** np.arange(GROUP)[::-1]
    digits = np.empty((len(codes), 2 * whole + 2), np.uint8)
    for i in range(whole):
        word = codes[:, i * GROUP : (i + 1) * GROUP] @ weights
        digits[:, 2 * i], digits[:, 2 * i + 1] = DIGITS[word // 32], DIGITS[word % 32]
    prefix = f"iso-{length}-"
    if not rest:
        return [prefix + row for row in _text(digits[:, :-2])]
    # 4 + 16 + … sequences are shorter
    place = (4**rest - 4) // 3 + codes[:, whole * GROUP :] @ weights[-rest:]
    digits[:, -2], digits[:, -1] = DIGITS[place // 32], DIGITS[place % 32]
    long, short = _text(digits), _text(np.delete(digits, -2, axis=1))
    pairs = zip((place >= 32).tolist(), long, short, strict=True)
    return [prefix + (two if large else one) for large, two, one in pairs]


def _text(digits: NDArray[np.uint8]) -> list[str]:
    width = digits.shape[1]
    text = digits.tobytes().decode()
    return [text[i : i + width] for i in range(0, len(text), width)]
