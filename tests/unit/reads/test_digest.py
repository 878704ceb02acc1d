"""Every read has one fate, and the numbers are the same however the bytes come."""

import gzip
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.reads.digest import Library, digest
from evigil.reads.protocol import Protocol
from evigil.reads.protocols import load_protocols

PROTOCOLS = load_protocols()
TRUSEQ = PROTOCOLS["truseq"].adapter
LET7 = "TGAGGTAGTAGGTTGTATAGTT"
MIR21 = "TAGCTTATCAGACTGATGTTGA"


def fates(result) -> dict[str, int]:
    """The fates that a read had."""
    found = {name: n for name, n in result.fates.items() if n}
    kept = int(result.molecules.sum())
    assert kept + sum(found.values()) == result.total
    return found | ({"kept": kept} if kept else {})


def run(path: str, declared: str = "truseq", **options):
    return digest([Library(path)], PROTOCOLS, declared=declared, **options)


def same(a, b) -> bool:
    """Whether two digests are equal in all they hold."""
    for name, value in vars(a).items():
        other = getattr(b, name)
        if isinstance(value, np.ndarray):
            assert value.tobytes() == other.tobytes(), name
        elif isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(value, other)
        else:
            assert value == other, name
    return True


@pytest.mark.parametrize(
    ("read", "fate"),
    [
        (LET7 + TRUSEQ + "AACTCCAG", "kept"),
        (LET7 + TRUSEQ[:5], "kept"),
        (LET7 + TRUSEQ[:4], "no_adapter"),
        (LET7 + TRUSEQ[:10] + "G" + TRUSEQ[11:], "kept"),
        ((LET7 + TRUSEQ).lower(), "kept"),
        (LET7.replace("T", "U") + TRUSEQ, "kept"),
        (TRUSEQ + "AACTCCAGTCAC", "adapter_dimer"),
        ("ACG" + TRUSEQ, "adapter_dimer"),
        ("ACGT" + TRUSEQ, "too_short"),
        (LET7[:15] + TRUSEQ, "too_short"),
        (LET7[:16] + TRUSEQ, "kept"),
        ((LET7 * 3)[:50] + TRUSEQ, "kept"),
        ((LET7 * 3)[:51] + TRUSEQ, "too_long"),
        (LET7[:9] + "N" + LET7[10:] + TRUSEQ, "ambiguous_base"),
        ("", "too_short"),
        ((LET7 + TRUSEQ, "I" * 10 + "#" * 12 + "I" * 21), "low_quality"),
        ((LET7 + TRUSEQ, "#" * 43), "low_quality"),
    ],
)
def test_the_fate_of_a_read(write, read, fate):
    assert fates(run(write([read]))) == {fate: 1}


def test_a_poor_end_is_cut_as_bwa_does(write, sequences):
    """From the 3′ end of the insert: 2, 2, 40: the two poor bases go."""
    result = run(write([(LET7 + TRUSEQ, "I" * 20 + "##" + "I" * 21)]))
    assert sequences(result) == {LET7[:20]: 1}
    assert result.lengths.query("length == 22")["reads"].tolist() == [1]
    assert result.lengths.query("length == 20")["kept_reads"].tolist() == [1]


def test_sequences_are_sorted_and_counted(write, sequences):
    reads = [LET7, MIR21, LET7 + "A", LET7, MIR21, LET7, LET7[:-1]]
    result = run(write([read + TRUSEQ for read in reads]))
    assert list(sequences(result).items()) == [
        (MIR21, 2),
        (LET7[:-1], 1),
        (LET7, 3),
        (LET7 + "A", 1),
    ]
    assert result.molecules.tolist() == [2, 1, 3, 1]
    assert (result.bases.dtype, result.offsets.dtype) == ("uint8", "int64")


