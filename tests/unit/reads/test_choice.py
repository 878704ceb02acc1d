"""The protocol is found, a wrong one is said, and too little evidence is not taken for any."""

import numpy as np
import pytest

from evigil.reads.choice import CONTENT_FAULTS, batch_protocol
from evigil.reads.digest import Digest, Library, digest
from evigil.reads.protocol import Protocol
from evigil.reads.protocols import load_protocols

PROTOCOLS = load_protocols()
MATURES = (
    *("TGAGGTAGTAGGTTGTATAGTT", "TAGCTTATCAGACTGATGTTGA", "TCCTGTACTGAGCTGCCCCGAG"),
    *("TATTGCACTTGTCCCGGCCTGT", "CAACGGAATCCCAAAAGCAGCTG", "AAACCGTTACCATTACTGAGTT"),
)
READ_ON = "ACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTGAAAAAAAAAAGGGGGGGGGG"


def bases(draw: np.random.Generator, length: int) -> str:
    return "".join(draw.choice(list("ACGT"), length))


def library(name: str, number: int = 2000, cycles: int = 76, inserts=MATURES) -> list[str]:
    """Reads as a kit makes them; isomiRs end up to two bases early."""
    draw, protocol = np.random.default_rng(9), PROTOCOLS[name]
    reads = []
    for _ in range(number):
        insert = draw.choice(inserts)
        insert = insert[: len(insert) - draw.integers(0, 3)]
        around = protocol.leading_bases, protocol.trailing_bases
        front, back = (bases(draw, n) if protocol.random_bases else "G" * n for n in around)
        tail = "A" * 20 if name == "poly_a" else ""
        read = front + insert + back + (tail or protocol.adapter) + bases(draw, protocol.umi_bases)
        follows = "AGATCGGAAGAGCACACGTCTGA" if name in ("qiaseq", "poly_a") else ""
        reads.append((read + follows + READ_ON)[:cycles] if protocol.adapter else insert)
    return reads


@pytest.mark.parametrize("name", ["truseq", "nextflex_4n", "qiaseq", "nebnext", "poly_a"])
def test_the_kit_is_found(write, name):
    result = digest([Library(write(library(name)))], PROTOCOLS)
    assert (result.protocol, result.verdict, result.reason) == (name, "fits", "")
    chosen = result.evidence.query("chosen == 1")
    assert chosen["protocol"].tolist() == [name]
    assert chosen["adapter_share"].item() > 0.95
    assert chosen["insert_length_mode"].item() in (20, 21, 22)
    assert result.evidence["sampled_reads"].eq(2000).all()


def test_reads_too_short_for_the_umi_are_of_the_kit_without(write):
    result = digest([Library(write(library("qiaseq", cycles=50)))], PROTOCOLS)
    assert (result.protocol, result.verdict) == ("qiaseq_no_umi", "fits")


def test_copies_of_few_molecules_are_no_evidence_against_random_bases(write):
    """Every molecule ten times, as in a library of little RNA."""
    reads = library("nextflex_4n", 300) * 10
    assert digest([Library(write(reads))], PROTOCOLS).protocol == "nextflex_4n"


def test_a_kit_of_the_user_takes_part(write):
    kits = PROTOCOLS | {"mine": Protocol("mine", "", "CTGTCTCTTATACACATCT")}
    reads = [
        read.replace(PROTOCOLS["truseq"].adapter, "CTGTCTCTTATACACATCT")
        for read in library("truseq")
    ]
    assert digest([Library(write(reads))], kits).protocol == "mine"


@pytest.mark.parametrize(
    ("name", "declared", "reason"),
    [
        (
            "nextflex_4n",
            "truseq",
            "declared truseq, but the reads look like nextflex_4n: its adapter",
        ),
        (
            "truseq",
            "nextflex_4n",
            "declared nextflex_4n, but the reads look like truseq: its adapter",
        ),
        (
            "truseq",
            "qiaseq",
            "declared qiaseq, but the reads look like truseq: its adapter is in 100%",
        ),
        (
            "trimmed",
            "truseq",
            "declared truseq, but the reads look like trimmed: an adapter is in 0.0%",
        ),
        ("nebnext", "trimmed", "declared trimmed, but the reads look like nebnext: its adapter"),
    ],
)
def test_a_declared_protocol_that_the_reads_contradict(write, name, declared, reason):
    result = digest([Library(write(library(name)))], PROTOCOLS, declared=declared)
    assert (result.protocol, result.verdict) == (declared, "contradicts")
    assert result.verdict in CONTENT_FAULTS
    assert result.reason.startswith(reason)


