import hashlib

import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.panels import (
    FOLDER,
    PANELS,
    accession,
    categories,
    match,
    read_panels,
)
from evigil.tables import read_table


def found(groups, genes=None, panels=None):
    """Return the symbols of the categories that groups are found to be."""
    proteins = read_panels() if panels is None else panels
    known = proteins[categories(proteins)]
    features = pd.DataFrame({"protein_group": groups, "gene": genes or [""] * len(groups)})
    return ["" if i < 0 else known["symbol"].iloc[i] for i in match(features, known)]


def own(folder, *rows, header="panel\tuniprot\tsymbol\tmode"):
    path = folder / "panels.tsv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_shipped_files_are_those_of_the_manifest():
    manifest = read_table(FOLDER / "manifest.tsv")
    assert sorted(manifest["file"]) == ["ev_categories.tsv", "plasma_quality.tsv"]
    for row in manifest.itertuples():
        assert hashlib.sha256((FOLDER / row.file).read_bytes()).hexdigest() == row.sha256
        assert all([row.source, row.version, row.licence])


def test_the_shipped_panels():
    proteins = read_panels()
    assert set(proteins["panel"]) == set(PANELS)
    sizes = proteins.groupby("panel").size()
    assert sizes[["platelet", "erythrocyte", "coagulation"]].tolist() == [30, 30, 30]
    assert categories(proteins).sum() == 120
    unsafe = proteins[~proteins["ev_safe"]].groupby("panel").size()
    assert unsafe.to_dict() == {"coagulation": 1, "erythrocyte": 8, "platelet": 11}
    every = proteins["uniprot"].str.split(";").explode()
    assert [a for a in every if accession(a) != a] == []
    for _, block in proteins.groupby(proteins["panel"].where(~categories(proteins), "category")):
        names = block["uniprot"].str.split(";").explode()
        assert names.is_unique
        symbols = pd.concat([block["symbol"], block["aliases"].str.split(";").explode()])
        assert symbols[symbols != ""].is_unique


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("P21926", "P21926"),
        ("P06396-2", "P06396"),
        ("A0A087X232", "A0A087X232"),
        ("sp|P02768-1|ALBU_HUMAN", "P02768"),
        ("tr|V9GYM3|V9GYM3_HUMAN", "V9GYM3"),
        ("CD9", ""),
        ("ALBU_HUMAN", ""),
        ("CON__P02768", ""),
        ("p21926", ""),
    ],
)
def test_accessions(token, expected):
    assert accession(token) == expected


def test_a_group_is_what_its_leading_accession_is_or_half_of_them():
    assert found(["P21926", "P02768-2", "sp|P21926|CD9_HUMAN"]) == ["CD9", "ALB", "CD9"]
    assert found(["P63261;P60709", "P63261;Q562R1;P60709"]) == ["ACTB", ""]
    # isoforms count once; of two that are both in the panels the leading one
    assert found(["P63261;P60709;P60709-2"]) == ["ACTB"]
    assert found(["P02768;P21926", "P21926;P02768"]) == ["ALB", "CD9"]
    assert found(["sp|P0CG38|X / sp|P02768|Y", "P02768, P21926"]) == ["ALB", "ALB"]
    assert found(["P0DMV9;P0DMV8", "P01892"]) == ["HSPA1A", "HLA-A"]


def test_a_symbol_counts_only_where_there_is_no_accession():
    assert found(["P02769", "", "CD63", "ALIX"], ["ALB", "alb", "", ""]) == [
        *("", "ALB", "CD63", "PDCD6IP")
    ]
    # P2RY12 has the form of an accession
    assert found(["P2RY12", "ALB"], ["P2RY12", "ALB"]) == ["", "ALB"]
    assert found([float("nan")], [float("nan")]) == [""]


