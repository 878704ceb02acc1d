"""The page of the libraries: what goes into it, and that MultiQC makes it without a word."""

import pandas as pd
import pytest

from evigil.reports.multiqc import COLOURS, sections, write_multiqc
from evigil.rna.classes import FATES
from evigil.tables import write_table


def make_tables() -> dict[str, pd.DataFrame]:
    names = ["s1", "s10"]
    fates = [name for name in COLOURS if name not in FATES]
    ledger = pd.DataFrame({"sample": names, "reads": [100, 50]})
    ledger[[*fates, *FATES]] = 0
    ledger["miRNA"], ledger["unmapped"] = [60, 50], [40, 0]
    return {
        "ledger": ledger,
        "samples": pd.DataFrame(
            {
                "sample": ["counted", *names],
                "sequenced_reads": [None, 100, 50],
                "mirnas_detected": [7, 5, 6],
                "library_protocol": [None, "truseq", "qiaseq"],
            }
        ),
        "gates": pd.DataFrame(
            {
                "sample": ["s1", "s1", "s10"],
                "layer": ["specimen", "smallrna", "smallrna"],
                "gate": ["fail", "pass", "warn"],
            }
        ),
        "lengths": pd.DataFrame(
            {
                "sample": ["s1", "s1", "s10"],
                "length": [22, 22, 9],
                "biotype": ["miRNA", "unmapped", "miRNA"],
                "molecules": [60, 40, 50],
            }
        ),
        "positions": pd.DataFrame(
            {"sample": ["s1"] * 11, "position": range(1, 12), "mean_quality": [36.0] * 11}
        ),
        "saturation": pd.DataFrame(
            {"sample": ["s1"] * 3, "reads": [100, 5, 20], "features": [4.0, 0.1, 2.0]}
        ),
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("multiqc")
    for name, table in make_tables().items():
        write_table(table, folder / f"{name}.tsv")
    paths = {name: folder / f"{name}.tsv" for name in make_tables()}
    write_multiqc(paths, folder / "multiqc.html")
    return folder / "multiqc.html"


def test_sections_hold_the_tables():
    made = sections(make_tables())
    assert list(made) == ["general", "read_fate", "insert_lengths", "base_quality", "saturation"]
    assert made["general"]["data"] == {
        "s1": {
            "sequenced_reads": 100.0,
            "mirnas_detected": 5,
            "library_protocol": "truseq",
            "gate": "pass",
        },
        "s10": {
            "sequenced_reads": 50.0,
            "mirnas_detected": 6,
            "library_protocol": "qiaseq",
            "gate": "warn",
        },
    }
    assert list(made["read_fate"]["categories"]) == ["miRNA", "unmapped"]
    assert made["read_fate"]["data"]["s1"]["miRNA"] == 60
    assert made["insert_lengths"]["data"] == {"s1": [[22.0, 100.0]], "s10": [[9.0, 50.0]]}
    assert made["saturation"]["data"]["s1"] == [[5, 0.1], [20, 2], [100, 4]]


def test_every_fate_has_a_colour_of_its_own():
    assert set(FATES) < set(COLOURS) and len(set(COLOURS.values())) == len(COLOURS) == 23


def test_a_table_without_rows_is_no_section():
    tables = make_tables()
    tables["positions"] = tables["positions"].head(0)
    assert "base_quality" not in sections(tables)


def test_multiqc_makes_the_page(page):
    html = page.read_text()
    assert "Read fate" in html and "Insert lengths" in html and "s10" in html
    assert "/tmp/" not in html and str(page.parent) not in html
    # nothing is left beside it
    assert sorted(p.suffix for p in page.parent.iterdir()) == [".html", *[".tsv"] * 6]


def test_what_multiqc_says_of_its_failure_is_passed_on(monkeypatch, tmp_path):
    for name, table in make_tables().items():
        write_table(table, tmp_path / f"{name}.tsv")
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho no disk >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    with pytest.raises(RuntimeError, match="MultiQC failed: no disk"):
        write_multiqc({n: tmp_path / f"{n}.tsv" for n in make_tables()}, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
