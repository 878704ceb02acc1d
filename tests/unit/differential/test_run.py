"""The tables of a contrast: the same as calling the models, whatever the order of rows."""

import numpy as np
import pandas as pd
import pytest

from evigil.confounding import Finding
from evigil.differential.contrasts import Contrast
from evigil.differential.counts import fit_counts
from evigil.differential.design import build_design
from evigil.differential.figure_data import picture
from evigil.differential.figures import volcano
from evigil.differential.linear import fit_log_scale
from evigil.differential.low_counts import keep_features
from evigil.differential.outputs import COLUMNS
from evigil.differential.run import analyse, describe
from evigil.differential.voom import fit_blocked_counts
from evigil.errors import UserError
from evigil.matrix.normalise import TMM, MedianOfRatios

CRC = Contrast("crc", "condition", ("CRC",), ("healthy",), covariates=("age", "sex"))
ESTIMATES = ["log2_fold_change", "standard_error", "p_value", "q_value", "low", "high"]


def test_the_table_is_that_of_the_model(samples, counts):
    result = analyse(counts, "counts", samples, None, CRC)
    assert list(result.table) == list(COLUMNS)
    design = build_design(samples.set_index("sample"), CRC)
    kept = keep_features(counts, design.matrix)
    few = counts.loc[:, kept]
    factors = pd.Series(MedianOfRatios().fit(few).size_factors(few), few.index)
    direct = fit_counts(few, design.matrix, design.tested, factors).table
    table = result.table.set_index("feature")
    columns = [*ESTIMATES, "shrunken_log2_fold_change"]
    pd.testing.assert_frame_equal(table.loc[direct.index, columns], direct[columns])
    assert table["p_value"].drop(direct.index).isna().all()
    assert len(table) == 150
    normalised = counts.div(factors, axis=0)
    case = samples["condition"].eq("CRC").to_numpy()
    expected = normalised[case].mean()
    assert table["mean_case"].sort_index().to_numpy() == pytest.approx(expected.to_numpy())
    detected = (counts[~case] > 0).mean()
    assert table["detected_control"].sort_index().to_numpy() == pytest.approx(detected.to_numpy())
    assert result.design["size_factors"]["values"] == factors.to_dict()
    assert set(table.index[table["q_value"] < 0.05]) >= {f"miR-{i:03d}" for i in range(8)}


def test_the_order_of_rows_and_columns_changes_nothing(samples, counts):
    one = analyse(counts, "counts", samples, None, CRC)
    rows = samples.sample(frac=1, random_state=2)
    mixed = counts.sample(frac=1, axis=1, random_state=3).sample(frac=1, random_state=4)
    for turned in (counts.iloc[::-1, ::-1], mixed):
        other = analyse(turned, "counts", rows, None, CRC)
        for name in ("table", "detection", "sensitivity"):
            pd.testing.assert_frame_equal(
                getattr(one, name), getattr(other, name), check_exact=True
            )
        assert one.design == other.design


def test_sorted_by_p_value_and_missing_last(samples, counts):
    counts = counts.assign(zero=0)
    table = analyse(counts, "counts", samples, None, CRC).table
    tested = table["p_value"].notna().to_numpy()
    assert table["p_value"][tested].is_monotonic_increasing
    assert not tested[tested.argmin() :].any()
    zero = table.set_index("feature").loc["zero"]
    assert zero["base_mean"] == 0 and np.isnan(zero["log2_fold_change"])


def test_the_gates_leave_a_sample_out_as_if_it_were_not_there(samples, counts):
    gates = pd.DataFrame({"sample": samples["sample"], "gate": "pass", "reasons": ""})
    gates.loc[4, ["gate", "reasons"]] = ["fail", "too few reads"]
    gated = analyse(counts, "counts", samples, gates, CRC)
    without = analyse(counts.drop(index="s04"), "counts", samples.drop(index=4), None, CRC)
    pd.testing.assert_frame_equal(gated.table, without.table, check_exact=True)
    left_out = gated.design["samples"]["left_out"]
    assert left_out == [{"sample": "s04", "reason": "gate fail: too few reads"}]


def test_a_likelihood_ratio_test_has_no_fold_change(samples, counts):
    for column in ("stage", "condition"):
        result = analyse(counts, "counts", samples, None, Contrast("x", column))
        empty = ["log2_fold_change", "standard_error", "low", "high", "shrunken_log2_fold_change"]
        assert result.table[[*empty, "mean_case", "detected_control"]].isna().all(axis=None)
        assert (result.table["statistic"].dropna() >= 0).all()
        assert (result.design["model"], result.design["test"]) == ("deseq2", "likelihood_ratio")
    assert result.design["features"]["significant"] >= 8


