from evigil.smallrna.assign import assign
from evigil.smallrna.clades import clade_reads


def test_reads_of_another_species_are_counted(bundled, digested):
    bantam, plant = "TGAGATCATTTTGAAAGCTGATT", "TCGGACCAGGCTTCATTCCCC"
    insect = bundled.clades.query("clade == 'insects' and family == '1000'")["sequence"].iloc[0]
    dicot = bundled.clades.query("clade == 'dicots'")["sequence"].iloc[0]
    human = "TCCTGTACTGAGCTGCCCCGAG"
    reads = digested({insect + "AA": 5, insect[:20]: 2, dicot: 7, insect[:19]: 100, human: 9})
    table = clade_reads(reads, assign(reads, bundled), bundled)
    assert table["clade"].tolist() == ["dicots", "insects"]
    assert table["reads"].tolist() == [7, 7]
    # families that many clades have are no evidence of one
    common = digested({bantam: 3, plant: 3})
    assert clade_reads(common, assign(common, bundled), bundled).empty


def test_a_read_that_the_reference_explains_is_not_foreign(bundled, digested):
    own = bundled.sequence(bundled.references.query("name == 'hsa-mir-21'").index[0])[7:29]
    from dataclasses import replace

    clades = bundled.clades.head(1).assign(sequence=own)
    reads = digested({own: 4})
    mine = replace(bundled, clades=clades)
    assert clade_reads(reads, assign(reads, mine), mine).empty


def test_the_own_clade_is_not_in_the_bundle(bundled):
    assert "primates" not in set(bundled.clades["clade"])
    assert len(set(bundled.clades["clade"])) == 13
