import gzip
import hashlib
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.rna.load import load_reference
from evigil.rna.sequences import encode
from evigil.smallrna.assign import assign

MIR_486_5P = "TCCTGTACTGAGCTGCCCCGAG"
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def counts_of(assignment, bundle):
    return bundle.features.assign(**assignment.counts).set_index("name")


def test_palindromic_partner_does_not_take_mir_486_5p(bundled, digested):
    """The hairpins of miR-486 are each other's antisense; a strand-blind search loses reads."""
    result = assign(digested({MIR_486_5P: 100, "CGGGGCAGCTCAGTACAGGAT": 7}), bundled)
    table = counts_of(result, bundled)
    assert table.loc["hsa-miR-486-5p", "X"] == 100
    assert table.loc["hsa-miR-486-3p", "X"] == 7
    assert result.ledger["miRNA"] == 107 and result.ledger["antisense"] == 0


def test_isomirs_count_for_their_mature_with_the_shifts_said(bundled, digested):
    hairpin = bundled.references.query("name == 'hsa-mir-21'").index[0]
    whole = bundled.sequence(hairpin)
    start = whole.index("TAGCTTATCAGACTGATGTTGA")
    reads = {
        "canonical": (whole[start : start + 22], 0, 0, 0),
        "templated": (whole[start : start + 23], 0, 1, 0),
        "five": (whole[start + 1 : start + 22], 1, 0, 0),
        "added": (whole[start : start + 22] + "AA", 0, 0, 2),
    }
    assert whole[start + 22] != "A"
    result = assign(digested({r[0]: 1 for r in reads.values()}), bundled)
    by_read = dict(zip(sorted(r[0] for r in reads.values()), result.hits.itertuples(), strict=True))
    for sequence, five, three, added in reads.values():
        hit = by_read[sequence]
        assert (hit.shift_5p, hit.shift_3p, hit.additions) == (five, three, added)
        assert bundled.matures["name"][hit.mature] == "hsa-miR-21-5p"
        assert hit.reference == hairpin and hit.mismatches == 0
    assert counts_of(result, bundled).loc["hsa-miR-21-5p", "exclusive"] == 4


def test_a_read_of_the_loop_counts_for_the_hairpin(bundled, digested):
    row = bundled.references.query("name == 'hsa-mir-21'").index[0]
    loop = bundled.sequence(row)[24:44]
    result = assign(digested({loop: 3}), bundled)
    table = counts_of(result, bundled)
    assert table.loc["hsa-mir-21", ["X", "biotype"]].tolist() == [3, "miRNA_hairpin"]
    assert result.ledger["miRNA"] == 3
    assert result.hits["mature"].tolist() == [-1]


def test_identical_matures_are_one_feature(bundled, digested):
    result = assign(digested({"ACAGTAGTCTGCACATTGGTTA": 9}), bundled)
    table = counts_of(result, bundled)
    assert table.loc["hsa-miR-199a-3p/hsa-miR-199b-3p", "exclusive"] == 9
    # three hairpins have it: one feature, its share divided among the places
    assert len(result.hits) == 3
    assert result.hits["weight"].tolist() == pytest.approx([1 / 3] * 3)


def test_classes(bundled, digested):
    reads = {
        "GGCTGGTCCGATGGTAGTGGGTTATCAGAACT": "Y_RNA",
        "GCATTGGTGGTTCAGTGGTAGAATTCTCGCC": "tRNA",
        "GGCCGTGATCGTATAGTGGTTAGTACTCTG": "tRNA",  # tRNA-His with its G−1
        "TCCCTGGTGGTCTAGTGGTTAGGATTCGGCGCT": "tRNA",
        "GTCTACGGCCATACCACCCTGAACGCGCCCGATCT": "rRNA",
        "TGGAATTCTCGGGTGCCAAGG": "artifact",
        "TTCGAGACCCGCGGGCGCTCTCCAGTCCTTTT": "vault",
        "GCCGGGCGCGGTGGCGCGTGCCTG": "7SL",
        "GGATGTGAGGGCGATCTGGCTGCG": "7SK",
        "ATACTTACCTGGCAGGGGAGATACC": "snRNA",
        "ACGTACGTTAGACCCCGATTTTAGGGACCA": "unmapped",
    }
    reads[MIR_486_5P] = "miRNA"
    reads["GGCTGGTCCGATGGTAGTGGGTTATC".translate(COMPLEMENT)[::-1]] = "antisense"
    result = assign(digested(dict.fromkeys(reads, 1)), bundled)
    assert [bundled.fates[f] for f in result.fate] == [reads[s] for s in sorted(reads)]