def test_a_file_adds_a_protein_and_moves_it_between_categories(tmp_path):
    panels = read_panels(own(tmp_path, "3b\tP21926\tCD9\t", "platelet\tP14770-2\tGP9\tadd"))
    rows = panels[panels["uniprot"] == "P21926"]
    assert rows[["panel", "symbol"]].to_numpy().tolist() == [["3b", "CD9"]]
    of_gp9 = panels.loc[panels["symbol"] == "GP9", "panel"].tolist()
    assert of_gp9 == ["1b", "platelet"]
    assert len(panels) == len(read_panels()) + 1


def test_a_file_replaces_and_removes(tmp_path):
    rows = ["platelet\tP05106\t\treplace", "erythrocyte\tP60709\t\tremove"]
    panels = read_panels(own(tmp_path, *rows))
    assert panels.loc[panels["panel"] == "platelet", "symbol"].tolist() == ["P05106"]
    assert (panels["panel"] == "erythrocyte").sum() == 29
    assert "ACTB" in set(panels.loc[panels["panel"] == "2b", "symbol"])


def test_a_protein_without_accession_is_found_by_symbol(tmp_path):
    panels = read_panels(own(tmp_path, "1b\t\tGPRC5A\t"))
    assert found(["Q8NFJ5", "Q8NFJ5"], ["GPRC5A", ""], panels) == ["GPRC5A", ""]


def test_byte_order_mark_line_ends_and_order_of_columns(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_bytes("﻿symbol\tpanel\tev_safe\r\nXYZ1\tplatelet\tNo\r\n\r\n".encode())
    panels = read_panels(path)
    row = panels[panels["symbol"] == "XYZ1"].iloc[0]
    assert row[["panel", "uniprot", "ev_safe"]].tolist() == ["platelet", "", False]


@pytest.mark.parametrize(
    ("header", "rows", "fault"),
    [
        ("panel,uniprot", ["1a,P21926"], "row 1: the columns are separated by commas"),
        ("panels\tuniprot", ["1a\tP21926"], "no column 'panel' (did you mean 'panels'?)"),
        ("panel\tuniprt", ["1a\tP21926"], "no column 'uniprot' or 'symbol' (did you mean"),
        ("panel\tpanel\tuniprot", ["1a\t1a\tP21926"], "row 1: column 'panel' is given twice"),
        ("panel\tuniprot", [], "holds no protein"),
        ("panel\tuniprot", ["1a\tP21926\tx"], "row 2: 3 cells, the header has 2 columns"),
        (
            "panel\tuniprot",
            ["platlet\tP21926"],
            "row 2: column 'panel': 'platlet' (did you mean 'platelet'?); allowed: 1a, 1b",
        ),
        ("panel\tuniprot", ["1a\tCD9"], "row 2: column 'uniprot': 'CD9' is no UniProt accession"),
        ("panel\tuniprot", ["1a\t"], "row 2: neither 'uniprot' nor 'symbol' is given"),
        (
            "panel\tuniprot\tmode",
            ["1a\tP21926\tdrop"],
            "row 2: column 'mode': 'drop'; allowed: add, replace, remove",
        ),
        (
            "panel\tuniprot\tev_safe",
            ["1a\tP21926\tmaybe"],
            "row 2: column 'ev_safe': 'maybe'; allowed: yes, no",
        ),
        (
            "panel\tuniprot",
            ["1a\tQ8NFJ5", "2a\tP12345;Q8NFJ5"],
            "row 3: 'Q8NFJ5' is in row 2, panel 1a, already",
        ),
    ],
)
def test_faults_in_one_line(tmp_path, header, rows, fault):
    path = own(tmp_path, *rows, header=header)
    with pytest.raises(UserError) as error:
        read_panels(path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}: {fault}")


def test_all_faults_are_told(tmp_path):
    with pytest.raises(UserError) as error:
        read_panels(own(tmp_path, "9z\tCD9\t\t", "1a\t\t\tmaybe"))
    assert len(str(error.value).splitlines()) == 4
