"""Alignments are what pysam reads back: every sequence, tag and place, the same bytes each time."""

import numpy as np
import pytest

from evigil.rna.sequences import encode
from evigil.smallrna.assign import assign
from evigil.smallrna.bam import write_alignments

MIR_21 = "TAGCTTATCAGACTGATGTTGA"
READS = {
    MIR_21: 40,
    MIR_21 + "AA": 7,
    MIR_21[:8] + "A" + MIR_21[9:]: 5,  # an odd length below, an even one here
    MIR_21[:-1]: 3,
    "ACAGTAGTCTGCACATTGGTTA": 9,  # three hairpins, two features
    "GCATTGGTGGTTCAGTGGTAGAATTCTCGCC": 2_000_000_000,
    "CGATCGATTTAGCCCGATAGCA": 1,  # fits nothing
}


@pytest.fixture(scope="module")
def sample(bundled, digested, tmp_path_factory):
    reads = digested(READS)
    assignment = assign(reads, bundled)
    path = tmp_path_factory.mktemp("bam") / "s.bam"
    write_alignments(reads, assignment, bundled, "s", path)
    return path, reads, assignment


def test_records_are_the_hits(sample, bundled):
    import pysam

    path, reads, assignment = sample
    pysam.quickcheck(str(path))
    with pysam.AlignmentFile(path) as file:
        records = list(file)
        assert file.header.to_dict()["RG"] == [{"ID": "s", "SM": "s"}]
        assert file.header["PG"][0].keys() == {"ID", "PN", "VN"}
        assert list(file.references) == bundled.references["name"].tolist()
    places = [(r.reference_id, r.reference_start) for r in records]
    assert places == sorted(places)
    hits = assignment.hits.set_index(["unique", "reference", "position"])
    assert len(records) == len(hits)
    names = sorted(READS)
    for record in records:
        unique, molecules = map(int, record.query_name.split("x"))
        hit = hits.loc[(unique, record.reference_id, record.reference_start)]
        assert record.query_sequence == names[unique] and molecules == READS[names[unique]]
        assert record.get_tag("XC") == molecules
        assert record.get_tag("NM") == hit["mismatches"]
        assert record.get_tag("XF") == bundled.fates[assignment.fate[unique]]
        added = int(hit["additions"])
        body = len(record.query_sequence) - added
        assert record.cigartuples == [(0, body), *([(4, added)] if added else [])]
        reference = bundled.sequence(record.reference_id)
        expected = reference[record.reference_start : record.reference_end]
        pairs = zip(record.query_alignment_sequence, expected, strict=True)
        assert sum(a != b for a, b in pairs) == record.get_tag("NM")


def test_one_place_of_a_sequence_is_primary(sample):
    import pysam

    with pysam.AlignmentFile(sample[0]) as file:
        shared = [r for r in file if r.query_sequence == "ACAGTAGTCTGCACATTGGTTA"]
    assert sorted((r.get_tag("HI"), r.is_secondary) for r in shared) == [
        (1, False),
        (2, True),
        (3, True),
    ]
    assert {(r.get_tag("NH"), r.mapping_quality) for r in shared} == {(3, 0)}


def test_pile_up_on_a_hairpin(sample):
    """Depth follows the reads along miR-21; additions are clipped off."""
    import pysam

    with pysam.AlignmentFile(sample[0]) as file:
        columns = {
            c.reference_pos: [p.alignment.get_tag("XC") for p in c.pileups]
            for c in file.pileup("hsa-mir-21", min_base_quality=0)
        }
    assert sorted(columns) == list(range(7, 29))
    depth = [sum(columns[i]) for i in range(7, 29)]
    assert depth == [55] * 21 + [52]


def test_bytes_are_the_same_and_the_index_finds_reads(sample, bundled, tmp_path):
    import pysam

    path, reads, assignment = sample
    again = tmp_path / "other name.bam"
    write_alignments(reads, assignment, bundled, "s", again)
    assert again.read_bytes() == path.read_bytes()
    assert (tmp_path / "other name.bam.bai").read_bytes() == path.with_suffix(
        ".bam.bai"
    ).read_bytes()
    with pysam.AlignmentFile(path) as file:
        assert file.count("hsa-mir-21", 7, 9) == 4 and file.count("hsa-mir-21", 28, 29) == 3
        assert file.count("hsa-let-7a-1") == 0


def test_htslib_writes_the_same_records(sample, tmp_path):
    """Field by field: what htslib packs itself from our records is what we packed."""
    import pysam

    copy = tmp_path / "copy.bam"
    with pysam.AlignmentFile(sample[0]) as file, pysam.AlignmentFile(copy, "wb", file) as out:
        for record in file:
            out.write(pysam.AlignedSegment.from_dict(record.to_dict(), file.header))
    with pysam.AlignmentFile(sample[0]) as a, pysam.AlignmentFile(copy) as b:
        for x, y in zip(a, b, strict=True):
            assert (x.bin, x.to_string()) == (y.bin, y.to_string())


def test_places_are_capped(bundled, digested, tmp_path, monkeypatch):
    """A sequence of many places is shown at some of them, and says how many there are."""
    import pysam

    monkeypatch.setattr("evigil.smallrna.bam.MOST_PLACES", 2)
    reads = digested({"TGAGGTAGTAGGTTGTATAGTT": 4})
    write_alignments(reads, assign(reads, bundled), bundled, "s", tmp_path / "s.bam")
    with pysam.AlignmentFile(tmp_path / "s.bam") as file:
        records = [(r.reference_name, r.is_secondary, r.get_tag("NH")) for r in file]
    assert records == [("hsa-let-7a-1", False, 3), ("hsa-let-7a-2", True, 3)]


def test_no_alignment_is_a_file_all_the_same(bundled, digested, tmp_path):
    import pysam

    bases, offsets = encode([])
    empty = digested({})
    empty.bases, empty.offsets, empty.molecules = bases, offsets, np.zeros(0, np.int64)
    write_alignments(empty, assign(empty, bundled), bundled, "s", tmp_path / "s.bam")
    pysam.quickcheck(str(tmp_path / "s.bam"))
    with pysam.AlignmentFile(tmp_path / "s.bam") as file:
        assert list(file) == []