def test_random_bases_and_umis(write, sequences, random_bases):
    around = random_bases(40, 8)
    four = [bases[:4] + LET7 + bases[4:] + TRUSEQ for bases in around]
    assert sequences(run(write(four), "nextflex_4n")) == {LET7: 40}
    adapter = PROTOCOLS["qiaseq"].adapter
    umis = random_bases(40, 12)
    reads = [LET7 + adapter + umi + "AGATCGGAAG" for umi in umis * 3]
    result = run(write(reads), "qiaseq")
    assert sequences(result) == {LET7: 120}
    assert fates(result) == {"kept": 40, "duplicate_umi": 80}
    # one base of the UMI is missing, and one is unknown
    reads = [LET7 + adapter + umis[0][:11], LET7 + adapter + umis[0][:11] + "N"]
    assert fates(run(write(reads), "qiaseq")) == {"too_long": 1, "ambiguous_base": 1}


def test_umis_in_bases_beside_the_insert(write, sequences, random_bases):
    kits = PROTOCOLS | {
        "front": Protocol("front", "", TRUSEQ, 8, 0, True, "leading", 8),
        "back": Protocol("back", "", TRUSEQ, 0, 8, True, "trailing", 8),
    }
    umis = random_bases(30, 8)
    for name in ("front", "back"):
        reads = [(u + LET7 if name == "front" else LET7 + u) + TRUSEQ for u in umis * 2]
        result = digest([Library(write(reads))], kits, declared=name)
        assert sequences(result) == {LET7: 60}
        assert result.molecules.sum() == 30


def test_poly_a(write, sequences):
    reads = ["GGG" + MIR21 + "A" * 20, "GGG" + MIR21 + "A" * 9]
    result = run(write(reads), "poly_a")
    assert sequences(result) == {MIR21[:-1]: 2}  # the insert's own last A goes with the tail


def test_trimmed_reads_are_inserts(write, sequences):
    result = run(write([LET7, MIR21, "ACGT"]), "trimmed")
    assert sequences(result) == {LET7: 1, MIR21: 1}
    assert fates(result) == {"kept": 2, "too_short": 1}


