"""`evigil init`: what it writes passes `evigil check`."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from evigil.check import check
from evigil.config import Config
from evigil.config_file import load_yaml, parse_config
from evigil.config_text import commented_config
from evigil.errors import UserError
from evigil.init import init


def sheet(path: Path, **columns: list[str]) -> Path:
    frame = pd.DataFrame(columns)
    frame.to_csv(path, index=False, sep="," if path.suffix == ".csv" else "\t")
    return path


def users_sheet(path: Path, n: int = 16, **extra: list[str]) -> Path:
    return sheet(
        path,
        **{
            "Specimen ID": [f"s{i}" for i in range(n)],
            "Subject": [f"p{i}" for i in range(n)],
            "Group": ["CRC", "Healthy"] * (n // 2),
            "Collection date": [f"2024-01-{i + 1:02}" for i in range(n)],
        }
        | extra,
    )


def counts(path: Path, samples: list[str]) -> None:
    path.write_text(
        "\t".join(["feature", *samples]) + "\n" + "\t".join(["miR", *"7" * len(samples)])
    )


def test_a_new_study(tmp_path):
    said = init(tmp_path / "my study")
    folder = tmp_path / "my study"
    assert sorted(p.name for p in (folder / "config").iterdir()) == [
        "config.yaml",
        "patients.tsv",
        "samples.tsv",
    ]
    assert said[-9:] == [
        f"  put the count table (either way round) at {folder}/counts.tsv;",
        f"  for FASTQ files instead, write {folder}/config/libraries.tsv (sample, fastq_1) and set",
        "  smallrna.libraries to config/libraries.tsv, without the key counts;",
        f"  for tables of proteins, write {folder}/config/proteomics.tsv (path) and set",
        "  proteomics.tables to config/proteomics.tsv, with or without the block smallrna",
        "  fill in the sheets",
        f"  evigil check '{folder}/config/config.yaml' --directory '{folder}'",
        "  and, in the checkout of evigil:",
        f"  snakemake --cores 4 --configfile '{folder}/config/config.yaml' --directory '{folder}'",
    ]
    raw = load_yaml(folder / "config/config.yaml")
    assert raw["project"] == "my_study"
    assert parse_config(raw).classifiers["crc"].train == {"visit": ["diagnosis"]}


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/samples.tsv").write_text("mine")
    with pytest.raises(UserError) as error:
        init(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/config/samples.tsv: is there already; nothing was written"
    )
    assert [p.name for p in (tmp_path / "config").iterdir()] == ["samples.tsv"]
    assert (tmp_path / "config/samples.tsv").read_text() == "mine"


def test_from_a_sheet(tmp_path):
    path = users_sheet(
        tmp_path / "clinical.csv", Surname=["x"] * 16, surgery=[""] * 16, Dose=["1"] * 16
    )
    said = init(tmp_path / "study", path)
    assert "took column 'Specimen ID' for sample" in said
    assert "took column 'Collection date' for collected" in said
    assert "left out 'Surname': it identifies a person" in said
    assert "left out 'surgery': it belongs in a patient sheet" in said
    assert "classifier crc: CRC against Healthy" in said
    written = pd.read_csv(tmp_path / "study/config/samples.tsv", sep="\t")
    assert list(written) == ["sample", "patient", "condition", "collected", "Dose"]
    counts(tmp_path / "study/counts.tsv", list(written["sample"]))
    lines = check(tmp_path / "study/config/config.yaml", tmp_path / "study")
    assert (
        "classifier crc: trains on 8 cases and 8 controls of 16 patients; scores 16 samples"
        in lines
    )


def test_from_a_sheet_without_patients_and_with_days(tmp_path):
    path = sheet(
        tmp_path / "a.tsv",
        id=[f"s{i}" for i in range(4)],
        diagnosis=["CRC", "CRC", "benign", "healthy"],
        day=["0", "1", "2.5", "3"],
    )
    said = init(tmp_path / "study", path)
    assert "no column for the patient: each sample is taken for a person of its own" in said
    assert said.count("no classifier: it needs 7 patients of each class and none in both, "
                      "found 3 cases and 1 controls") == 1  # fmt: skip
    counts(tmp_path / "study/counts.tsv", [f"s{i}" for i in range(4)])
    lines = check(tmp_path / "study/config/config.yaml", tmp_path / "study")
    assert lines[1] == "samples: 4 of 4 patients (4 sample)"


def test_dates_that_are_not_iso_are_kept_under_their_name(tmp_path):
    dates = {"Collection date": [f"{i + 1}.1.2024" for i in range(16)]}
    said = init(tmp_path / "study", users_sheet(tmp_path / "a.csv", **dates))
    assert "column 'Collection date' is not a time: dates must be YYYY-MM-DD" in said
    assert "Collection date" in pd.read_csv(tmp_path / "study/config/samples.tsv", sep="\t")


def test_a_sheet_without_conditions(tmp_path):
    path = sheet(tmp_path / "a.csv", sample=["s1", "s2"], weight=["1", "2"])
    with pytest.raises(UserError) as error:
        init(tmp_path / "study", path)
    assert str(error.value) == (
        f"{path}: no column can be the condition (columns: sample, weight); rename one"
    )
    assert not (tmp_path / "study").exists()


def test_the_commented_configuration_is_right_when_uncommented():
    text = commented_config({"project": "x", "samples": "s.tsv", "smallrna": {"counts": "c.tsv"}})
    assert parse_config(yaml.safe_load(text)) == parse_config(
        {"project": "x", "samples": "s.tsv", "smallrna": {"counts": "c.tsv"}}
    )
    body = [line.removeprefix("# ") for line in text.splitlines()[3:]]
    config = parse_config(yaml.safe_load("\n".join(body)))
    assert list(config.classifiers) == ["crc"] and list(config.monitoring) == ["watch"]
    assert set(yaml.safe_load("\n".join(body))) >= {"seed", "quality", "reports", "monitoring"}
    assert config.seed == Config.model_fields["seed"].default


def test_columns_that_are_named_like_batches_are_audited(tmp_path):
    rows = [f"s{i},{'CRC' if i % 2 else 'healthy'},{i % 4},{i % 5},{i}" for i in range(30)]
    sheet = tmp_path / "own.csv"
    header = "sample,condition,isolation_batch,Library day,library_size"
    sheet.write_text("\n".join([header, *rows]) + "\n")
    lines = init(tmp_path / "study", sheet)
    assert "quality.technical: isolation_batch, Library day (named like batches)" in lines
    raw = load_yaml(tmp_path / "study" / "config" / "config.yaml")
    assert raw["quality"] == {"technical": ["isolation_batch", "Library day"]}
