import pytest

from evigil.errors import UserError
from evigil.rna.sources import COLUMNS, read_sources

ROW = dict(name="a", format="fasta", source="a.fa", version="", licence="", sha256="")


def write(folder, *rows):
    path = folder / "sources.tsv"
    lines = ["\t".join((ROW | {"class": "rRNA"} | row)[c] for c in COLUMNS) for row in rows]
    path.write_text("\n".join(["\t".join(COLUMNS), *lines]) + "\n")
    return path


def test_paths_are_relative_to_the_list(tmp_path):
    found = read_sources(write(tmp_path, {}, {"name": "b", "source": "https://x.org/b.fa"}))
    assert [s.source for s in found] == [str(tmp_path / "a.fa"), "https://x.org/b.fa"]
    assert found[0].biotype == "rRNA"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([{"format": "fsata"}], "row 2: column 'format': 'fsata' .*did you mean 'fasta'"),
        ([{"class": ""}], "row 2: column 'class' is needed for a fasta, got ''"),
        ([{"sha256": "12"}], "row 2: column 'sha256' must be 64 hexadecimal digits, got '12'"),
        ([{"source": ""}], "row 2: column 'source' is empty"),
        ([{"name": "a b"}], "row 2: column 'name' must be letters, digits, - and _, got 'a b'"),
        ([{}, {}], "row 3: column 'name': 'a' is twice"),
        ([{"format": "mirbase_hairpin"}], "go together; no mirbase_gff3"),
        ([], "lists no source"),
    ],
)
def test_fault_is_one_line(tmp_path, rows, fault):
    with pytest.raises(UserError, match=fault) as error:
        read_sources(write(tmp_path, *rows))
    assert "\n" not in str(error.value)


def test_column_missing(tmp_path):
    path = tmp_path / "sources.tsv"
    path.write_text("name\tformat\n")
    with pytest.raises(UserError, match="no column 'class'"):
        read_sources(path)