def test_repeated_draws_go_through_voom(samples, counts):
    repeated = samples.assign(patient=samples["patient"].str[1:].astype(int).floordiv(2).map(str))
    question = Contrast("x", "condition", ("CRC",), ("healthy",), block="patient")
    result = analyse(counts, "counts", repeated, None, question)
    design = build_design(repeated.set_index("sample"), question)
    few = counts.loc[:, keep_features(counts, design.matrix)]
    direct = fit_blocked_counts(few, design.matrix, design.tested, design.block).table
    table = result.table.set_index("feature")
    pd.testing.assert_frame_equal(
        table.loc[direct.index, ESTIMATES], direct[ESTIMATES], check_names=False
    )
    assert result.design["size_factors"]["method"] == "tmm"
    factors = pd.Series(result.design["size_factors"]["values"])
    assert (factors / TMM().fit(few).size_factors(few)).std() == pytest.approx(0, abs=1e-12)
    assert result.design["model"] == "voom" and result.design["block"] == "patient"


def test_a_log_scale_layer_with_missing_values(samples):
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(20, 1, (24, 130)), index=samples["sample"].to_numpy())
    values.columns = [f"P{i:03d}" for i in range(130)]
    values = values.mask(rng.uniform(size=values.shape) < 0.2)
    result = analyse(values, "log2", samples, None, CRC)
    design = build_design(samples.set_index("sample"), CRC)
    direct = fit_log_scale(values, design.matrix, design.tested).table
    table = result.table.set_index("feature").loc[direct.index]
    pd.testing.assert_frame_equal(table[ESTIMATES], direct[ESTIMATES], check_names=False)
    assert table["base_mean"].to_numpy() == pytest.approx(values.mean().to_numpy())
    case = samples["condition"].eq("CRC").to_numpy()
    observed = values[case].notna().mean()
    assert table["detected_case"].to_numpy() == pytest.approx(observed.to_numpy())
    # two levels by F: the square of t, and no fold change
    squared = analyse(values, "log2", samples, None, Contrast("x", "condition")).table
    plain = Contrast("x", "condition", ("CRC",), ("healthy",))
    t = analyse(values, "log2", samples, None, plain).table
    both = squared.merge(t, on="feature")
    assert both["statistic_x"].to_numpy() == pytest.approx(both["statistic_y"].to_numpy() ** 2)
    assert both["p_value_x"].to_numpy() == pytest.approx(both["p_value_y"].to_numpy())
    assert both["log2_fold_change_x"].isna().all()


def test_the_genes_of_what_is_found_are_kept_for_pictures_and_pages(samples):
    rng = np.random.default_rng(4)
    names = [f"P{i:05d}" for i in range(60)]
    values = pd.DataFrame(rng.normal(20, 1, (24, 60)), samples["sample"].to_numpy(), names)
    genes = pd.Series("", index=names, dtype=object)
    genes[names[1:]] = [f"GENE{i}" for i in range(1, 60)]
    result = analyse(values, "log2", samples, None, CRC, genes=genes)
    kept = result.design["features"]["genes"]
    first = [name for name in result.table["feature"].head(50) if name != "P00000"]
    assert kept == {name: genes[name] for name in first}
    facts = result.design | {"samples": {"used": samples["sample"].tolist()}}
    found = picture(result.table, values, "log2", samples, facts, CRC)
    assert found.named(first[0]) == f"{genes[first[0]]} ({first[0]})"
    assert found.named("P00000") == "P00000"
    assert genes[first[0]] in {row["feature"] for row in volcano(found).data.to_dict("records")}
    assert "genes" not in analyse(values, "log2", samples, None, CRC).design["features"]


