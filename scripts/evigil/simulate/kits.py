"""Library kits as their makers describe them, for simulated reads.

Typed here once more on purpose: the workflow reads `config/protocols/`, and a slip there would go
unseen if the simulated reads were made from the same files.
"""

from dataclasses import dataclass

# What the sequencer reads on after the adapter of TruSeq-like libraries: index read primer, index.
TRUSEQ_END = "AACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"
SECOND_READ_END = "GTCTGAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"


@dataclass(frozen=True)
class Kit:
    """What stands around an insert, from the first sequenced base on.

    Attributes
    ----------
    adapter
        Follows the insert (and its random bases).
    random_before, random_after
        Random bases ligated to the two ends of the insert.
    umi
        Random bases after the adapter that tell molecules apart.
    tail
        Bases added to the insert's 3′ end by tailing, here a homopolymer's letter.
    after
        What follows the adapter (and the UMI).
    """

    adapter: str
    random_before: int = 0
    random_after: int = 0
    umi: int = 0
    tail: str = ""
    after: str = TRUSEQ_END


KITS = {
    "truseq": Kit("TGGAATTCTCGGGTGCCAAGG"),
    "nextflex": Kit("TGGAATTCTCGGGTGCCAAGG", random_before=4, random_after=4),
    "qiaseq": Kit("AACTGTAGGCACCATCAAT", umi=12, after="AGATCGGAAGAGCACAC" + SECOND_READ_END),
    "nebnext": Kit("AGATCGGAAGAGCACACGTCT", after="GAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"),
    "cats": Kit("AGATCGGAAGAGCACACGTCT", random_before=3, tail="A"),
}
