"""Every kind of isomiR by name, on the precursor of miR-21."""

import numpy as np
import pytest

from evigil.rna.sequences import encode
from evigil.smallrna.assign import assign
from evigil.smallrna.isomirs import call_isomirs
from evigil.smallrna.mirgff3 import license_plates, write_isomirs

MIR_21 = "TAGCTTATCAGACTGATGTTGA"
BEFORE, AFTER = "TGTCGGG", "CTGTTGAATC"


def swapped(sequence: str, at: int) -> str:
    return (
        sequence[:at] + {"A": "C", "C": "A", "G": "T", "T": "G"}[sequence[at]] + sequence[at + 1 :]
    )


CASES = {
    MIR_21: ("NA", "22M", 8, 29),
    BEFORE[-1] + MIR_21: ("iso_5p:-1", "23M", 7, 29),
    MIR_21[2:]: ("iso_5p:+2", "20M", 10, 29),
    MIR_21 + AFTER[:2]: ("iso_3p:+2", "24M", 8, 31),
    MIR_21[:-3]: ("iso_3p:-3", "19M", 8, 26),
    MIR_21 + "AA": ("iso_add3p:2", "22M2I", 8, 29),
    MIR_21 + AFTER[0] + "A": ("iso_3p:+1,iso_add3p:1", "23M1I", 8, 30),
    MIR_21[1:-1] + "T": ("iso_3p:-1,iso_5p:+1,iso_add3p:1", "20M1I", 9, 28),
    "C" + MIR_21: ("iso_add5p:1", "1I22M", 8, 29),
    "C" + BEFORE[-1] + MIR_21: ("iso_5p:-1,iso_add5p:1", "1I23M", 7, 29),
    swapped(MIR_21, 0): ("iso_snv", "T21M", 8, 29),
    swapped(MIR_21, 1): ("iso_snv_seed", "1MA20M", 8, 29),
    swapped(MIR_21, 6): ("iso_snv_seed", "6MA15M", 8, 29),
    swapped(MIR_21, 7): ("iso_snv_central_offset", "7MT14M", 8, 29),
    swapped(MIR_21, 8): ("iso_snv_central", "8MC13M", 8, 29),
    swapped(MIR_21, 11): ("iso_snv_central", "11MA10M", 8, 29),
    swapped(MIR_21, 12): ("iso_snv_central_supp", "12MC9M", 8, 29),
    swapped(MIR_21, 16): ("iso_snv_central_supp", "16MT5M", 8, 29),
    swapped(MIR_21, 17): ("iso_snv", "17MG4M", 8, 29),
    # positions are those of the mature, also where the read begins elsewhere
    swapped(MIR_21, 6)[2:]: ("iso_5p:+2,iso_snv_seed", "4MA15M", 10, 29),
    swapped(MIR_21, 12) + "AA": ("iso_add3p:2,iso_snv_central_supp", "12MC9M2I", 8, 29),
    # the last bases that disagree are additions: nobody can tell
    MIR_21[:-1] + "T": ("iso_3p:-1,iso_add3p:1", "21M1I", 8, 28),
}


@pytest.fixture(scope="module")
def called(bundled, digested):
    reads = digested(dict.fromkeys(CASES, 3))
    table = call_isomirs(reads, assign(reads, bundled), bundled)
    return table[table["mature"] == "hsa-miR-21-5p"].set_index("unique")


@pytest.mark.parametrize("read", CASES)
def test_kinds(called, read):
    row = called.loc[sorted(CASES).index(read)]
    assert (row["variant"], row["cigar"], row["start"], row["end"]) == CASES[read]
    assert row["parents"] == "hsa-mir-21" and row["share"] == 1


def test_matures_of_one_sequence_are_lines_of_their_own_with_all_precursors(bundled, digested):
    reads = digested({"ACAGTAGTCTGCACATTGGTTA": 9, "CGATCGATTTAGCCCGATAGCA": 1})
    table = call_isomirs(reads, assign(reads, bundled), bundled)
    assert dict(zip(table["mature"], table["parents"], strict=True)) == {
        "hsa-miR-199a-3p": "hsa-mir-199a-1,hsa-mir-199a-2",
        "hsa-miR-199b-3p": "hsa-mir-199b",
    }
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["unique"].tolist() == [0, 0]


def test_no_read_of_a_mirna_is_no_line(bundled, digested, tmp_path):
    reads = digested({"CGATCGATTTAGCCCGATAGCA": 1})
    assert call_isomirs(reads, assign(reads, bundled), bundled).empty
    write_isomirs(reads, assign(reads, bundled), bundled, "s", tmp_path / "s.gff3")
    lines = (tmp_path / "s.gff3").read_text().splitlines()
    assert len(lines) == 5 and lines[3] == "## COLDATA: s"


def test_lines_of_a_file(bundled, digested, tmp_path):
    reads = digested({MIR_21: 12, MIR_21 + "AA": 3})
    write_isomirs(reads, assign(reads, bundled), bundled, "s", tmp_path / "s.gff3")
    lines = (tmp_path / "s.gff3").read_text().splitlines()[5:]
    assert lines[0] == (
        "hsa-mir-21\tmiRBase22\tref_miRNA\t8\t29\t.\t+\t.\tUID=iso-22-VIV6OYINL;"
        "Read=TAGCTTATCAGACTGATGTTGA;Name=hsa-miR-21-5p;Parent=hsa-mir-21;Variant=NA;Cigar=22M;"
        "Hits=1;Expression=12;Filter=Pass;share=1"
    )
    assert "Variant=iso_add3p:2;Cigar=22M2I;Hits=1;Expression=3;" in lines[1]


def test_license_plates_are_one_to_one():
    rng = np.random.default_rng(3)
    short = ["A", "T", "AA", "TTT", "AAAA", "TTTT", "ACGTA"]
    reads = sorted({*short, *("".join(rng.choice(list("ACGT"), n)) for n in range(16, 51))})
    plates = license_plates(*encode(reads))
    assert len(set(plates)) == len(reads)
    by_read = dict(zip(reads, plates, strict=True))
    assert [by_read[s] for s in short] == [
        *("iso-1-B", "iso-1-E", "iso-2-F", "iso-3-0Q", "iso-4-06", "iso-4-KQ", "iso-5-EL"),
    ]