@pytest.mark.parametrize("name", ["truseq", "nextflex_4n", "qiaseq", "trimmed", "poly_a"])
def test_a_declared_protocol_that_fits(write, name):
    result = digest([Library(write(library(name)))], PROTOCOLS, declared=name)
    assert (result.protocol, result.verdict, result.reason) == (name, "fits", "")


def test_a_umi_need_not_be_used(write):
    path = write(library("qiaseq"))
    result = digest([Library(path)], PROTOCOLS, declared="qiaseq_no_umi")
    assert (result.protocol, result.verdict) == ("qiaseq_no_umi", "fits")
    short = write(library("qiaseq", cycles=50), "short.fastq")
    assert digest([Library(short)], PROTOCOLS, declared="qiaseq").verdict == "contradicts"


def two_lanes(write, first: list[str], second: list[str], **how) -> Digest:
    lanes = [
        Library(write(reads, f"{i}.fastq"), None, f"L{i}") for i, reads in ((1, first), (2, second))
    ]
    return digest(lanes, PROTOCOLS, **how)


@pytest.mark.parametrize(
    ("one", "other"), [("truseq", "qiaseq"), ("nextflex_4n", "truseq"), ("truseq", "trimmed")]
)
def test_lanes_of_two_kits(write, one, other):
    """Also where the protocol is chosen by the reads of the first lane alone."""
    both = two_lanes(write, library(one), library(other))
    assert both.verdict == "mixed" and both.protocol in (one, other)
    assert f"looks like {one}" in both.reason or f"looks like {other}" in both.reason
    result = two_lanes(write, library(one) * 25, library(other))
    assert (result.protocol, result.verdict) == (one, "mixed")
    assert result.verdict in CONTENT_FAULTS
    assert result.reason.startswith(
        f"lanes of two kits: lane L2 looks like {other}, not like {one}: "
    )


def test_a_lane_that_the_declared_kit_does_not_fit(write):
    result = two_lanes(write, library("truseq") * 25, library("qiaseq"), declared="truseq")
    assert (result.protocol, result.verdict) == ("truseq", "mixed")


def test_lanes_of_one_kit_or_with_too_few_reads_to_say(write):
    few = library("qiaseq")[:900]
    diverse = ["".join(r) for r in np.random.default_rng(3).choice(list("ACGT"), (1200, 22))]
    # every insert once: that the bases beside them are random cannot be seen
    unseen = library("nextflex_4n", 1200, inserts=diverse)
    for name, second in (
        ("truseq", library("truseq")),
        ("truseq", few),
        ("nextflex_4n", unseen),
        ("qiaseq", library("qiaseq")),
    ):
        result = two_lanes(write, library(name) * 25, second)
        assert (result.protocol, result.verdict, result.reason) == (name, "fits", "")


def mates_of(reads: list[str]) -> list[str]:
    """Read 2 of TruSeq reads: the insert from its other end, and what follows."""
    pairs = str.maketrans("ACGT", "TGCA")
    inserts = [read.split(PROTOCOLS["truseq"].adapter)[0] for read in reads]
    return [
        (insert.translate(pairs)[::-1] + "GATCGTCGGACTGTAGAACTCTGAAC")[:40] for insert in inserts
    ]


def test_mates_of_other_reads(write):
    reads = library("truseq", 3000)
    mates, one = mates_of(reads), write(reads, "1.fastq")
    in_step = digest([Library(one, write(mates, "2.fastq"))], PROTOCOLS)
    assert (in_step.verdict, in_step.fates["pair_discordant"]) == ("fits", 0)
    for name, other in (
        ("shifted", mates[1:] + mates[:1]),
        ("shuffled", list(np.random.default_rng(1).permutation(mates))),
    ):
        result = digest([Library(one, write(other, f"{name}.fastq"))], PROTOCOLS)
        assert (result.protocol, result.verdict) == ("truseq", "discordant")
        share = result.fates["pair_discordant"] / 3000
        assert 0.8 < share
        assert result.reason == (
            f"mates do not overlap in {share:.0%} of the pairs: the two files seem out of step"
        )
    few = Library(write(reads[:900], "few_1.fastq"), write(mates[-900:], "few_2.fastq"))
    assert digest([few], PROTOCOLS).verdict != "discordant"


