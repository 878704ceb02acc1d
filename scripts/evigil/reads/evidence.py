"""Which library protocol the reads were made with: evidence for each, a choice, and its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evigil.reads.library import Library, in_order
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
#: A UMI must be readable in this share of the reads with the adapter.
UMI_SHARE = 0.5

CONTENT_FAULTS = ("contradicts", "none_fits", "trimmed")


@dataclass(frozen=True)
class Choice:
    """The protocol that a sample is digested by.

    Attributes
    ----------
    protocol
        Its name.
    verdict
        ``fits``; ``borrowed`` from the batch or ``undecided`` (too few informative reads);
        ``contradicts`` (declared, but the reads say otherwise), ``none_fits``, ``trimmed`` (not
        declared, but the reads look it).
    reason
        One sentence, empty if it fits.
    evidence
        One row for each protocol.
    """

    protocol: str
    verdict: str
    reason: str
    evidence: pd.DataFrame


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
    varied = len(np.unique(reads.lengths[inserts])) >= 5
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


def choose(
    reads: "FirstReads",
    protocols: Mapping[str, Protocol],
    declared: str = "auto",
    fallback: Callable[[], str | None] | None = None,
) -> Choice:
    """Choose the protocol of a sample.

    Parameters
    ----------
    declared
        ``auto``, or the name that the sheet gives; that one is used, and judged.
    fallback
        Asked for the protocol of the batch where there are too few informative reads.
    """
    evidence = weigh(reads, protocols)
    table = evidence.set_index("protocol")
    best = _best(table, protocols)
    if declared != "auto":
        name, verdict, reason = declared, *_judge(table, protocols, declared, best)
    elif best is not None:
        name, verdict, reason = best, "fits", ""
        if not protocols[best].adapter:
            verdict = "trimmed"
            seen = _seen(table, protocols, best)
            reason = f"{seen}; if the reads were trimmed, declare it: protocol {best}"
    else:
        name, verdict, reason = _undecided(table, protocols, fallback)
    evidence.insert(1, "chosen", (evidence["protocol"] == name).astype(int))
    return Choice(name, verdict, reason, evidence)


def _best(table: pd.DataFrame, protocols: Mapping[str, Protocol]) -> str | None:
    """Name the protocol with the most for it; of those with one adapter the most particular.

    None if too few reads are informative, or none fits.
    """
    kits = [n for n in table.index if protocols[n].adapter]
    bare = [n for n in table.index if not protocols[n].adapter]
    fitting = [
        n
        for n in kits
        if table["score"][n] >= ADAPTER_SHARE and table["informative_reads"][n] >= INFORMATIVE
    ]
    if fitting:
        return max(fitting, key=lambda n: (table["score"][n], protocols[n].variable_bases))
    seen = max((table["adapter_share"][n] for n in kits), default=0.0)
    trimmed = [
        n
        for n in bare
        if table["score"][n] >= TRIMMED_SHARE and table["informative_reads"][n] >= INFORMATIVE
    ]
    return trimmed[0] if trimmed and seen < ADAPTER_SHARE else None


def _judge(
    table: pd.DataFrame, protocols: Mapping[str, Protocol], declared: str, best: str | None
) -> tuple[str, str]:
    """Compare what was declared with what the reads say."""
    row = table.loc[declared]
    if best == declared:
        return "fits", ""
    if best is not None:
        seen = _seen(table, protocols, best)
        return "contradicts", f"declared {declared}, but the reads look like {best}: {seen}"
    if row["sampled_reads"] < INFORMATIVE or row["score"] >= ADAPTER_SHARE:
        return "undecided", _few(int(row["informative_reads"]))
    share = f"{row['adapter_share']:.1%}"
    return "contradicts", f"declared {declared}, but its adapter is in {share} of the reads"


def _seen(table: pd.DataFrame, protocols: Mapping[str, Protocol], name: str) -> str:
    """Say what speaks for a protocol."""
    row = table.loc[name]
    mode = f"most inserts have {row['insert_length_mode']:.0f} nt"
    if protocols[name].adapter:
        return f"its adapter is in {row['adapter_share']:.0%} of the reads, {mode}"
    return f"an adapter is in {row['adapter_share']:.1%} of the reads, {mode}"


def _undecided(
    table: pd.DataFrame,
    protocols: Mapping[str, Protocol],
    fallback: Callable[[], str | None] | None,
) -> tuple[str, str, str]:
    """Choose where the reads alone do not."""
    likely = max(
        table.index,
        key=lambda n: (table["informative_reads"][n] * (table["score"][n] > 0), table["score"][n]),
    )
    few = int(table["informative_reads"][likely])
    enough = table["sampled_reads"].max() >= INFORMATIVE
    seen = max(
        (table["adapter_share"][n] for n in table.index if protocols[n].adapter), default=0.0
    )
    if enough and seen < ADAPTER_SHARE and table["score"][likely] < TRIMMED_SHARE:
        return likely, "none_fits", f"no known adapter is in more than {seen:.1%} of the reads"
    borrowed = fallback() if fallback is not None else None
    if borrowed is not None:
        return borrowed, "borrowed", f"{_few(few)}: as most of its batch"
    return likely, "undecided", _few(few)


def _few(reads: int) -> str:
    return f"{reads} informative reads, fewer than {INFORMATIVE}"


def batch_protocol(
    samples: Iterable[Sequence[Library]], protocols: Mapping[str, Protocol]
) -> str | None:
    """Name the protocol that fits most samples of a batch by their own first reads.

    Parameters
    ----------
    samples
        The libraries of each sample.

    Returns
    -------
    str or None
        Of several equally frequent ones the first by name; None if no sample could be judged.
    """
    from evigil.reads.sample import first_reads

    votes: Counter[str] = Counter()
    for libraries in samples:
        reads = first_reads([library.fastq_1 for library in in_order(libraries)])
        choice = choose(reads, protocols)
        if choice.verdict == "fits":
            votes[choice.protocol] += 1
    return min(votes, key=lambda name: (-votes[name], name), default=None)
