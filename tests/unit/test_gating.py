"""What the gates mean for later stages."""

import pandas as pd
import pytest

from evigil.gating import gate_summary, sample_gate, usable, without_blank_only
from evigil.tables import read_table, write_table

COLUMNS = ["sample", "layer", "gate", "reasons"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize(
    ("specimen", "layer", "gate", "used"),
    [
        ("pass", "pass", "pass", True),
        ("not_supplied", "pass", "pass", True),
        ("not_supplied", "warn", "warn", True),
        ("warn", "pass", "warn", True),
        ("pass", "fail", "fail", False),
        ("fail", "pass", "fail", False),
        ("not_evaluable", "pass", "not_evaluable", False),
        ("not_evaluable", "fail", "fail", False),
        ("pass", "not_evaluable", "not_evaluable", False),
        ("warn", "not_supplied", "not_supplied", False),
        ("fail", "not_supplied", "fail", False),
    ],
)
def test_the_worse_of_specimen_and_layer(specimen, layer, gate, used):
    quality = table(["s", "smallrna", layer, ""], ["s", "specimen", specimen, ""])
    assert sample_gate(quality, "smallrna")["gate"].tolist() == [gate]
    assert usable(quality, "smallrna") == ({"s"} if used else set())


def test_reasons_are_joined_also_after_a_round_trip(tmp_path):
    quality = table(
        ["b", "smallrna", "warn", "few reads"],
        ["b", "specimen", "warn", "freeze-thaw"],
        ["a", "smallrna", "pass", ""],
        ["a", "specimen", "not_supplied", "not supplied"],
    )
    write_table(quality, tmp_path / "samples.tsv")
    for given in (quality, read_table(tmp_path / "samples.tsv")):
        assert sample_gate(given, "smallrna").to_dict("records") == [
            {"sample": "a", "gate": "pass", "reasons": ""},
            {"sample": "b", "gate": "warn", "reasons": "freeze-thaw; few reads"},
        ]


def test_a_layer_that_the_study_has_not(tmp_path):
    quality = table(["a", "specimen", "not_supplied", "not supplied"])
    assert usable(quality, "smallrna") == set()
    assert sample_gate(quality, "smallrna").columns.tolist() == ["sample", "gate", "reasons"]
    write_table(quality.iloc[:0], tmp_path / "samples.tsv")
    assert usable(read_table(tmp_path / "samples.tsv"), "smallrna") == set()
    assert gate_summary(read_table(tmp_path / "samples.tsv")) == []


def test_summary():
    quality = table(
        ["s1", "smallrna", "pass", ""],
        ["s2", "smallrna", "fail", "transcriptome_reads 38,211 is below 100,000"],
        ["s3", "smallrna", "warn", "x"],
        ["s4", "smallrna", "pass", ""],
        *(["s" + str(i), "specimen", "not_supplied", "not supplied"] for i in range(1, 5)),
    )
    assert gate_summary(quality) == [
        "smallrna: 2 pass, 1 warn, 1 fail",
        "excluded: s2 (smallrna fail: transcriptome_reads 38,211 is below 100,000)",
    ]


def test_features_that_only_blanks_hold_are_left_out():
    values = pd.DataFrame({"a": [1, 2], "b": [0, 1], "c": [3, 4]})
    blanks = pd.DataFrame(
        {
            "layer": ["smallrna", "smallrna", "other"],
            "feature": ["b", "c", "a"],
            "blank_only": [1, 0, 1],
        }
    )
    assert without_blank_only(values, blanks, "smallrna").columns.tolist() == ["a", "c"]
    assert without_blank_only(values, blanks[:0], "smallrna") is values
