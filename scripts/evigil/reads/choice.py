"""Which library protocol a sample was made with: a choice, its verdict and its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from evigil.errors import UserError
from evigil.reads.evidence import ADAPTER_SHARE, INFORMATIVE, TRIMMED_SHARE, weigh
from evigil.reads.library import Library, in_order
from evigil.reads.protocol import Protocol

if TYPE_CHECKING:
    from evigil.reads.sample import FirstReads

CONTENT_FAULTS = ("contradicts", "none_fits", "trimmed", "mixed", "discordant")
#: Mates that do not confirm their reads in more than this share of the pairs are those of other
#: reads (ours). Mates made of real reads disagree in .01 to .10 of the pairs, and in .23 at most
#: where one base of the mates in eight is wrong; those of other reads in .66 (few miRNAs have most
#: of the reads) to 1.
DISCORDANT_SHARE = 0.4


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
        declared, but the reads look it), ``mixed`` (lanes of different kits), ``discordant``
        (mates of other reads).
    reason
        One sentence, empty if it fits.
    evidence
        One row for each protocol.
    """

    protocol: str
    verdict: str
    reason: str
    evidence: pd.DataFrame


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


def judge_lanes(
    choice: Choice,
    lanes: Iterable[tuple[Library, "FirstReads"]],
    protocols: Mapping[str, Protocol],
) -> Choice:
    """Look at each lane by itself: those of another kit than the sample's fail it.

    Parameters
    ----------
    choice
        What was chosen for all lanes together.
    lanes
        Each library with its own first reads. One with too few informative reads has no say.
    """
    if choice.verdict in CONTENT_FAULTS:
        return choice
    chosen = protocols[choice.protocol]
    for library, reads in lanes:
        table = weigh(reads, protocols).set_index("protocol")
        best = _best(table, protocols)
        if best is None or _cuts_the_same(chosen, protocols[best]):
            continue
        of_adapter = chosen.adapter == protocols[best].adapter
        if of_adapter and chosen.random_bases and pd.isna(table["same_bases"][chosen.name]):
            continue  # too few reads to see random bases is not to see that there are none
        name = f"lane {library.lane}" if library.lane else Path(library.fastq_1).name
        seen = _seen(table, protocols, best)
        reason = f"lanes of two kits: {name} looks like {best}, not like {chosen.name}: {seen}"
        return replace(choice, verdict="mixed", reason=reason)
    return choice


def judge_mates(choice: Choice, discordant: int, compared: int) -> Choice:
    """Fail a sample whose two files do not belong together.

    Parameters
    ----------
    discordant, compared
        Pairs whose mate does not confirm the insert, and pairs in which that was looked at.
    """
    share = discordant / max(1, compared)
    if choice.verdict in CONTENT_FAULTS or compared < INFORMATIVE or share <= DISCORDANT_SHARE:
        return choice
    reason = f"mates do not overlap in {share:.0%} of the pairs: the two files seem out of step"
    return replace(choice, verdict="discordant", reason=reason)


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
    if best is not None and _cuts_the_same(protocols[declared], protocols[best]):
        return "fits", ""
    if best is not None:
        seen = _seen(table, protocols, best)
        return "contradicts", f"declared {declared}, but the reads look like {best}: {seen}"
    if not protocols[declared].adapter and row["adapter_share"] < ADAPTER_SHARE:
        return "fits", ""
    if row["sampled_reads"] < INFORMATIVE or row["score"] >= ADAPTER_SHARE:
        return "undecided", _few(int(row["informative_reads"]))
    share = f"{row['adapter_share']:.1%}"
    return "contradicts", f"declared {declared}, but its adapter is in {share} of the reads"


def _cuts_the_same(declared: Protocol, best: Protocol) -> bool:
    """Whether the inserts are the same; a UMI that is there need not be used."""
    same = ("adapter", "leading_bases", "trailing_bases")
    equal = all(getattr(declared, key) == getattr(best, key) for key in same)
    return equal and declared.umi in ("none", best.umi)


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
        Of several equally frequent ones the first by name; None if no sample could be judged. A
        sample whose files cannot be read has no say.
    """
    from evigil.reads.sample import first_reads

    votes: Counter[str] = Counter()
    for libraries in samples:
        try:
            reads = first_reads([library.fastq_1 for library in in_order(libraries)])
        except UserError:
            continue  # said by that sample's own job
        choice = choose(reads, protocols)
        if choice.verdict == "fits":
            votes[choice.protocol] += 1
    return min(votes, key=lambda name: (-votes[name], name), default=None)
