import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.rna.sequences import decode, encode, read_fasta
from evigil.rna.strands import reverse_complement


def test_codes():
    bases, offsets = encode(["ACGTU", "", "acgtn"])
    assert bases.tolist() == [0, 1, 2, 3, 3, 0, 1, 2, 3, 4]
    assert offsets.tolist() == [0, 5, 5, 10]


@given(st.lists(st.text("ACGTN", max_size=30), max_size=8))
def test_decode_is_the_inverse(sequences):
    assert decode(*encode(sequences)) == sequences


@given(st.lists(st.text("ACGT", max_size=30), max_size=8))
def test_reverse_complement(sequences):
    partner = str.maketrans("ACGT", "TGCA")
    found = decode(*reverse_complement(*encode(sequences), np.arange(len(sequences))))
    assert found == [s.translate(partner)[::-1] for s in sequences]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_fasta(tmp_path, end, packed):
    text = end.join([">a one two", "ACGU", "acg", "", ">b\tthree", "NNAC"])
    path = tmp_path / "x.fa"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert read_fasta(path) == [("a", "one two", "ACGTACG"), ("b", "three", "NNAC")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "holds no FASTA record"),
        ("ACGT\n", "line 1: not FASTA, a header begins with '>'"),
        (">a\nACGT\n>a\nAC\n", "line 3: the name 'a' is given twice"),
        (">\nACGT\n", "line 1: a header without a name"),
        (">a\n>b\nAC\n", "'a' has no sequence"),
        (">a\nMKLV\n", "line 2: not a nucleotide sequence, got 'MKLV'"),
    ],
)
def test_fault_is_one_line(tmp_path, text, fault):
    path = tmp_path / "x.fa"
    path.write_text(text)
    with pytest.raises(UserError, match=fault):
        read_fasta(path)


def test_cut_off(tmp_path):
    path = tmp_path / "x.fa.gz"
    rng = np.random.default_rng(0)
    text = ">a\n" + "".join("ACGT"[i] for i in rng.integers(0, 4, 10_000))
    path.write_bytes(gzip.compress(text.encode())[:1000])
    with pytest.raises(UserError, match="is damaged or cut off"):
        read_fasta(path)
    with pytest.raises(UserError, match="no such file"):
        read_fasta(tmp_path / "absent.fa")
