"""Protocol files: the kits that ship, a user's own, and every fault in one line."""

import pytest

from evigil.errors import UserError
from evigil.reads.protocols import load_protocols


def test_shipped_kits():
    kits = load_protocols()
    assert sorted(kits) == [
        *("nebnext", "nextflex_4n", "poly_a", "qiaseq", "qiaseq_no_umi", "trimmed", "truseq")
    ]
    assert kits["truseq"].adapter == "TGGAATTCTCGGGTGCCAAGG"
    assert (kits["qiaseq"].umi, kits["qiaseq"].umi_bases) == ("after_adapter", 12)
    assert kits["nextflex_4n"].variable_bases == 8
    assert not kits["trimmed"].adapter
    assert [k for k in kits if kits[k].has_umi] == ["qiaseq"]


def test_a_kit_of_the_user_is_a_file(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\nadapter: ACGTACGTACGT\nleading_bases: 8\nrandom_bases: true\numi: leading\n"
    )
    kits = load_protocols(tmp_path, tmp_path / "nowhere")
    assert len(kits) == 8
    assert kits["mine"].umi_bases == 8
    assert kits["mine"].variable_bases == 8


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: A\nadaptor: ACGT\n", "adaptor is not a key (did you mean 'adapter'?)"),
        ("adapter: ACGTACGTACGT\n", "title is missing"),
        (
            "title: A\nadapter: ACGTXCGTACGT\n",
            "adapter must be 10 to 32 letters of A, C, G and T, or empty, got 'ACGTXCGTACGT'",
        ),
        (
            "title: A\nleading_bases: -1\n",
            "leading_bases must be a whole number from 0 to 32, got -1",
        ),
        (
            "title: A\numi: middle\n",
            "umi must be one of none, leading, trailing, after_adapter, got 'middle'",
        ),
        ("title: A\numi: leading\n", "umi: leading, but it has no bases"),
        ("title: A\numi_bases: 4\n", "umi_bases is 4, but umi: none has 0"),
        (
            "title: A\ntrailing_bases: 4\n",
            "trailing bases and a UMI at the 3′ end need an adapter",
        ),
        ("title: A\ntitle: B\n", "line 2: key 'title' is given twice"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, text, line):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        load_protocols(tmp_path)
    assert str(error.value).splitlines() == [f"{path}: {line}"]


def test_a_protocol_is_not_called_auto(tmp_path):
    (tmp_path / "auto.yaml").write_text("title: A\n")
    with pytest.raises(UserError, match="'auto' is not a name for a protocol"):
        load_protocols(tmp_path)


def test_a_file_of_another_ending_is_not_passed_over(tmp_path):
    (tmp_path / "mine.yml").write_text("title: A\n")
    with pytest.raises(UserError) as error:
        load_protocols(tmp_path)
    assert str(error.value) == f"{tmp_path}/mine.yml: is not read; name it mine.yaml"
