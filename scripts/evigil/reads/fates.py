"""The fates of a read before it is assigned, and the numbers that Python and kernels share."""

from typing import NamedTuple, Self

from evigil.reads.protocol import Protocol

#: Columns of the ledger that end a read here, in its order; the index of each is its code.
FATES = (
    "adapter_dimer",
    "no_adapter",
    "low_quality",
    "ambiguous_base",
    "too_short",
    "too_long",
    "pair_discordant",
)
(
    ADAPTER_DIMER,
    NO_ADAPTER,
    LOW_QUALITY,
    AMBIGUOUS_BASE,
    TOO_SHORT,
    TOO_LONG,
    PAIR_DISCORDANT,
    KEPT,
) = range(8)

# What a kernel stopped for.
DONE, MORE, MORE_MATES, GROW, NO_HEADER, BAD_LETTER, NO_PLUS, UNEQUAL, WRONG_QUALITY = range(9)

#: Inserts up to this are none: adapters that were ligated to each other, with an odd base (ours).
DIMER_INSERT = 3
#: 3′ ends below this quality are trimmed, as by ``cutadapt -q`` (ours: ends are set by the adapter,
#: and a stricter limit would make isomiRs that were never there).
QUALITY_CUTOFF = 10
#: Bases behind this cycle, and inserts beyond it, are not told apart in the quality tables.
MAX_POSITIONS = 500
#: Qualities are told apart up to this.
QUALITIES = 64

UMI_PLACES = ("none", "leading", "trailing", "after_adapter")
NO_UMI, LEADING, TRAILING, AFTER_ADAPTER = range(4)


class Settings(NamedTuple):
    """What kernels are told of a protocol.

    Attributes
    ----------
    leading, trailing
        Bases around the insert that are not of it.
    umi_place, umi_bases
        Index into `UMI_PLACES`, and length.
    shortest, longest
        Inserts that are kept, nucleotides.
    words
        Words of 64 bits that the longest insert takes.
    cutoff, phred
        Quality below which 3′ ends are trimmed; what qualities are offset by.
    paired
        Whether there are mates.
    mate_offset
        Bases of a mate before the insert; -1 if that differs by read.
    """

    leading: int
    trailing: int
    umi_place: int
    umi_bases: int
    shortest: int
    longest: int
    words: int
    cutoff: int
    phred: int
    paired: bool
    mate_offset: int

    @classmethod
    def of(cls, protocol: Protocol, lengths: tuple[int, int], phred: int, paired: bool) -> Self:
        """Set up for a protocol and for what the files are."""
        behind = protocol.umi_bases if protocol.umi == "after_adapter" else 0
        # a tail of one base has no length of its own: the mate's insert is looked for
        tail = len(set(protocol.adapter)) == 1
        return cls(
            leading=protocol.leading_bases,
            trailing=protocol.trailing_bases,
            umi_place=UMI_PLACES.index(protocol.umi),
            umi_bases=protocol.umi_bases,
            shortest=lengths[0],
            longest=lengths[1],
            words=-(-lengths[1] // 32),
            cutoff=QUALITY_CUTOFF,
            phred=phred,
            paired=paired,
            mate_offset=-1 if tail else behind + (len(protocol.adapter) if behind else 0),
        )