def complement(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_mates_confirm_the_insert(write, random_bases):
    wrong = random_bases(1, 22)[0]
    one_error = "A" + complement(LET7)[1:]
    ones = [LET7 + TRUSEQ] * 4
    twos = [complement(LET7) + "GATCGTCGGACT", wrong + "GATCGTCGGACT", one_error, ""]
    library = Library(write(ones, "a_1.fastq.gz"), write(twos, "a_2.fastq.gz"))
    result = digest([library], PROTOCOLS, declared="truseq")
    assert fates(result) == {"kept": 3, "pair_discordant": 1}


def test_mates_of_kits_with_something_before_the_insert(write, random_bases):
    adapter, umi = PROTOCOLS["qiaseq"].adapter, random_bases(1, 12)[0]
    cases = {
        "qiaseq": (LET7 + adapter + umi, complement(LET7 + adapter + umi)),
        "nextflex_4n": ("ACCA" + LET7 + "GTTG" + TRUSEQ, complement("ACCA" + LET7 + "GTTG")),
        "poly_a": ("GGG" + LET7 + "A" * 15, "T" * 27 + complement("GGG" + LET7)),
    }
    for name, (one, two) in cases.items():
        for mate, fate in ((two, "kept"), ("CA" + two, "pair_discordant")):
            library = Library(write([one], "a_1.fastq"), write([mate], "a_2.fastq"))
            expected = "kept" if name == "poly_a" else fate
            assert fates(digest([library], PROTOCOLS, declared=name)) == {expected: 1}


def test_chunks_change_nothing_for_pairs(write, random_bases):
    inserts = random_bases(50, 30)
    ones = [insert[: 16 + n % 15] + TRUSEQ for n, insert in enumerate(inserts)]
    twos = [complement(insert[: 16 + n % 14]) for n, insert in enumerate(inserts)]
    library = Library(write(ones, "a_1.fastq.gz"), write(twos, "a_2.fastq.gz"))
    whole = digest([library], PROTOCOLS, declared="truseq")
    assert set(fates(whole)) == {"kept", "pair_discordant"}
    for size in (1, 50, 333):
        assert same(digest([library], PROTOCOLS, declared="truseq", block_bytes=size), whole)


def test_as_a_plain_counter_has_it(write, random_bases, sequences):
    """More sequences than the table starts with, many of them several times, words of 32 bases."""
    inserts = [bases[: 16 + n % 35] for n, bases in enumerate(random_bases(40_000, 50))]
    reads = inserts + inserts[::3] + inserts[::7]
    result = run(write([read + TRUSEQ for read in reads], "a.fastq"))
    found = sequences(result)
    assert found == Counter(reads)
    assert list(found) == sorted(found)


def test_mates_must_pair_up(write):
    two, three = write([LET7] * 2, "two.fastq.gz"), write([LET7] * 3, "three.fastq.gz")
    for first, second in ((two, three), (three, two)):
        with pytest.raises(UserError) as error:
            digest([Library(first, second)], PROTOCOLS, declared="truseq")
        assert str(error.value) == f"{two}: has 2 reads, and {three} has more; mates must pair up"
    with pytest.raises(UserError, match="some libraries of the sample have mates, some not"):
        digest([Library(two), Library(two, two)], PROTOCOLS)


@pytest.fixture
def many(random_bases) -> list[tuple[str, str]]:
    """Reads of every fate, with qualities."""
    draw = np.random.default_rng(3)
    reads = []
    for insert in random_bases(60, 60):
        for _ in range(3):
            read = (insert[: draw.integers(0, 60)] + TRUSEQ + "AACTCCAG")[: draw.integers(30, 60)]
            quality = draw.choice(list("#,:FI"), len(read), p=[0.05, 0.05, 0.1, 0.4, 0.4])
            reads.append((read, "".join(quality)))
    return reads


def test_chunks_lanes_and_line_ends_change_nothing(write, many):
    whole = run(write(many))
    assert len(fates(whole)) >= 5
    for size in (1, 7, 100, 1000):
        assert same(run(write(many), block_bytes=size), whole)
    for cut in (1, 50, 179):
        lanes = [Library(write(many[cut:], "b.fastq"), lane="2")]
        lanes.append(Library(write(many[:cut], "a.fastq.gz"), lane="1"))
        for order in (lanes, lanes[::-1]):
            assert same(digest(order, PROTOCOLS, declared="truseq"), whole)
    assert same(run(write(many, end="\r\n")), whole)


def test_all_that_holds_the_same_bytes(write, many, bgzf, tmp_path):
    plain = write(many, "a.fastq")
    whole = run(plain)
    data = (tmp_path / "a.fastq").read_bytes()
    forms = {
        "members.fastq.gz": gzip.compress(data[:999]) + gzip.compress(data[999:]),
        "bgzf.fastq.gz": b"".join(bgzf(data)),
        "bgzf_of_two.fastq.gz": b"".join(bgzf(data[:999]) + bgzf(data[999:])),
        "bgzf_without_its_end.fastq.gz": b"".join(bgzf(data)[:-1]),
        "bgzf_and_gzip.fastq.gz": b"".join(bgzf(data[:999])) + gzip.compress(data[999:]),
        "padded.fastq.gz": gzip.compress(data) + b"\0" * 100,
        "no_last_line_end.fastq": data[:-1],
        "blank_lines_behind.fastq": data + b"\n\r\n\n",
    }
    for name, content in forms.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert same(run(str(path)), whole), name


def test_old_qualities_are_recognised(write, many):
    """Phred+64: every quality 31 higher, and no other number differs."""
    old = [(read, "".join(chr(ord(q) + 31) for q in quality)) for read, quality in many]
    assert same(run(write(old)), run(write(many)))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n", "read 2 is cut off"),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIII", "read 2 is cut off"),
        (b"@a\nACGT\n+\nIIII\nb\nACGT\n+\nIIII\n", "read 2 does not start with @"),
        (b"@a\nACGT\n+\nIIIII\n", "read 1 has a sequence and qualities of different lengths"),
        (
            b"@a\nACGT\n+\nIII\n@b\nACGT\n+\nIIII\n",
            "read 1 has a sequence and qualities of different lengths",
        ),
        (b"@a\nACGT\n-\nIIII\n", "read 1 has a third line that does not start with +"),
        (b"@a\nAC1T\n+\nIIII\n", "read 1 has '1' in its sequence; A, C, G, T and N are allowed"),
        (b"@a\nACGT\n+\nI\x07II\n", "read 1 has a quality that is no printable character"),
        (b"\n\n", "is empty"),
    ],
)
@pytest.mark.parametrize("size", [3, 1 << 20])
def test_a_damaged_file_is_one_line(write, content, fault, size):
    path = write(content, "a.fastq")
    with pytest.raises(UserError) as error:
        run(path, block_bytes=size)
    assert str(error.value) == f"{path}: {fault}"


