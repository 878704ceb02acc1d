"""The audit on studies whose confounding is known."""

import numpy as np
import pandas as pd
import pytest

from evigil.confounding import COLUMNS, finding
from evigil.quality.audit import admitted, audit
from evigil.quality.covariates import Covariates, covariates

SEED = 20260101
OUTCOME = "classifiers.crc"
NO_GATES = pd.DataFrame({c: pd.Series(dtype=object) for c in ("sample", "metric", "value")})


def outcome(labels, column: str = "condition") -> pd.DataFrame:
    names = [f"s{i:04d}" for i in range(len(labels))]
    known = {"outcome": OUTCOME, "column": column, "layers": "smallrna", "day": 0.0}
    return pd.DataFrame(
        {"sample": names, "patient": names, "label": np.asarray(labels, float)}
    ).assign(**known)


def audited(sheet: dict, labels, technical=(), column: str = "condition") -> pd.DataFrame:
    rows = outcome(labels, column)
    table = pd.DataFrame({"sample": rows["sample"], **sheet})
    known = covariates(table, technical, NO_GATES, {}, {})
    return audit(rows, known, technical, SEED).set_index("covariate")


def halves(n: int) -> np.ndarray:
    return np.repeat([1, 0], n // 2)


def words(values) -> list[str]:
    return [f"level{v}" for v in values]


def test_batch_that_is_the_label_is_confounded():
    labels = halves(40)
    table = audited({"batch": words(labels), "age": np.tile([50.0, 60, 70, 80], 10)}, labels)
    assert table.loc["batch", "verdict"] == "confounded"
    assert table.loc["batch", ["association", "overlap"]].tolist() == pytest.approx([1, 0])
    assert table.loc["batch", "p_holm"] < 0.05
    assert table.loc["age", "verdict"] == "clear"
    assert table.loc["ALL", "verdict"] == "confounded"
    assert table.loc["ALL", "note"] == "confounded by: batch"


def test_the_same_study_in_blocked_allocation_is_clear():
    labels = halves(40)
    table = audited(
        {"batch": words(np.arange(40) % 4), "age": np.tile([50.0, 60, 70, 80], 10)}, labels
    )
    assert (table["verdict"] == "clear").all()
    assert table.loc["batch", "association"] == 0 and table.loc["batch", "overlap"] == 1
    assert "found with 80 % power from V 0." in table.loc["batch", "note"]
    assert "found with 80 % power from AUC 0." in table.loc["age", "note"]


def test_the_table_has_the_columns_of_the_contract():
    table = audited({"batch": words(halves(40))}, halves(40)).reset_index()
    assert sorted(table) == sorted(COLUMNS)


def nine_nulls(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng([seed, n])
    sheet = {
        name: words(rng.integers(0, levels, n))
        for name, levels in {"site": 2, "batch": 3, "run": 6, "kit": 2, "operator": 4}.items()
    }
    sheet |= {"sex": words(rng.random(n) < 0.5), "age": rng.normal(60, 9, n)}
    sheet |= {"freeze_thaw": rng.integers(0, 4, n).astype(float)}
    sheet |= {"storage_days": np.round(rng.exponential(300, n))}
    return audited(sheet, rng.permutation(halves(n)))


def non_clear(n: int, seeds: int) -> int:
    found = [nine_nulls(n, seed).loc["ALL", "verdict"] for seed in range(seeds)]
    return sum(verdict not in ("clear", "not_evaluable") for verdict in found)


def test_nine_null_covariates_are_seldom_flagged():
    assert non_clear(86, 40) <= 7


@pytest.mark.slow
@pytest.mark.parametrize("n", [40, 86, 150, 400])
def test_nine_null_covariates_are_flagged_in_five_per_cent_at_most(n):
    assert non_clear(n, 400) <= 32  # the 99 % limit of 5 %


def test_an_unbalanced_batch_is_found():
    flagged = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels = halves(80)
        batch = words(rng.random(80) < np.where(labels == 1, 0.75, 0.25))
        flagged += audited({"batch": batch}, labels).loc["batch", "verdict"] != "clear"
    assert flagged >= 36


def test_without_a_batch_column_the_best_is_caution():
    labels = halves(40)
    table = audited({"age": np.tile([50.0, 60, 70, 80], 10)}, labels)
    assert table.loc["ALL", "verdict"] == "caution: batch not recorded"
    assert table.loc["age", "verdict"] == "clear"
    bare = audited({}, labels)
    assert list(bare.index) == ["ALL"]
    assert bare.loc["ALL", "verdict"] == "caution: batch not recorded"
    empty = audited({"batch": [None] * 40}, labels)
    assert empty.loc["ALL", "verdict"] == "caution: batch not recorded"


def test_a_technical_column_is_a_batch_and_a_category():
    labels = halves(40)
    table = audited({"gel_cut": np.tile([1.0, 2, 3, 4], 10)}, labels, technical=["gel_cut"])
    assert table.loc["gel_cut", ["kind", "type"]].tolist() == ["technical", "categorical"]
    assert table.loc["ALL", "verdict"] == "clear"


def test_no_batch_does_not_hide_what_is_confounded():
    labels = halves(40)
    table = audited({"sex": words(labels)}, labels)
    assert table.loc["ALL", "verdict"] == "confounded"
    assert table.loc["ALL", "note"] == "confounded by: sex; batch not recorded"


def test_all_male_against_both_sexes_and_older_is_confounded():
    rng = np.random.default_rng(8)
    labels = np.repeat([1, 0], [36, 50])
    sex = ["male"] * 36 + ["male", "female"] * 25
    age = rng.normal(0, 1, 86) + np.where(labels == 1, 1.5, 0)
    table = audited({"sex": sex, "age": age, "batch": words(np.arange(86) % 2)}, labels)
    assert table.loc["sex", "association"] == pytest.approx(0.535, abs=0.0005)
    assert table.loc["sex", "overlap"] == 0.5
    assert table.loc["age", "auc"] > 0.75
    assert table.loc[["sex", "age", "ALL"], "verdict"].tolist() == ["confounded"] * 3


def test_too_few_patients_cannot_be_judged_unless_nothing_overlaps():
    labels = np.repeat([1, 0], [9, 30])
    table = audited({"site": words(np.arange(39) % 2), "age": np.arange(39.0)}, labels)
    assert table["verdict"].tolist() == ["not_evaluable"] * 3
    assert table.loc["age", "note"] == "fewer than 10 patients in a class"
    reason = finding(table.reset_index(), OUTCOME).reason
    assert reason == "not evaluable: fewer than 10 patients in a class"
    table = audited({"site": words(labels)}, labels)
    assert table.loc["site", ["verdict", "overlap"]].tolist() == ["confounded", 0]


def test_what_is_known_for_few_cannot_be_judged():
    labels = halves(100)
    age = np.where(np.arange(100) % 4 == 0, np.nan, np.arange(100.0) % 50)
    table = audited({"age": age, "site": words(np.arange(100) % 2)}, labels)
    assert table.loc["age", ["n", "verdict"]].tolist() == [75, "not_evaluable"]
    assert table.loc["age", "note"] == "known for 75 of 100 patients"
    assert table.loc["ALL", "verdict"] == "not_evaluable"


def test_a_constant_is_noted():
    table = audited(
        {"kit": ["Q"] * 40, "freeze_thaw": [1.0] * 40, "batch": words(halves(40) * 0)}, halves(40)
    )
    assert table.loc["kit", "note"] == "the same in all: Q"
    assert table.loc["freeze_thaw", "note"] == "the same in all: 1"
    assert (table["verdict"] == "clear").all()


def test_indices_of_the_features_are_capped_but_depth_is_not():
    labels = halves(60)
    rows = outcome(labels)
    values = labels * 10.0 + np.arange(60) % 7
    gates = pd.concat(
        pd.DataFrame({"sample": rows["sample"], "metric": metric, "value": values})
        for metric in ("haemolysis_index", "transcriptome_reads", "mirnas_detected")
    )
    known = covariates(rows[["sample"]], [], gates, {}, {})
    table = audit(rows, known, [], SEED).set_index("covariate")
    assert table.loc["haemolysis_index", ["kind", "verdict"]].tolist() == ["derived", "caution"]
    assert table.loc["transcriptome_reads", ["kind", "verdict"]].tolist() == [
        "technical",
        "confounded",
    ]
    assert "mirnas_detected" not in table.index


def test_an_index_that_an_entry_cannot_have_lowers_nothing():
    labels = halves(60)
    rows = outcome(labels)
    gates = pd.DataFrame(
        {"sample": rows["sample"][:20], "metric": "q30_share", "value": np.arange(20) / 20}
    )
    sheet = rows[["sample"]].assign(batch=words(np.arange(60) % 3))
    table = audit(rows, covariates(sheet, [], gates, {}, {}), [], SEED).set_index("covariate")
    assert table.loc["q30_share", "verdict"] == "not_evaluable"
    assert table.loc["ALL", ["verdict", "note"]].tolist() == ["clear", "not evaluable: q30_share"]


def test_missing_features_and_detection_limits_are_held_against_the_label():
    labels = halves(60)
    rows = outcome(labels)
    values = pd.DataFrame(np.ones((60, 10)), index=rows["sample"])
    values.iloc[:30, :4] = np.nan
    limits = pd.DataFrame(np.tile(labels[:, None] + 1.0, (1, 10)), index=rows["sample"])
    known = covariates(
        rows[["sample"]], [], NO_GATES, {"proteomics": values}, {"proteomics": limits}
    )
    table = audit(rows, known, [], SEED).set_index("covariate")["verdict"]
    assert table["missing_share:proteomics"] == "caution"
    assert table["missing_pattern:proteomics"] == "confounded"
    assert table["detection_limit:proteomics"] == "confounded"


def test_columns_that_go_together_are_told():
    labels = halves(80)
    site = words(np.arange(80) % 4)
    batch = [f"of {s}" for s in site]
    table = audited({"site": site, "batch": batch}, labels)
    told = "its effect cannot be separated from that of "
    assert told + "batch" in table.loc["site", "note"]
    assert told + "site" in table.loc["batch", "note"]


def test_a_patient_counts_once_with_the_first_draw():
    labels = halves(40)
    rows = outcome(labels)
    later = rows.assign(sample=rows["sample"] + "_b", day=90.0)
    sheet = pd.DataFrame({"sample": [*rows["sample"], *later["sample"]]})
    sheet["batch"] = [*words(np.arange(40) % 2), *words(labels)]
    known = covariates(sheet, [], NO_GATES, {}, {})
    table = audit(pd.concat([later, rows]), known, [], SEED).set_index("covariate")
    assert table.loc["batch", ["n", "verdict"]].tolist() == [40, "clear"]


def test_the_compared_column_is_not_held_against_itself():
    labels = halves(40)
    table = audited(
        {"site": words(labels), "batch": words(np.arange(40) % 2)}, labels, column="site"
    )
    assert list(table.index) == ["batch", "ALL"]


def test_order_of_rows_and_columns_changes_nothing():
    rng = np.random.default_rng(3)
    labels = halves(60)
    rows = outcome(labels)
    sheet = pd.DataFrame(
        {
            "sample": rows["sample"],
            "age": rng.normal(size=60),
            "batch": words(rng.integers(0, 3, 60)),
        }
    )
    one = audit(rows, covariates(sheet, [], NO_GATES, {}, {}), [], SEED)
    shuffled = sheet.sample(frac=1, random_state=1)[["sample", "batch", "age"]]
    two = audit(
        rows.sample(frac=1, random_state=2), covariates(shuffled, [], NO_GATES, {}, {}), [], SEED
    )
    pd.testing.assert_frame_equal(one, two)


def test_a_study_without_outcomes_has_an_empty_table():
    nothing = Covariates(pd.DataFrame(), {}, frozenset())
    table = audit(outcome([]), nothing, [], SEED)
    assert list(table.columns) == list(COLUMNS) and table.empty
    assert not finding(table, OUTCOME).doubtful


def test_one_class_or_nobody_left_is_not_evaluable():
    table = audited({"age": np.arange(30.0), "site": words(np.arange(30) % 2)}, np.ones(30))
    assert table.loc["ALL", "verdict"] == "not_evaluable"


def test_samples_that_failed_take_no_part():
    rows = outcome(halves(40))
    gates = pd.DataFrame(
        {"sample": rows["sample"], "layer": "smallrna", "gate": "pass", "reasons": ""}
    )
    gates.loc[3, "gate"] = "fail"
    assert set(rows["sample"]) - set(admitted(rows, gates)["sample"]) == {"s0003"}


def test_dates_are_numbers():
    days = pd.date_range("2024-01-01", periods=40).strftime("%Y-%m-%d")
    table = audited({"collected": days}, halves(40))
    assert table.loc["collected", ["type", "auc", "verdict"]].tolist() == [
        "continuous",
        1,
        "confounded",
    ]


class TestRealStudies:
    """Colorectal cancer in plasma vesicles (GSE71008), and Alzheimer's in cerebrospinal fluid."""

    def test_gse71008_is_clear(self, shared):
        sheet = pd.read_csv(shared("counts/gse71008/samples.tsv"), sep="\t")
        batches = ["isolation_batch", "library_day", "gel_cut"]
        columns = sheet[["age", "sex", *batches]].to_dict("series")
        table = audited(columns, sheet["condition"] == "CRC", technical=batches)
        assert table.loc["ALL", "verdict"] == "clear"
        assert table["association"].max() == pytest.approx(0.14, abs=0.005)
        assert table.loc["age", "auc"] == pytest.approx(0.53, abs=0.005)
        assert table.loc[["age", "sex"], "verdict"].tolist() == ["clear", "clear"]

    def test_alzheimer_site_and_age_call_for_caution(self, shared):
        table = pd.read_excel(shared("proteomics/alzheimer_csf/Alzheimer.xlsx"))
        label = table["_primary biochemical AD classification"]
        known = label.isin(["biochemical AD", "biochemical control"])
        own = table[known].reset_index(drop=True)
        sheet = {"site": own["_collection site"], "age": own["_age at CSF collection"]}
        found = audited(sheet, label[known] == "biochemical AD")
        assert found.loc["site", "association"] == pytest.approx(0.32, abs=0.005)
        assert found.loc["age", "auc"] == pytest.approx(0.66, abs=0.005)
        assert found.loc[["site", "age", "ALL"], "verdict"].tolist() == ["caution"] * 3
