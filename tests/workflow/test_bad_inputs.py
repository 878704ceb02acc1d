"""Every bad input of tests/bad_inputs.tsv meets exactly its line.

A row names a file of tests/valid_study and what is done to a copy of it; several mutations are
joined by ``;;``. ``\\t``, ``\\n`` and ``\\xNN`` mean the tab, the line end and the byte.

replace:old=>new   the first `old`, which must be there, becomes `new`
append:text        a line more
insert:text        a line before the first
write:text         the whole file
bytes:text         the whole file, as Latin-1
cell:row,column=x  a cell of a TSV; the header is row 1, as in the error
column:name=x      a column more, with `x` in every row
delete             the file is gone
"""

import csv
import shutil
from pathlib import Path

import pytest

from evigil.check import check
from evigil.config_file import load_yaml
from evigil.differential.contrasts import Contrast
from evigil.differential.run import analyse
from evigil.errors import UserError
from evigil.smallrna.counts import read_counts
from evigil.study import Study

TESTS = Path(__file__).parents[1]


def bad_inputs() -> list[dict[str, str]]:
    with (TESTS / "bad_inputs.tsv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def plain(text: str) -> str:
    for written, meant in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
        text = text.replace(written, meant)
    return text


def set_cell(text: str, row: int, column: str, value: str) -> str:
    cells = [line.split("\t") for line in text.splitlines()]
    cells[row - 1][cells[0].index(column)] = value
    return "\n".join(map("\t".join, cells)) + "\n"


def mutate(path: Path, mutation: str) -> None:
    kind, _, rest = mutation.partition(":")
    if kind == "delete":
        path.unlink()
        return
    if kind == "bytes":
        path.write_bytes(plain(rest).encode("latin-1").decode("unicode_escape").encode("latin-1"))
        return
    rest = plain(rest)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if kind == "replace":
        old, new = rest.split("=>")
        assert old in text, f"{old!r} is not in {path.name}"
        text = text.replace(old, new, 1)
    elif kind == "cell":
        place, value = rest.split("=", 1)
        row, column = place.split(",")
        text = set_cell(text, int(row), column, value)
    elif kind == "column":
        name, value = rest.split("=", 1)
        head, *lines = text.splitlines()
        text = "\n".join([f"{head}\t{name}", *(f"{line}\t{value}" for line in lines)]) + "\n"
    else:
        parts = {"append": text + rest + "\n", "insert": rest + "\n" + text, "write": rest}
        text = parts[kind]
    path.write_text(text, encoding="utf-8")


def meet_the_jobs(folder: Path) -> None:
    """What only a full read shows: the counts read, and every contrast made from all of them."""
    study = Study.from_config(load_yaml(folder / "config.yaml"), folder)
    counts, _, _ = read_counts("counts.tsv", study.samples["sample"])
    for name, block in study.config.differential.contrasts.items():
        contrast = Contrast.from_settings(name, block.model_dump())
        analyse(counts, "counts", study.contrast_samples(name), None, contrast)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TESTS / "valid_study", tmp_path / "study"))


def test_the_study_is_right_as_it_is(study):
    assert check(study / "config.yaml", study)[0].startswith("project tiny: ")


@pytest.mark.parametrize("row", bad_inputs(), ids=lambda row: row["name"])
def test_bad_input(row, study, monkeypatch):
    monkeypatch.chdir(study)
    for mutation in row["mutation"].split(" ;; "):
        file, _, rest = mutation.partition(" ") if mutation.startswith("@") else ("", "", mutation)
        mutate(study / (file[1:] or row["file"]), rest)
    with pytest.raises(UserError) as error:
        check("config.yaml")
        meet_the_jobs(study)
    assert str(error.value).splitlines() == plain(row["expected"]).splitlines()


def test_names_are_unique():
    names = [row["name"] for row in bad_inputs()]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