def test_sensitivity_is_the_same_fit_in_other_ways(samples, counts):
    result = analyse(counts, "counts", samples, None, CRC)
    rows = result.sensitivity
    made = rows[rows["feature"].notna()]
    names = ["main", "without_covariates", "sex=female", "sex=male"]
    assert made["analysis"].tolist() == names * (len(made) // 4)
    tested = result.table.dropna(subset="p_value")
    assert made["feature"].iloc[::4].tolist() == tested["feature"].tolist()
    by = {name: made[made["analysis"] == name].set_index("feature") for name in names}
    main = tested.set_index("feature")
    pd.testing.assert_frame_equal(by["main"][ESTIMATES], main[ESTIMATES], check_exact=True)
    women = samples[samples["sex"] == "female"]
    own = analyse(counts, "counts", women, None, CRC.without("sex")).table.set_index("feature")
    pd.testing.assert_frame_equal(
        by["sex=female"][ESTIMATES], own.loc[main.index, ESTIMATES], check_exact=True
    )
    assert set(by["sex=female"]["samples"]) == {len(women)}
    reasons = rows[rows["feature"].isna()]
    assert reasons[["analysis", "reason"]].to_numpy().tolist() == [
        ["with_haemolysis_index", "the haemolysis index of the quality stage is not built"]
    ]


def test_what_cannot_be_looked_at_says_why(samples, counts):
    alone = Contrast("x", "condition", ("CRC",), ("healthy",))
    women = samples.assign(sex=np.where(samples["condition"] == "CRC", "female", "male"))
    rows = analyse(counts, "counts", women, None, alone).sensitivity
    reasons = dict(rows[rows["feature"].isna()][["analysis", "reason"]].to_numpy())
    assert reasons["without_covariates"] == "the contrast has no covariates"
    assert reasons["sex=female"] == "has 0 control patients; at least 2 of each are needed"
    rows = analyse(counts, "counts", samples.drop(columns="sex"), None, alone).sensitivity
    reasons = dict(rows[rows["feature"].isna()][["analysis", "reason"]].to_numpy())
    assert reasons["by_sex"] == "the study has no column sex"


def test_a_sample_without_counts_and_counts_that_are_none(samples, counts):
    empty = counts.copy()
    empty.loc["s03"] = 0
    with pytest.raises(UserError, match=r"^sample 's03' has no counts$"):
        analyse(empty, "counts", samples, None, CRC)
    with pytest.raises(UserError, match="280.5 is not a count"):
        analyse(counts + 0.5, "counts", samples, None, CRC)
    other = counts.astype(float)
    other.iloc[2, 2] = -3
    with pytest.raises(UserError, match="'s02', feature 'miR-002': -3 is not a count"):
        analyse(other, "counts", samples, None, CRC)
    with pytest.raises(UserError, match="no feature has enough counts"):
        analyse(counts.clip(upper=0).assign(few=1), "counts", samples, None, CRC)


def test_a_feature_that_a_source_did_not_count_is_left_out(samples, counts):
    joined = counts.astype(float).assign(tRNA=np.nan)
    joined.iloc[:9, -1] = 100
    result = analyse(joined, "counts", samples, None, CRC)
    plain = analyse(counts, "counts", samples, None, CRC)
    pd.testing.assert_frame_equal(result.table, plain.table)
    assert result.design["features"]["not_supplied"] == 1
    assert plain.design["features"]["not_supplied"] == 0
    with pytest.raises(UserError, match="no feature was counted in every sample"):
        analyse(joined[["tRNA"]], "counts", samples, None, CRC)


def test_the_design_says_what_was_compared(samples, counts):
    facts = analyse(counts, "counts", samples, None, CRC).design
    found = Finding("caution", "caution: cases and controls differ in age (AUC 0.66)")
    design = describe(CRC, {"smallrna": facts}, found)
    assert design["question"] == "condition: CRC against healthy"
    assert design["confounding"] == {
        "verdict": "caution",
        "reason": f"{found.reason}; the model adjusts for age, sex",
    }
    unaudited = describe(CRC, {"smallrna": facts}, Finding("", ""))["confounding"]
    assert unaudited["verdict"] is None and "only contrasts of two groups" in unaudited["reason"]
    layer = design["layers"]["smallrna"]
    assert layer["formula"] == "~ age + sex + condition"
    assert (layer["samples"]["case"], layer["samples"]["control"]) == (12, 12)
    assert layer["size_factors"]["method"] == "ratio"
    assert layer["features"]["n"] == 150


def test_the_design_says_when_outlying_counts_are_not_looked_for(samples, counts):
    """No two people share an age, so that no count can be held against others of its kind."""
    said = "outlying counts are not looked for"
    notes = analyse(counts, "counts", samples, None, CRC).design["notes"]
    assert [said in note for note in notes] == [True]
    assert analyse(counts, "counts", samples, None, CRC.without("age")).design["notes"] == []


def test_a_refusal_says_who_was_left_out_before(samples, counts):
    gate = np.where(samples["condition"] == "CRC", "fail", "pass")
    gates = pd.DataFrame({"sample": samples["sample"], "gate": gate, "reasons": "few reads"})
    said = "has 0 case patients; at least 2 of each are needed; 12 samples were left out before, "
    with pytest.raises(UserError, match=said + r"first s00 \(gate fail: few reads\)$"):
        analyse(counts, "counts", samples, gates, CRC)
