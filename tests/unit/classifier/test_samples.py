"""Which samples take part."""

import numpy as np
import pandas as pd
import pytest

from evigil.classifier.samples import select_training, supplied
from evigil.errors import UserError


def test_only_usable_measured_samples_train_and_the_unlabelled_are_apart():
    counts = pd.DataFrame({"m": [1, 2, 3, 4]}, index=["a", "b", "c", "d"])
    training = pd.DataFrame(
        {
            "sample": ["e", "d", "c", "b", "a"],
            "patient": list("EDCBA"),
            "label": [1.0, None, 0.0, 1.0, 0.0],
        }
    )
    labelled, others = select_training(counts, training, {"a", "b", "d", "e"})
    assert labelled["sample"].tolist() == ["a", "b"]
    assert others["sample"].tolist() == ["d"]


def test_a_sample_without_any_count_is_named():
    counts = pd.DataFrame({"m": [0, 2]}, index=["a", "b"])
    training = pd.DataFrame({"sample": ["a", "b"], "patient": ["A", "B"], "label": [1.0, 0.0]})
    line = "classifier: all counts of sample a are 0; it cannot be trained on"
    with pytest.raises(UserError, match=line):
        select_training(counts, training, counts.index)


def test_only_what_every_training_sample_was_supplied_with_is_a_candidate():
    counts = pd.DataFrame(
        {"f": [1.0, 2.0, 3.0], "g": [1.0, np.nan, 3.0], "h": [1.0, 2.0, np.nan]},
        index=["a", "b", "c"],
    )
    labelled = pd.DataFrame({"sample": ["a", "b"]})
    # the sample that only is to be scored decides nothing
    assert supplied(counts, labelled).columns.tolist() == ["f", "h"]
    with pytest.raises(UserError, match="no feature was supplied in every sample to train on"):
        supplied(counts[["g"]], labelled)
