"""The classifier on log2 values: everything inside the folds, alone as in the cohort."""

import json

import numpy as np
import pandas as pd
import pytest

from evigil.classifier import locked
from evigil.classifier.layer import Layer, layer_of
from evigil.classifier.log_model import LogPreparation
from evigil.classifier.model import fit_model
from evigil.classifier.predict import score
from evigil.classifier.repeat import cross_validate
from evigil.classifier.scores import assemble, held_out
from evigil.errors import UserError
from evigil.matrix.log_scale import MedianShift
from evigil.matrix.roll_up import DirectLFQ
from evigil.stats.roc import within_fold_auc

PROTEINS = Layer("proteomics", "log2", "median")
SPECIFICITIES = [0.9, 0.95]


def proteomes(n_cases=16, n_controls=24, n_features=80, effect=1.5, draws=1, seed=0):
    """Log2 intensities, loaded unevenly, rarer the weaker; cases differ in ten proteins."""
    rng = np.random.default_rng(seed)
    n = n_cases + n_controls
    label = np.repeat([1.0, 0.0], [n_cases, n_controls])
    level = rng.normal(22, 2, n_features)
    signal = np.zeros(n_features)
    signal[rng.permutation(n_features)[:10]] = effect * rng.choice([-1, 1], 10)
    own = level + rng.normal(0, 0.7, (n, n_features)) + label[:, None] * signal
    values = np.repeat(own, draws, axis=0)
    values = values + rng.normal(0, 0.3, values.shape) + rng.normal(0, 1, (len(values), 1))
    rank = level.argsort().argsort() / n_features
    values[rng.random(values.shape) < 0.7 * (1 - rank) ** 2] = np.nan
    names = [f"P{i:03}_{d}" for i in range(n) for d in range(draws)]
    training = pd.DataFrame({"sample": names, "patient": [name[:4] for name in names]})
    training["label"] = np.repeat(label, draws)
    return pd.DataFrame(values, names, [f"Q{j:04}" for j in range(n_features)]), training


def validated(values, training, layer=PROTEINS, seed=1):
    names = training["sample"]
    return cross_validate(values, training, names, 1, seed, SPECIFICITIES, 0.95, layer)


def trained(values, training, layer=PROTEINS):
    names, sheet = training["sample"], training.assign(kit="A")
    limits = {"limits": {}}
    return locked.train(values, training, names, sheet, 1, [0.95], 0.95, limits, layer)


def auc(run) -> float:
    rows = run.predictions
    return within_fold_auc(rows["label"], rows["score"], rows["fold"])


@pytest.fixture(scope="module")
def study():
    return proteomes()


@pytest.fixture(scope="module")
def model(study):
    return trained(*study)


@pytest.fixture(scope="module")
def run(study):
    return validated(*study)


def test_classes_that_differ_are_told_apart(run):
    assert auc(run) > 0.85
    assert set(run.predictions["model"]) == {"proteomics"}


def test_a_sample_alone_scores_as_in_the_cohort(study, model):
    values, _ = study
    new, _ = proteomes(seed=7)
    new = new.set_axis([f"new{i}" for i in range(len(new))])
    together = score(model, pd.concat([values, new])).set_index("sample")["score"]
    assert together.notna().all()
    for name in new.index:
        # a table of this sample alone lists the proteins that it has
        alone = score(model, new.loc[[name]].dropna(axis=1))
        assert alone["score"].iloc[0] == pytest.approx(together[name], abs=1e-9)


