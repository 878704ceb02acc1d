import pytest

from evigil.proteomics.accessions import contaminants, decoys, members, plain_group


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("P02790", "P02790"),
        ("P02790;P02768-1", "P02790;P02768-1"),
        ("sp|P02790|HEMO_HUMAN", "P02790"),
        ("sp|P02790|HEMO_HUMAN;tr|A0A0A0|A0A0A0_HUMAN", "P02790;A0A0A0"),
        ("sp|P2-2|B_HUMAN, tr|Q9|Q9_HUMAN", "P2-2;Q9"),
        ("P1;;P1 ; P2", "P1;P2"),
        ("mut-yEGFP", "mut-yEGFP"),
        ("ENSP00000354687", "ENSP00000354687"),
        ("P1;", "P1"),
        ("", ""),
    ],
)
def test_groups_are_accessions_in_the_order_of_the_engine(written, plain):
    assert plain_group(written) == plain


@pytest.mark.parametrize(
    ("group", "decoy", "contaminant"),
    [
        ("P1", False, False),
        ("REV__P1", True, False),
        ("rev_sp|P1|A_HUMAN", True, False),
        ("DECOY_P1;rev_P2", True, False),
        ("XXX_P1", True, False),
        ("reverse_P1", True, False),
        ("P1;REV__P2", False, False),  # a target that shares its peptides with a decoy
        ("CON__P1", False, True),
        ("CON__P1;P1", False, True),
        ("P1;CON__ENSEMBL:ENSBTAP1", False, True),
        ("Cont_P1", False, True),
        ("sp|Cont_P1|ALBU_BOVIN", False, True),
        ("contam_sp|P1|TRYP_PIG", False, True),
        ("rev_contam_sp|P1|TRYP_PIG", True, True),
        ("cRAP-P1", False, True),
        ("cRAP_P1", False, True),
        ("cRAP001|P1|X", False, True),
        ("REV1_HUMAN", False, False),
        ("CRAPPY", False, False),
        ("CONT1_HUMAN", False, False),
        ("sp|P1|REV3L_HUMAN", False, False),
        ("sp|Q9|XXX1_HUMAN", False, False),
        ("", False, False),
    ],
)
def test_marks_are_found_before_accessions_only(group, decoy, contaminant):
    assert decoys([group, "P9"]).tolist() == [decoy, False]
    assert contaminants([group, "P9"]).tolist() == [contaminant, False]


def test_members_are_split_at_semicolons_and_commas():
    assert members("P1;P2, P3 ;") == ["P1", "P2", "P3"]
