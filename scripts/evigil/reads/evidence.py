"""What speaks for each library protocol in the first reads of a sample."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evigil.reads.protocol import Protocol

if TYPE_CHECKING:
    from evigil.reads.sample import FirstReads

#: An adapter in fewer of the reads than this is none of the library's (ours).
ADAPTER_SHARE = 0.1
#: Reads that show an insert of a kit, below which nothing is said of it (methods §1).
INFORMATIVE = 1000
#: Inserts that count as informative, nucleotides.
INSERT = 16
#: Bits of entropy of a base of a UMI, at least (2 is the most).
UMI_BITS = 1.5
#: Pairs of reads of one insert agree in random bases in less than this share (ours): 1/128 by
#: chance for four on both sides, up to .2 in real libraries, as copies of a molecule have errors;
#: bases that are of the RNA agree in .86 and more.
SAME_BASES = 0.5
MINIMAL_PAIRS = 20
#: Shortest insert, without the random bases, that two reads do not share by chance.
BODY = 14
#: Reads of trimmed files are inserts: this share has a length that a small RNA has.
TRIMMED_LENGTHS = (16, 45)
TRIMMED_SHARE = 0.5
#: … and they have this many lengths at least; a machine's own reads have one.
TRIMMED_VARIETY = 3
#: A UMI must be readable in this share of the reads with the adapter.
UMI_SHARE = 0.5


def weigh(reads: "FirstReads", protocols: Mapping[str, Protocol]) -> pd.DataFrame:
    """Measure every protocol on the first reads of a sample.

    Of several adapters in a read, the leftmost counts: what follows it is not of the insert.

    Returns
    -------
    pandas.DataFrame
        One row for each protocol, sorted by name: ``protocol``, ``score`` (0–1: the adapter's
        share, 0 if what stands around the insert is not what the protocol says),
        ``adapter_share``, ``insert_length_mode``, ``random_bits`` and ``umi_bits`` (entropy of a
        base, at most 2; missing without such bases), ``same_bases`` (share of pairs of reads of
        one insert that agree in bases said to be random), ``informative_reads``, ``sampled_reads``.
    """
    from evigil.reads.sample import adapter_places

    total = len(reads.lengths)
    places = {p.adapter: adapter_places(reads, p.adapter) for p in protocols.values() if p.adapter}
    behind = np.iinfo(np.int64).max
    found = [np.where(place < 0, behind, place) for place in places.values()]
    leftmost = np.min(found, axis=0) if found else np.full(total, behind)
    rows = []
    for name in sorted(protocols):
        protocol = protocols[name]
        if protocol.adapter:
            here = places[protocol.adapter]
            row = _with_adapter(reads, protocol, (here >= 0) & (here == leftmost), here)
        else:
            row = _without_adapter(reads, leftmost == behind)
        rows.append({"protocol": name, **row, "sampled_reads": total})
    return pd.DataFrame(rows)


def _with_adapter(
    reads: "FirstReads", protocol: Protocol, mine: np.ndarray, places: np.ndarray
) -> dict[str, float]:
    rows = np.flatnonzero(mine)
    ends = places[rows]
    inserts = ends - protocol.leading_bases - protocol.trailing_bases
    informative = inserts >= INSERT
    share = len(rows) / max(1, len(reads.lengths))
    bits, umi_bits, same, fits = np.nan, np.nan, np.nan, True
    if protocol.random_bases:
        bits = _entropy(_around(reads.codes, protocol, rows[informative], ends[informative]))
        same = _same_bases(reads.codes, protocol, rows[inserts >= BODY], ends[inserts >= BODY])
        fits &= same < SAME_BASES
    if protocol.umi == "after_adapter":
        starts = ends + len(protocol.adapter)
        whole = starts + protocol.umi_bases <= np.minimum(reads.lengths[rows], reads.codes.shape[1])
        columns = starts[whole, None] + np.arange(protocol.umi_bases)
        umi_bits = _entropy(reads.codes[rows[whole], :][np.arange(whole.sum())[:, None], columns])
        fits &= umi_bits >= UMI_BITS and whole.mean() >= UMI_SHARE
    return {
        "score": share if fits else 0.0,
        "adapter_share": share,
        "insert_length_mode": _mode(inserts[informative]),
        "random_bits": bits,
        "umi_bits": umi_bits,
        "same_bases": same,
        "informative_reads": int(informative.sum()),
    }


def _without_adapter(reads: "FirstReads", bare: np.ndarray) -> dict[str, float]:
    """Judge the reads in which no adapter is: whether they are inserts."""
    low, high = TRIMMED_LENGTHS
    inserts = bare & (reads.lengths >= low) & (reads.lengths <= high)
    share = inserts.sum() / max(1, len(bare))
    varied = len(np.unique(reads.lengths[inserts])) >= TRIMMED_VARIETY
    return {
        "score": float(share) if varied else 0.0,
        "adapter_share": float(1 - bare.mean()) if len(bare) else 0.0,
        "insert_length_mode": _mode(reads.lengths[inserts]),
        "random_bits": np.nan,
        "umi_bits": np.nan,
        "same_bases": np.nan,
        "informative_reads": int(inserts.sum()),
    }


def _around(
    codes: np.ndarray, protocol: Protocol, rows: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Bases before and behind the insert, shape (n, leading + trailing)."""
    leading = codes[rows, : protocol.leading_bases]
    columns = ends[:, None] - protocol.trailing_bases + np.arange(protocol.trailing_bases)
    return np.hstack([leading, codes[rows[:, None], columns]])


def _same_bases(codes: np.ndarray, protocol: Protocol, rows: np.ndarray, ends: np.ndarray) -> float:
    """Share of pairs of reads with one body that agree in the bases before it, or behind it.

    Random bases differ between molecules of one sequence; bases that are of the RNA are the same.
    Copies of a molecule say nothing, so that where there are bases on both sides each distinct
    read counts once, unless that leaves too few pairs. Missing if no pairs are left.
    """
    leading, trailing = protocol.leading_bases, protocol.trailing_bases
    reads = [codes[row, :end].tobytes() for row, end in zip(rows, ends, strict=True)]
    attempts = [reads, list(dict.fromkeys(reads))] if leading and trailing else [reads]
    while attempts:
        ordered = sorted(attempts.pop(), key=lambda read: read[leading : len(read) - trailing])
        pairs = [
            (a, b)
            for a, b in pairwise(ordered)
            if a[leading : len(a) - trailing] == b[leading : len(b) - trailing]
        ]
        if len(pairs) >= MINIMAL_PAIRS:
            same = sum(
                (leading > 0 and a[:leading] == b[:leading])
                or (trailing > 0 and a[-trailing:] == b[-trailing:])
                for a, b in pairs
            )
            return same / len(pairs)
    return np.nan


def _entropy(bases: np.ndarray) -> float:
    """Mean entropy of a position in bits, over shape (n, positions)."""
    if bases.size == 0:
        return np.nan
    counts = np.stack([(bases == code).sum(axis=0) for code in range(4)])
    shares = counts / np.maximum(1, counts.sum(axis=0))
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(-(shares * logs).sum(axis=0).mean())


def _mode(lengths: np.ndarray) -> float:
    return float(np.bincount(lengths).argmax()) if len(lengths) else np.nan
