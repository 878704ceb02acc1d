"""What a run leaves is what docs/outputs.md says: every file, every column."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
MATRICES = ("smallrna/counts.tsv", "proteomics/intensities.tsv", "layers/<name>.tsv")
PLACEHOLDERS = {
    "<name>": r"[^/]+",
    "<patient>": r"[^/]+",
    "<sample>": r"[^/]+",
    "<batch>": r"[^/]+",
    "<contrast>": r"[^/]+",
    "<layer>": r"[^/.]+",
}


def documented() -> dict[str, list[str]]:
    """Path below results/ (with placeholders) → columns, from docs/outputs.md."""
    text = (ROOT / "docs" / "outputs.md").read_text()
    found = {}
    parts = re.split(r"^### `([^`]+)`\n", text, flags=re.M)[1:]
    for path, body in zip(parts[::2], parts[1::2], strict=True):
        cells = re.findall(r"^\| (`[^|]+`) \|", body, flags=re.M)  # one may name several
        found[path] = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
        folder = path.rpartition("/")[0]
        for beside in re.findall(r"Beside it `([^`]+)`", body):
            found[f"{folder}/{beside}"] = []
    same = re.split(r"^### `predict/<name>/scores.tsv`\n", text, flags=re.M)[1]
    assert same.startswith("The same columns")
    found["predict/<name>/scores.tsv"] = found["classifiers/<name>/scores.tsv"]
    return found


DOCUMENTED = documented()


def entry(path: str) -> str | None:
    for name in DOCUMENTED:
        pattern = re.escape(name)
        for placeholder, expression in PLACEHOLDERS.items():
            pattern = pattern.replace(re.escape(placeholder), expression)
        if re.fullmatch(pattern, path):
            return name
    return None


def written(directory: Path) -> list[str]:
    results = directory / "results"
    return sorted(str(p.relative_to(results)) for p in results.rglob("*") if p.is_file())


def test_every_file_is_documented_and_every_documented_file_is_there(small):
    entries = {path: entry(path) for path in written(small)}
    assert [path for path, name in entries.items() if name is None] == []
    assert set(DOCUMENTED) == set(entries.values())


@pytest.mark.parametrize("name", [n for n in DOCUMENTED if n.endswith(".tsv")])
def test_columns_are_as_documented(small, name):
    paths = [p for p in written(small) if entry(p) == name]
    assert paths
    for path in paths:
        columns = pd.read_csv(small / "results" / path, sep="\t", nrows=0).columns.tolist()
        if name in MATRICES:
            columns, documented_columns = columns[:1], ["feature"]
        else:
            documented_columns = DOCUMENTED[name]
        assert columns == documented_columns
