"""The sheet of proteomics tables: what it says, and every fault with its row."""

import pytest

from evigil.errors import UserError
from evigil.sheets.proteomics import COLUMNS, no_tables, read_tables

GOOD = "path\tformat\tbatch\truns\tscale\nb.tsv\tmatrix\tB2\truns.tsv\tlog2\na.tsv\tdiann\tB1\t\t\n"


def read(folder, text, name="proteomics.tsv"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_tables(name, folder, [])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("matrix", "Matrix").replace("log2", "LOG2"),
        GOOD.replace("\n", "\n\t\t\t\t\n", 1).replace("\t\t\t\t\n", "", 1),
    ],
)
def test_rows_sorted_by_path(tmp_path, text):
    table = read(tmp_path, text)
    assert table[list(COLUMNS)].to_numpy().tolist() == [
        ["a.tsv", "diann", "B1", "", ""],
        ["b.tsv", "matrix", "B2", "runs.tsv", "log2"],
    ]
    assert table["row"].tolist() == [3, 2]
    assert list(no_tables().columns) == list(table.columns)


def test_only_paths(tmp_path):
    table = read(tmp_path, "path\nreport.parquet\n")
    assert table.drop(columns="row").to_numpy().tolist() == [["report.parquet", "auto", "", "", ""]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["proteomics.tsv: is empty"]),
        ("path\n", ["proteomics.tsv: has a header and no rows"]),
        ("file\na.tsv\n", ["proteomics.tsv: no column 'path'"]),
        (
            "path\tformat\na.tsv\tdian\n",
            [
                "proteomics.tsv: row 2: column format: 'dian' must be one of auto, diann, "
                "maxquant, fragpipe, spectronaut, olink, somascan, matrix, mzml"
            ],
        ),
        (
            "path\tformat\tscale\na.tsv\tmatrix\t\nb.tsv\tmatrix\tln\nc.tsv\tolink\tlog2\n",
            [
                "proteomics.tsv: row 3: column scale: 'ln' must be one of linear, log2",
                "proteomics.tsv: row 2: column scale: is empty; a matrix needs linear or log2",
                "proteomics.tsv: row 4: column scale: a table of olink has a scale of its own; "
                "leave empty",
            ],
        ),
        (
            "path\ta\nx.tsv\t1\n./x.tsv\t2\n\t3\n",
            [
                "proteomics.tsv: row 4: column path: is empty, must be text",
                "proteomics.tsv: row 3: column path: './x.tsv' is also in row 2",
            ],
        ),
        (
            "path\tformat\tscale\na.mzML\tmzml\tlinear\n",
            ["proteomics.tsv: row 2: column scale: a run in mzML has no scale; leave empty"],
        ),
        (
            "path\tbatches\na.tsv\tB1\n",
            ["proteomics.tsv: column 'batches' is not known (did you mean 'batch'?)"],
        ),
    ],
)
def test_faults(tmp_path, text, expected):
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert str(caught.value).splitlines() == expected