def test_cca_of_a_trna_is_matched(bundled, digested):
    row = bundled.references.query("name.str.startswith('tRNA-Gly-GCC')").index[0]
    tail = bundled.sequence(row)[-20:]
    assert tail.endswith("CCA")
    assert assign(digested({tail: 1}), bundled).ledger["tRNA"] == 1


def test_class_order_decides_between_equal_fits(tmp_path, digested, bundled):
    folder = Path(__file__).resolve().parents[3] / "resources" / "reference"
    further = tmp_path / "mine.fa"
    further.write_text(f">copy\n{MIR_486_5P}GGG\n")
    reads = digested({MIR_486_5P: 5})
    behind = load_reference(folder, fasta={"mine": str(further)})
    assert assign(reads, behind).ledger["miRNA"] == 5
    ahead = load_reference(folder, fasta={"mine": str(further)}, class_order=["mine"])
    result = assign(reads, ahead)
    assert result.ledger["other"] == 5
    assert counts_of(result, ahead).loc["copy", ["X", "biotype"]].tolist() == [5, "mine"]
    assert ahead.key != behind.key


def test_row_order_changes_no_count(bundled, digested):
    reads = {MIR_486_5P: 5, "GCATTGGTGGTTCAGTGGTAGAATTC": 11, "TGAGGTAGTAGGTTGTATGG": 3}
    first = assign(digested(reads), bundled)
    reverse = digested(reads)
    reverse.bases, reverse.offsets = encode(sorted(reads)[::-1])
    reverse.molecules = reverse.molecules[::-1]
    second = assign(reverse, bundled)
    pd.testing.assert_frame_equal(first.counts, second.counts)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text("ACGTN", min_size=0, max_size=45), st.integers(0, 10**7), min_size=1, max_size=20
    )
)
def test_ledger_adds_up(bundled, digested, reads):
    result = assign(digested(reads), bundled)
    assert sum(result.ledger.values()) == sum(reads.values())
    assigned = sum(n for fate, n in result.ledger.items() if fate not in ("antisense", "unmapped"))
    assert result.counts["X"].sum() == assigned
    assert result.counts["exact"].sum() == pytest.approx(assigned)
    assert (result.counts["exclusive"] <= result.counts["X"]).all()


def test_nothing_to_assign(bundled, digested):
    result = assign(digested({}), bundled)
    assert sum(result.ledger.values()) == 0 and result.hits.empty
    assert (result.counts.sum() == 0).all()


def test_a_reference_without_mirna(tmp_path, digested):
    sequence = "ACGTTAGGCATTAGCAGGACCTTAGGAC"
    (tmp_path / "r.fa").write_text(f">r\n{sequence}\n")
    found = hashlib.sha256((tmp_path / "r.fa").read_bytes()).hexdigest()
    (tmp_path / "manifest.tsv").write_text(
        "file\tname\tclass\taccession\tsource\tversion\tlicence\tsha256\n"
        f"r.fa\tx\trRNA\t\ttest\t1\tnone\t{found}\n"
    )
    bundle = load_reference(tmp_path)
    result = assign(digested({sequence[2:22]: 3, MIR_486_5P: 2}), bundle)
    assert result.ledger["rRNA"] == 3 and result.ledger["unmapped"] == 2
    assert counts_of(result, bundle)["X"].to_dict() == {"r": 3}


SPIKES = {"RNA014937_S1": 98, "RNA014938_S2": 188, "RNA014939_S3": 321}


@pytest.mark.parametrize("library", SPIKES)
def test_spike_ins_of_real_plasma(shared, tmp_path, digested, library):
    """The recount of the data's README: substrings of 16 and more with at most one mismatch."""
    sheet = pd.read_csv(shared("fastq/exrnaqc/exRNAQC_spike_sequences.csv"), encoding="utf-8-sig")
    table = tmp_path / "spikes.tsv"
    sheet.columns = ["name", "sequence"]
    sheet.assign(amount="").to_csv(table, sep="\t", index=False)
    folder = Path(__file__).resolve().parents[3] / "resources" / "reference"
    bundle = load_reference(folder, spike_ins=table)
    path = shared(f"fastq/exrnaqc/{library}_R1.fastq.gz")
    lines = gzip.open(path, "rt").read().split("\n")[1::4]
    inserts = [s[: s.find("TGGAATTCTCGG")] for s in lines if "TGGAATTCTCGG" in s]
    reads = Counter(s for s in inserts if len(s) >= 16 and "N" not in s)
    result = assign(digested(reads), bundle)
    assert abs(result.ledger["spike_in"] - SPIKES[library]) <= 4
    top = counts_of(result, bundle)["X"].nlargest(1)
    assert top.index[0] == "hsa-miR-486-5p" and top.iloc[0] > 3000
