"""Any table is known by its head; what is declared otherwise, damaged or empty is one line."""

import gzip

import openpyxl
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.detect import FORMATS, detect, read_head, read_quantities, run_names
from evigil.proteomics.head import ROWS

#: Every file of a table in the shared data, and what it is.
FILES = {
    "alzheimer_csf/Alzheimer.xlsx": ("matrix", "matrix"),
    "diann/DIANN_1.9_beta_sample_report.tsv": ("diann", "report"),
    "diann/report.pg_matrix.tsv": ("diann", "pg_matrix"),
    "ev_isolation/Plasma_EV_proteomics_analysis_abundance_matrix.xlsx": ("matrix", "matrix"),
    "ev_isolation/merge_validaded_EV_markers.xlsx": ("matrix", "matrix"),
    "fragpipe/combined_ion.tsv": ("fragpipe", "combined_ion"),
    "fragpipe/combined_protein.tsv": ("fragpipe", "combined_protein"),
    "hye124/HYE124_diann_directlfq_protein_intensities.tsv": ("matrix", "matrix"),
    "magnet/ev_vs_plasma_protein_areas.csv": ("matrix", "matrix"),
    "maxquant/MaxQuant_evidence_sample.txt": ("maxquant", "evidence"),
    "maxquant/mq_peptides.txt": ("maxquant", "peptides"),
    "maxquant/proteus_maxquant_proteinGroups.txt.gz": ("maxquant", "proteinGroups"),
    "olink/npx_data1.xlsx": ("olink", "npx_wide"),
    "olink/npx_data_ext.parquet": ("olink", "npx_long"),
    "olink/npx_long_head.csv": ("olink", "npx_long"),
    "somascan/example_data10.adat": ("somascan", "adat"),
    "spectronaut/report_long.tsv": ("spectronaut", "long"),
}


def fault(path, *arguments, **named):
    with pytest.raises(UserError) as caught:
        read_quantities(path, *arguments, **named)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", FILES)
def test_real_files(shared, name):
    path = shared(f"proteomics/{name}")
    assert detect(path) == FILES[name]
    assert detect(path, FILES[name][0]) == FILES[name]


@pytest.mark.parametrize("declared", [name for name in FORMATS if name != "diann"])
def test_another_format_than_declared(shared, declared):
    path = shared("proteomics/diann/report.pg_matrix.tsv")
    assert fault(path, declared) == (
        f"declared {declared}, but it is a table of DIA-NN (pg_matrix): declare diann or auto"
    )


def test_declared_but_of_no_engine(shared):
    path = shared("proteomics/hye124/HYE124_diann_directlfq_protein_intensities.tsv")
    runs = ", ".join(f"'HYE124_TTOF6600_64var_lgillet_I150211_{i}'" for i in ("008", "009", "010"))
    assert fault(path, "spectronaut") == (
        "declared spectronaut, but it is no table of Spectronaut that is known (it begins with the "
        f"columns 'protein', {runs}, …)"
    )


def test_no_such_format(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("a\tb\n1\t2\n")
    assert fault(path, "maxqant") == (
        "format 'maxqant' is not known (did you mean 'maxquant'?); allowed: auto, diann, maxquant, "
        "fragpipe, spectronaut, olink, somascan, matrix"
    )
    assert fault(path).startswith("no table of a known engine; a plain matrix needs a scale")
    with pytest.raises(UserError, match="needs a scale"):
        run_names(path)


def parquet(path, rows=3):
    pd.DataFrame({"SampleID": ["S1"] * rows, "OlinkID": [f"OID{i}" for i in range(rows)]}).assign(
        UniProt="P1", Assay="A", NPX=1.0
    ).to_parquet(path)


def workbook(path):
    book = openpyxl.Workbook()
    book.active.append(["protein", "S1"])
    book.active.append(["P1", 1.5])
    book.save(path)


def cut(path, share=0.6):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.tsv", None, "no such file"),
        ("t.parquet", None, "no such file"),
        ("t.h5ad", None, "no such file"),
        ("t.tsv", b"", "the file is empty"),
        ("t.parquet", b"", "the file is empty"),
        ("t.tsv", b"\n \n", "is empty"),
        ("t.tsv", b"protein\tS1\n", "no row below the header"),
        ("t.tsv.gz", b"protein\tS1\n", "is not gzip although its name ends in .gz"),
        ("t.tsv", gzip.compress(b"protein\tS1\nP1\t2\n", mtime=0), "is gzip: end it in .gz"),
        ("t.parquet", b"PAR1 not", "is not a parquet file, or cut off or damaged"),
        ("t.xlsx", b"PK not", "is not an .xlsx file with a sheet, or damaged"),
        (
            "t.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1",
            "is a workbook of Excel before 2007; save it as .xlsx",
        ),
        ("t.csv", b"PK\x03\x04 zip", "is an .xlsx or .zip file; name it .xlsx, or unpack it"),
        (
            "t.csv",
            "protein;S1\nCafé;1\n".encode("latin-1"),
            "not UTF-8 (invalid continuation byte); save the file as UTF-8",
        ),
    ],
)
def test_missing_empty_and_damaged(tmp_path, name, content, expected):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert fault(path, scale="linear", samples=["S1"]) == expected


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_cut_off(tmp_path, share):
    parquet(tmp_path / "t.parquet")
    workbook(tmp_path / "t.xlsx")
    for name in ("t.parquet", "t.xlsx"):
        cut(tmp_path / name, share)
        assert fault(tmp_path / name, scale="linear", samples=["S1"])


def test_no_rows_in_a_parquet_file(tmp_path):
    parquet(tmp_path / "t.parquet", rows=0)
    assert fault(tmp_path / "t.parquet") == "no row below the header"


def test_the_head_is_text_without_blanks_and_marks(tmp_path):
    path = tmp_path / "t.CSV"
    lines = "".join(f'"P{i}";{i}\r\n' for i in range(50))
    path.write_bytes(b'\xef\xbb\xbf\r\n"protein" ; S1\r\n' + lines.encode())
    head = read_head(path)
    assert (head.columns, head.suffix, head.separator) == (("protein", "S1"), ".csv", ";")
    assert len(head.rows) == ROWS and head.rows[1] == ("P0", "0")
