"""The scores of every sample of a study."""

import numpy as np
import pandas as pd
import pytest

from evigil.classifier import predict, scores
from evigil.classifier.repeat import join


@pytest.fixture(scope="module")
def study(cohort, cohort_of):
    """The training cohort and ten people who did not train, two of them with gates that forbid."""
    others = cohort_of(5, 5, seed=9, visits=1)
    rename = {name: f"H{name}" for name in others.counts.index}
    counts = pd.concat([cohort.counts, others.counts.rename(rename)])
    new = others.samples.assign(
        sample="H" + others.samples["sample"], patient="H" + others.samples["patient"]
    )
    new = new.assign(part=np.where(new["label"].notna(), "hold_out", ""))
    samples = pd.concat([cohort.samples, new], ignore_index=True)
    quality = pd.concat(
        pd.DataFrame({"sample": samples["sample"], "layer": layer, "gate": "pass", "reasons": ""})
        for layer in ("specimen", "smallrna")
    ).reset_index(drop=True)
    failed = (quality["layer"] == "smallrna") & quality["sample"].isin(["HP000_0", "P003_1"])
    quality.loc[failed, ["gate", "reasons"]] = ["fail", "transcriptome_reads below 100000"]
    return cohort._replace(counts=counts, samples=samples, quality=quality)


@pytest.fixture(scope="module")
def table(model, study, cross_validations):
    return scores.assemble(
        model, study.counts, study.samples, study.quality, cross_validations
    ).set_index("sample")


def test_columns_and_sources(table, study):
    assert [table.index.name, *table] == scores.COLUMNS
    assert table.index.tolist() == sorted(study.samples["sample"])
    scored = table[table["score"].notna()]
    trained = scored.index.str.startswith("P")
    assert (scored["score_source"] == np.where(trained, "oof", "locked")).all()
    assert set(scored["layers_used"]) == {"smallrna"}
    assert (scored["positive"] == (scored["score"] > scored["threshold"])).all()


def test_a_failed_gate_leaves_no_score_and_says_why(table):
    for name in ("HP000_0", "P003_1"):
        row = table.loc[name]
        assert row["gate"] == "fail" and row["reasons"] == "transcriptome_reads below 100000"
        assert row[["score", "probability", "threshold", "positive"]].isna().all()
        assert row["score_source"] is None


def test_who_did_not_train_gets_the_locked_score(table, study, model):
    own = [name for name in table.index if name.startswith("H") and name != "HP000_0"]
    direct = predict.score(model, study.counts.loc[own]).set_index("sample")["score"]
    assert table.loc[own, "score"].to_numpy() == pytest.approx(direct.to_numpy(), abs=1e-12)


def test_controls_lie_on_the_locked_models_scale(table, study, model):
    labels = study.samples.set_index("sample")["label"]
    controls = [n for n in table.index if n.startswith("P") and labels[n] == 0]
    own = table.loc[controls, "score"]
    assert own.mean() == pytest.approx(model.manifest["controls"]["mean"])
    assert own.std() == pytest.approx(model.manifest["controls"]["sd"])


def test_out_of_fold_scores_are_averaged_over_repeats(table, cross_validations):
    parts = [cv.visits.set_index("sample")["score"] for cv in cross_validations]
    average = (parts[0] + parts[1]).drop("P003_1") / 2
    mapped = table.loc[average.index, "score"]
    assert np.corrcoef(mapped, average)[0, 1] == pytest.approx(1)


def test_a_model_from_elsewhere_scores_everybody(model, study):
    table = scores.assemble(model, study.counts, study.samples, study.quality, [])
    assert set(table["score_source"].dropna()) == {"locked"}


def test_a_sample_without_the_layer_says_so(model, study):
    quality = study.quality.copy()
    quality.loc[
        (quality["sample"] == "HP001_0") & (quality["layer"] == "smallrna"), ["gate", "reasons"]
    ] = ["not_supplied", ""]
    counts = study.counts.drop(index="HP001_0")
    table = scores.assemble(model, counts, study.samples, quality, []).set_index("sample")
    row = table.loc["HP001_0"]
    assert (row["gate"], row["reasons"]) == ("not_supplied", "no smallrna counts")
    assert np.isnan(row["score"])


def test_hold_out_is_a_scheme_of_the_predictions(table, study, cross_validations):
    rows = scores.held_out(table.reset_index(), study.samples)
    assert rows["sample"].tolist() == [f"HP{i:03d}_0" for i in range(1, 10)]  # HP000_0 failed
    assert rows["label"].tolist() == [1] * 4 + [0] * 5
    together = scores.prediction_table(join(cross_validations), rows)
    assert together["scheme"].value_counts().to_dict() == {"nested_cv": 80, "held_out": 9}
    assert together.loc[together["scheme"] == "held_out", ["repeat", "fold"]].isna().all(axis=None)
