"""A locked model scores one sample as it would in the cohort."""

import numpy as np
import pandas as pd
import pytest

from evigil.classifier import predict
from evigil.errors import UserError


@pytest.fixture(scope="module")
def together(cohort, model):
    return predict.score(model, cohort.counts).set_index("sample")["score"]


def test_alone_permuted_and_beside_an_outlier(cohort, model, together):
    for name in cohort.counts.index[:6]:
        alone = predict.score(model, cohort.counts.loc[[name]])["score"].iloc[0]
        assert alone == pytest.approx(together[name], abs=1e-9)
    shuffled = predict.score(model, cohort.counts.sample(frac=1, random_state=0))
    assert shuffled["score"].to_numpy() == pytest.approx(together.to_numpy(), abs=1e-9)
    outlier = cohort.counts.copy()
    outlier.iloc[0] = 10**7
    beside = predict.score(model, outlier).set_index("sample")["score"]
    assert beside.iloc[1:].to_numpy() == pytest.approx(together.iloc[1:].to_numpy(), abs=1e-9)


def test_order_of_features_and_further_ones_change_nothing(cohort, model, together):
    wider = cohort.counts[cohort.counts.columns[::-1]].assign(other=99)
    assert predict.score(model, wider)["score"].to_numpy() == pytest.approx(
        together.to_numpy(), abs=1e-9
    )


def test_depth_changes_little(cohort, model, together):
    deep = predict.score(model, cohort.counts * 10).set_index("sample")["score"]
    assert np.corrcoef(deep, together)[0, 1] > 0.98


def test_positive_is_above_the_threshold(cohort, model):
    table = predict.score(model, cohort.counts)
    assert list(table) == ["sample", "score", "probability", "threshold", "positive", "reasons"]
    assert (table["positive"] == (table["score"] > table["threshold"])).all()
    assert table["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(-table["score"])))


def test_missing_features_are_named_in_one_line(cohort, model):
    with pytest.raises(UserError) as error:
        predict.score(model, cohort.counts.drop(columns=["miR-003", "miR-007"]))
    n = len(model.manifest["features"])
    assert str(error.value) == (
        f"counts: 2 of the model's {n} features are missing: miR-003, miR-007"
    )
    with pytest.raises(UserError, match="miR-004 and 55 more$"):
        predict.score(model, cohort.counts.iloc[:, :0])


def test_unseen_handling_is_flagged(cohort, model):
    counts = cohort.counts.iloc[:3]
    samples = pd.DataFrame({"sample": counts.index, "kit": ["A", "B", None]})
    assert predict.score(model, counts, samples)["reasons"].tolist() == [
        "",
        "kit 'B' was not in training",
        "",
    ]


def test_a_sample_without_counts_has_no_score(cohort, model):
    counts = cohort.counts.iloc[:2].copy()
    counts.iloc[0] = 0
    first, second = predict.score(model, counts).to_dict("records")
    assert np.isnan(first["score"]) and pd.isna(first["positive"])
    assert first["reasons"] == "no counts in the features of the model"
    assert second["score"] == second["score"]


def test_a_threshold_that_is_not_estimable_says_so(cohort_of, model_of):
    cohort = cohort_of(9, 12)
    table = predict.score(model_of(cohort), cohort.counts.iloc[:1])
    assert table["threshold"].isna().all() and table["positive"].isna().all()
    assert table["reasons"].iloc[0] == (
        "not estimable: the nominal threshold at specificity 0.95 needs 20 training controls, "
        "there are 12"
    )