def test_a_third_of_the_mates_may_be_poor(write):
    reads = library("truseq", 3000)
    mates = [m if i % 3 else "G" * 40 for i, m in enumerate(mates_of(reads))]
    result = digest([Library(write(reads, "1.fastq"), write(mates, "2.fastq"))], PROTOCOLS)
    assert (result.verdict, result.fates["pair_discordant"]) == ("fits", 1000)


def trimmed_reads() -> list[str]:
    draw = np.random.default_rng(2)
    return [draw.choice(MATURES)[: draw.integers(17, 24)] for _ in range(2000)]


def test_trimmed_reads_must_be_declared(write):
    path = write(trimmed_reads())
    result = digest([Library(path)], PROTOCOLS)
    assert (result.protocol, result.verdict) == ("trimmed", "trimmed")
    assert result.reason == (
        "an adapter is in 0.0% of the reads, most inserts have 22 nt; "
        "if the reads were trimmed, declare it: protocol trimmed"
    )
    assert digest([Library(path)], PROTOCOLS, declared="trimmed").verdict == "fits"


def test_no_kit_fits(write, random_bases):
    result = digest([Library(write(random_bases(2000, 76)))], PROTOCOLS)
    assert result.verdict == "none_fits"
    assert result.reason == "no known adapter is in more than 0.0% of the reads"
    assert sum(result.fates.values()) + result.molecules.sum() == 2000


def test_dimers_alone_do_not_name_a_kit(write):
    dimers = [PROTOCOLS["truseq"].adapter + READ_ON[:30]] * 3000 + library("truseq", 100)
    result = digest([Library(write(dimers))], PROTOCOLS)
    assert (result.protocol, result.verdict) == ("truseq", "undecided")
    assert result.reason == "100 informative reads, fewer than 1000"
    assert result.fates["adapter_dimer"] == 3000


def test_few_reads_take_the_protocol_of_the_batch(write):
    few = [Library(write(library("nextflex_4n", 200), "few.fastq"))]
    batch = [[Library(write(library(n), f"{n}.fastq"))] for n in ("nextflex_4n", "truseq")]
    batch.append([Library(write(library("nextflex_4n"), "third.fastq"))])
    assert batch_protocol([*batch, few], PROTOCOLS) == "nextflex_4n"
    assert batch_protocol([few], PROTOCOLS) is None
    result = digest(few, PROTOCOLS, fallback=lambda: batch_protocol([*batch, few], PROTOCOLS))
    assert (result.protocol, result.verdict) == ("nextflex_4n", "borrowed")
    assert result.reason == "200 informative reads, fewer than 1000: as most of its batch"
    assert digest(few, PROTOCOLS).verdict == "undecided"
    # enough reads: nobody is asked
    assert digest(batch[1], PROTOCOLS, fallback=lambda: "qiaseq").protocol == "truseq"


REAL = {
    **{f"exrnaqc/RNA0149{n}_R1": "truseq" for n in ("37_S1", "38_S2", "39_S3")},
    **{f"nextflex4n/sample0{n}": "nextflex_4n" for n in range(1, 7)},
    "qiaseq/mirtrace_QiaSeq_data": "qiaseq",
}


@pytest.mark.parametrize("file", REAL)
def test_the_kit_of_real_reads(shared, file):
    result = digest([Library(str(shared(f"fastq/{file}.fastq.gz")))], PROTOCOLS)
    assert (result.protocol, result.verdict) == (REAL[file], "fits")
    assert result.total == 10_000


def test_random_bases_of_real_reads_hide_the_mirna(shared, sequences):
    """Exact matures: more than 20 times as many as without their removal, 3 to 13 % of reads."""
    lines = shared("reference/hsa_mature.fa").read_text().split("\n")
    matures = {line.replace("U", "T") for line in lines if line and line[0] != ">"}

    def mirna(path: str, protocol: str) -> int:
        found = sequences(digest([Library(path)], PROTOCOLS, declared=protocol))
        return sum(found[mature] for mature in matures)

    plain = with_removal = 0
    for number in range(1, 7):
        path = str(shared(f"fastq/nextflex4n/sample0{number}.fastq.gz"))
        plain += mirna(path, "truseq")
        found = mirna(path, "nextflex_4n")
        assert 300 <= found <= 1300
        with_removal += found
    assert with_removal > 20 * plain