def test_a_file_cut_off_far_behind_its_start(write, random_bases, tmp_path):
    path = write([read + TRUSEQ for read in random_bases(60_000, 22)])
    data = (tmp_path / "reads.fastq.gz").read_bytes()
    (tmp_path / "reads.fastq.gz").write_bytes(data[:-100])
    with pytest.raises(UserError) as error:
        run(path, block_bytes=1 << 16)
    fault = "the gzip file is cut off; copy or download it again"
    assert str(error.value) == f"{path}: {fault}"
    broken = bytearray(data)
    broken[len(data) // 2] ^= 255
    (tmp_path / "reads.fastq.gz").write_bytes(bytes(broken))
    with pytest.raises(UserError, match=r"reads\.fastq\.gz: the gzip file is damaged"):
        run(path)


def test_quality_tables(write):
    reads = [(LET7 + TRUSEQ, "I" * 43), (MIR21 + TRUSEQ, "?" + "5" * 42), (LET7 + TRUSEQ, "I" * 43)]
    result = run(write(reads))
    first = result.positions.iloc[0].to_dict()
    assert first == {
        **{"position": 1, "reads": 3, "A": 0, "C": 0, "G": 0, "T": 3, "N": 0},
        **{"mean_quality": pytest.approx((40 + 30 + 40) / 3), "q30_share": 1},
    }
    assert len(result.positions) == 43
    assert (result.q30_bases, result.bases_read) == (87, 129)
    assert result.lengths.to_dict("list") == {
        **{"length": [22], "reads": [3], "kept_reads": [3]},
        **{"molecules": [3], "sequences": [2]},
    }
    table = result.duplication.query("sequences > 0")
    assert table.to_dict("list") == {"copies": [1, 2], "sequences": [1, 1], "reads": [1, 2]}


letters = st.text(alphabet="ACGTN", max_size=40)
record = st.one_of(
    letters.map(lambda s: f"@r\n{s}\n+\n{'I' * len(s)}\n"),
    letters.map(lambda s: f"@r\n{LET7}{TRUSEQ}{s}\n+\n{'F' * (len(s) + 43)}\n"),
    letters.map(lambda s: f"@r\r\n{s}{TRUSEQ}\r\n+\r\n{'#' * (len(s) + 21)}\r\n"),
).map(str.encode)
noise = st.one_of(st.binary(max_size=30), st.sampled_from([b"@", b"\n", b"+\n", b"@r\nAC\n"]))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    parts=st.lists(st.one_of(record, record, record, noise), max_size=8),
    size=st.integers(1, 64),
    name=st.sampled_from(sorted(PROTOCOLS)),
)
def test_any_bytes_have_fates_that_add_up_or_are_refused(tmp_path, parts, size, name):
    data = b"".join(parts)
    path = tmp_path / "any.fastq"
    path.write_bytes(data)
    try:
        result = run(str(path), name, block_bytes=size)
    except UserError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
    else:
        assert result.molecules.sum() + sum(result.fates.values()) == result.total
        assert result.reads.sum() == result.molecules.sum() + result.fates["duplicate_umi"]
        if all(part.startswith(b"@r") and part.count(b"\n") == 4 for part in parts):
            assert result.total == len(parts)