def test_how_a_sample_was_loaded_or_normalised_before_leaves_nothing(study, model, run):
    values, training = study
    loads = pd.Series(np.linspace(-4, 4, len(values)), values.index)
    loaded = values.add(loads, axis=0)
    assert np.allclose(score(model, loaded)["score"], score(model, values)["score"], atol=1e-9)
    # as the stage normalises: with a profile of every sample, those of all test parts among them
    whole = MedianShift().fit(values).transform(values)
    again = validated(whole, training).predictions
    assert np.allclose(again["score"], run.predictions["score"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("fold", [1, 4])
def test_nothing_of_the_test_part_reaches_the_fold_model(study, run, fold):
    values, training = study
    rows = run.folds[run.folds["fold"] == fold]
    test = rows.loc[rows["part"] == "test", "sample"]
    rng = np.random.default_rng(fold)
    other = values.copy()
    # other values, other loads, other proteins missing: enough left to be scored
    other.loc[test] = rng.normal(30, 5, (len(test), values.shape[1]))
    other.loc[test] = other.loc[test].mask(rng.random((len(test), values.shape[1])) < 0.3)
    changed = validated(other, training)
    own = run.thresholds["fold"] == fold
    pd.testing.assert_frame_equal(run.thresholds[own], changed.thresholds[own])
    assert not run.thresholds[~own]["threshold"].equals(changed.thresholds[~own]["threshold"])


def test_labels_of_the_test_part_do_not_matter(study):
    values, training = study
    train = training.iloc[:30]
    one = fit_model(values, train, [1], PROTEINS)
    other = fit_model(values.iloc[:30], train, [1], PROTEINS)
    assert np.array_equal(one.pipeline.classify_.coef_, other.pipeline.classify_.coef_)
    assert np.array_equal(one.pipeline.impute_.values_, other.pipeline.impute_.values_)
    assert np.array_equal(one.pipeline.normalise_.profile_, other.pipeline.normalise_.profile_)


def shuffled_auc(n_features, seeds):
    values, training = proteomes(75, 75, n_features, effect=1.0)
    areas = []
    for seed in seeds:
        label = np.random.default_rng(seed).permutation(training["label"])
        areas.append(auc(validated(values, training.assign(label=label), seed=seed)))
    return np.mean(areas)


def test_shuffled_labels(monkeypatch):
    from evigil.classifier.grid import GRID

    ridge = tuple(c for c in GRID if c.l1_ratio == 0)
    monkeypatch.setattr("evigil.classifier.model.GRID", ridge)
    assert shuffled_auc(100, range(10)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_shuffled_labels_whole_grid():
    assert shuffled_auc(600, range(10)) == pytest.approx(0.5, abs=0.05)


def test_draws_of_a_patient_stay_together_and_weigh_once():
    values, training = proteomes(12, 12, draws=3, effect=0)
    result = validated(values, training)
    parts = result.folds[result.folds["part"] == "test"].groupby("patient")["fold"].nunique()
    assert (parts == 1).all()
    rows = training[training["sample"].str.endswith("_0")].reset_index(drop=True)
    one = fit_model(values, rows, [1], PROTEINS)
    fourfold = rows.loc[rows.index.repeat(4)].reset_index(drop=True)
    four = fit_model(values, fourfold, [1], PROTEINS)
    assert four.pipeline.classify_.coef_ == pytest.approx(one.pipeline.classify_.coef_, abs=1e-5)
    assert four.pipeline.normalise_.profile_ == pytest.approx(one.pipeline.normalise_.profile_)


def test_every_step_is_the_training_parts(study):
    values, training = study
    names = training["sample"].to_numpy(str)
    prepared = LogPreparation(PROTEINS, values.columns)
    standardised = prepared.fit_transform(values.to_numpy(), np.ones(len(values)), names)
    kept = values.notna().mean() >= 0.5
    assert np.array_equal(prepared.filter_.support_, kept)
    assert standardised.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert standardised.std(axis=0) == pytest.approx(1)
    assert np.allclose(prepared.transform(values.to_numpy(), names), standardised)
    normalised = MedianShift().fit(values.loc[:, kept]).transform(values.loc[:, kept])
    filled = normalised.fillna(dict(zip(normalised, prepared.impute_.values_, strict=True)))
    by_hand = (filled - filled.mean()) / filled.std(ddof=0)
    assert np.allclose(standardised, by_hand)


def test_too_few_of_the_features_is_no_score(study, model):
    values, _ = study
    features = model.manifest["features"]
    n, needed = len(features), model.manifest["least_features"]
    assert needed == -(-n // 2)
    complete = pd.DataFrame(22.0, ["enough", "few", "none"], features)
    complete.loc["enough", features[needed:]] = np.nan
    complete.loc["few", features[needed - 1 :]] = np.nan
    complete.loc["none"] = np.nan
    scores = score(model, complete).set_index("sample")
    assert scores["score"].notna().to_dict() == {"enough": True, "few": False, "none": False}
    assert scores.loc["enough", "reasons"] == ""
    assert scores.loc["few", "reasons"] == (
        f"{needed - 1} of the {n} features of the model were measured; {needed} are needed"
    )
    assert scores.loc["none", "reasons"].startswith(f"0 of the {n} features")


def test_a_table_without_any_feature_is_refused(study, model):
    values, _ = study
    first = model.manifest["features"][0]
    with pytest.raises(UserError, match=f"first: {first} .did you mean 'x{first}'"):
        score(model, values.rename(columns=lambda name: f"x{name}"))


def test_a_training_sample_with_few_values_is_named(study):
    values, training = study
    few = values.copy()
    few.loc["P003_0", values.columns[10:]] = np.nan
    with pytest.raises(UserError, match="sample P003_0 has less than half of the 6. features"):
        validated(few, training)
    few.loc["P003_0"] = np.nan
    with pytest.raises(UserError, match="classifier: sample P003_0 has no value in proteomics"):
        validated(few, training)


def test_nothing_measured_in_half_of_the_samples_is_said(study):
    values, training = study
    third = (np.arange(len(values))[:, None] + np.arange(values.shape[1])) % 3 == 0
    with pytest.raises(UserError, match="no feature is measured in at least 50%"):
        validated(values.where(third), training)


def test_normalised_by_spike_or_not_at_all(study):
    values, training = study
    spiked = values.assign(S1=25.0, S2=20.0).add(pd.Series(np.arange(40.0), values.index), axis=0)
    spike = Layer("proteomics", "log2", "spike", ("S1", "S2"))
    loaded = validated(spiked, training, spike)
    plain = validated(values.assign(S1=25.0, S2=20.0), training, spike)
    assert np.allclose(loaded.predictions["score"], plain.predictions["score"], atol=1e-6)
    model = trained(spiked, training, spike)
    assert model.manifest["normalisation"]["method"] == "spike"
    known = [x is not None for x in model.manifest["normalisation"]["profile"]]
    assert list(np.array(model.manifest["features"])[known]) == ["S1", "S2"]
    without = spiked.assign(S1=np.nan, S2=np.nan)
    assert "by which the model normalises" in score(model, without)["reasons"].iloc[0]
    with pytest.raises(UserError, match="no spiked protein is measured"):
        validated(without, training, spike)
    lost = spiked.copy()
    lost.loc["P005_0", ["S1", "S2"]] = np.nan
    with pytest.raises(UserError, match="sample P005_0 has no value of the features by which"):
        validated(lost, training, spike)
    none = trained(values, training, Layer("lipids", "log2"))
    assert none.manifest["layer"] == "lipids"
    assert none.manifest["normalisation"] == {"method": "none", "profile": None}


def test_the_layer_is_normalised_as_its_stage_did():
    median = {"normalisation": {"method": "median", "profile": {"A": 20.0}}}
    spike = {"normalisation": {"method": "spike", "profile": {"B": 20.0, "A": 21.0}}}
    reference = {"normalisation": {"method": "reference", "level": {"A": 20.0}}}
    assert layer_of("proteomics", "log2", median) == Layer("proteomics", "log2", "median")
    assert layer_of("proteomics", "log2", spike).spike == ("A", "B")
    assert layer_of("proteomics", "log2", reference) == Layer("proteomics", "log2", "none")
    assert layer_of("lipids", "log2") == Layer("lipids", "log2", "none")
    assert layer_of("smallrna", "counts") == Layer()


def test_written_and_read(study, model, tmp_path):
    values, training = study
    for place in ("one", "other"):
        locked.save(trained(values, training), tmp_path / place)
    for file in ("model.skops", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()
    read = locked.load(tmp_path / "one", "proteomics")
    pd.testing.assert_frame_equal(score(read, values), score(model, values))
    with pytest.raises(UserError, match="model of the layer 'proteomics', but .* is 'smallrna'"):
        locked.load(tmp_path / "one", "smallrna")


def test_the_manifest_alone_gives_the_same_scores(study, model):
    """Whoever has the manifest and the coefficients can score without this program."""
    values, _ = study
    manifest = json.loads(json.dumps(model.manifest))
    assert (manifest["layer"], manifest["scale"]) == ("proteomics", "log2")
    own = values[manifest["features"]].to_numpy()
    profile = np.array(manifest["normalisation"]["profile"], float)
    shifted = own - np.nanmedian(own - profile, axis=1)[:, None]
    filled = np.where(np.isnan(shifted), manifest["imputation"]["values"], shifted)
    scale, classify = model.pipeline.scale_, model.pipeline.classify_
    raw = (filled - scale.mean_) / scale.scale_ @ classify.coef_[0] + classify.intercept_[0]
    calibration = manifest["calibration"]
    expected = calibration["intercept"] + calibration["slope"] * raw
    assert np.allclose(score(model, values)["score"], expected)


def test_offsets_of_the_models_proteins_are_kept(study):
    values, training = study
    rng = np.random.default_rng(5)
    ions = pd.concat(
        [values.add(rng.normal(0, 1, values.shape[1])).add_suffix(f"_{i}") for i in range(3)],
        axis=1,
    )
    protein_of = pd.Series([ion[:5] for ion in ions], ions.columns)
    roll_up = DirectLFQ().fit(ions, protein_of)
    stage = {
        "normalisation": {"method": "median", "profile": {}},
        "roll_up": {"diann": roll_up.frozen()},
    }
    rolled = roll_up.transform(ions)
    model = trained(rolled, training, layer_of("proteomics", "log2", stage))
    kept = model.manifest["roll_up"]["diann"]
    assert set(kept["offsets"]) == set(model.manifest["features"])
    # ions of one sample, rolled up by the manifest alone, score as in the cohort
    alone = DirectLFQ.from_frozen(kept).transform(ions.loc[["P007_0"]].dropna(axis=1))
    inside = score(model, rolled).set_index("sample")["score"]["P007_0"]
    assert score(model, alone)["score"].iloc[0] == pytest.approx(inside, abs=1e-9)


def test_scores_of_a_study(study, model, run):
    values, training = study
    quality = pd.concat(
        training[["sample"]].assign(layer=layer, gate="pass", reasons="")
        for layer in ("specimen", "proteomics")
    )
    extra = training.iloc[[0]].assign(sample="gone", patient="P999")
    quality = pd.concat(
        [quality, extra[["sample"]].assign(layer="proteomics", gate="not_supplied")]
    )
    samples = pd.concat([training, extra]).assign(day=0.0, part="hold_out")
    table = assemble(model, values, samples, quality.fillna(""), [run]).set_index("sample")
    assert table.loc["gone", "reasons"] == "no proteomics values"
    assert set(table["model"]) == {"proteomics"}
    assert set(table["score_source"].dropna()) == {"oof"}
    rows = held_out(table.reset_index(), samples)
    assert set(rows["model"]) == {"proteomics"} and len(rows) == 40
