"""Which samples take part."""

import pandas as pd
import pytest

from evigil.classifier.samples import sample_gates, select_training, usable_samples
from evigil.errors import UserError


def test_the_worse_of_specimen_and_layer_counts():
    quality = pd.DataFrame(
        [
            ("a", "specimen", "pass", None),
            ("a", "smallrna", "warn", "low library size"),
            ("b", "specimen", "fail", "haemolysed"),
            ("b", "smallrna", "pass", None),
            ("c", "specimen", "not_supplied", None),
            ("c", "smallrna", "pass", None),
            ("d", "specimen", "pass", None),
            ("d", "smallrna", "not_supplied", None),
            ("e", "specimen", "pass", None),
            ("e", "smallrna", "not_evaluable", "too few reads"),
            ("e", "proteomics", "pass", None),
        ],
        columns=["sample", "layer", "gate", "reasons"],
    )
    gates = sample_gates(quality)
    assert gates["gate"].to_dict() == {
        "a": "warn",
        "b": "fail",
        "c": "pass",
        "d": "not_supplied",
        "e": "not_evaluable",
    }
    assert gates.loc[["a", "b", "c"], "reasons"].tolist() == ["low library size", "haemolysed", ""]
    assert usable_samples(quality).tolist() == ["a", "c"]


def test_only_usable_measured_samples_train_and_the_unlabelled_are_apart():
    counts = pd.DataFrame({"m": [1, 2, 3, 4]}, index=["a", "b", "c", "d"])
    training = pd.DataFrame(
        {
            "sample": ["e", "d", "c", "b", "a"],
            "patient": list("EDCBA"),
            "label": [1.0, None, 0.0, 1.0, 0.0],
        }
    )
    labelled, others = select_training(counts, training, pd.Index(["a", "b", "d", "e"]))
    assert labelled["sample"].tolist() == ["a", "b"]
    assert others["sample"].tolist() == ["d"]


def test_a_sample_without_any_count_is_named():
    counts = pd.DataFrame({"m": [0, 2]}, index=["a", "b"])
    training = pd.DataFrame({"sample": ["a", "b"], "patient": ["A", "B"], "label": [1.0, 0.0]})
    line = "classifier: all counts of sample a are 0; it cannot be trained on"
    with pytest.raises(UserError, match=line):
        select_training(counts, training, counts.index)
