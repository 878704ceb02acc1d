"""What becomes of every match, without a search."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.raw import route
from evigil.proteomics.raw.search import read_fasta_text
from evigil.proteomics.raw.study import check_run, sample_of_run


def matches() -> pd.DataFrame:
    """120 right matches of 4 proteins in two runs, 3 of a contaminant, and as many wrong ones."""
    rows = []
    for i in range(120):
        rows.append(("AB"[i % 2], f"PEP{i // 2}K2", f"PEP{i // 2}K", (f"sp|P1000{i % 4}|X",), 0))
    for i in range(3):
        rows.append(("A", f"CON{i}K2", f"CON{i}K", ("CON__P00761",), 0))
    for i in range(40):
        rows.append(("B", f"BAD{i}K2", f"BAD{i}K", (f"sp|Q2000{i % 8}|X",), 1 - i % 2))
    table = pd.DataFrame(rows, columns=["run", "ion", "peptide", "proteins", "decoy"])
    return table.assign(decoy=table["decoy"] == 1, score=np.linspace(5, -5, len(table)))


def test_right_matches_pass_and_contaminants_do_not():
    judged = route.judge(matches(), 0.01)
    assert judged["passes"].to_numpy().nonzero()[0].tolist() == list(range(120))
    assert judged["contaminant"].sum() == 3


def test_too_few_matches_are_refused():
    with pytest.raises(UserError, match="needs at least 100 with no decoy among them"):
        route.judge(matches().iloc[60:], 0.01)


def test_every_match_is_in_the_ledger_once():
    judged = route.judge(matches(), 0.01)
    names = sorted({ion for ion in judged.loc[judged["passes"], "ion"]})
    ions = pd.DataFrame(1e6, index=["A", "B"], columns=names)
    ions.loc["A", "PEP0K2"] = np.nan  # found, not quantified
    ions = ions.drop(columns="PEP1K2")  # quantified in no run
    twice = pd.concat([judged, judged.iloc[[4]]], ignore_index=True)
    counts = route.ledger(twice, ions)
    assert list(counts.columns) == list(LEDGER)
    assert counts["rows"].tolist() == [64, 100]
    assert (counts.drop(columns="rows").sum(axis=1) == counts["rows"]).all()
    assert counts.loc["A", ["contaminant", "no_quantity", "duplicate", "kept"]].tolist() == [
        3,
        2,
        1,
        58,
    ]
    assert counts.loc["B", ["decoy", "q_value", "no_quantity", "kept"]].tolist() == [20, 20, 1, 59]


def test_groups_are_accessions():
    group = "sp|P02769|ALBU_BOVIN;P00761|TRYP_PIG;A0A024RBG1-2|X;mine|one"
    assert route.accessions(group) == "P02769;P00761;A0A024RBG1-2;mine|one"


def test_genes_are_those_of_the_heads():
    heads = ">sp|P02769|ALBU_BOVIN Albumin OS=Bos GN=ALB PE=1\nMK\n>X no gene\nMK\n"
    assert route.genes(heads) == {"sp|P02769|ALBU_BOVIN": "ALB"}


def test_two_runs_of_one_name_are_refused():
    assert route.names_of(["a/S1.mzML", "S2.mzML"]) == {"S1": "a/S1.mzML", "S2": "S2.mzML"}
    with pytest.raises(UserError, match=r"a/S1\.mzML and b/S1\.mzML are runs of one name"):
        route.names_of(["a/S1.mzML", "b/S1.mzML"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("P1\tMK\n", "is no FASTA file: it does not begin with '>' and a name"),
        ("", "is no FASTA file: it does not begin with '>' and a name"),
        (">P1\nMK\n>rev_P1\nKM\n", "'rev_P1' is a decoy; give the proteins alone"),
    ],
)
def test_what_is_no_fasta_of_proteins_is_refused(tmp_path, text, line):
    (tmp_path / "p.fasta").write_text(text)
    with pytest.raises(UserError, match=line):
        read_fasta_text(tmp_path / "p.fasta")


def test_a_run_is_matched_after_a_look_at_its_file(tmp_path):
    run = tmp_path / "S1.mzML"
    run.write_text('<?xml version="1.0"?>\n<indexedmzML>\n<mzML>')
    assert check_run(str(run), "", ["S1", "S2"]) == "S1"
    with pytest.raises(UserError, match="S1"):
        sample_of_run(str(run), "", ["S2"])
    run.write_text("path\tvalue\n")
    with pytest.raises(UserError, match="declared mzml, but it is no mzML"):
        check_run(str(run), "", ["S1"])


def test_missing_packages_are_named_with_their_command(monkeypatch):
    from evigil import raw_packages

    monkeypatch.setattr(raw_packages, "find_spec", lambda name: None)
    assert raw_packages.lacking() == (
        "mzml needs sagepy and pyopenms, which are not installed: `make raw` installs what a "
        "search needs"
    )
    monkeypatch.setattr(raw_packages, "find_spec", lambda name: name == "sagepy" or None)
    assert raw_packages.lacking().startswith("mzml needs pyopenms, which is not installed")
