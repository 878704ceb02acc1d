"""Batch: planted effects are seen, and a study that has nothing to compare says so in words."""

import numpy as np
import pandas as pd
import pytest

from evigil.quality.batch import BATCH, COORDINATES, Layer, describe

N, M = 48, 60


def cohort(n: int = N, m: int = M, shift: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give sheet and counts; batch 2 of three is shifted by its own factor for each feature."""
    rng = np.random.default_rng(11)
    samples = [f"s{i:02d}" for i in range(n)]
    sheet = pd.DataFrame(
        {
            "sample": samples,
            "role": "sample",
            "condition": np.where(np.arange(n) % 2 == 0, "CRC", "healthy"),
            "batch": [str(i % 3 + 1) for i in range(n)],
            "age": rng.normal(60, 8, n),
            "kit": "one",
        }
    )
    level = rng.gamma(2, 200, m)
    effect = np.outer(sheet["batch"] == "2", rng.normal(0, shift, m))
    effect += np.outer(sheet["condition"] == "CRC", rng.normal(0, 0.3, m))
    counts = rng.poisson(rng.gamma(8, level / 8, (n, m)) * np.exp(effect))
    return sheet, pd.DataFrame(counts, samples, [f"f{i:02d}" for i in range(m)])


def gates(sheet: pd.DataFrame) -> pd.DataFrame:
    rows = sheet[["sample"]].assign(layer="smallrna", metric="haemolysis_index")
    return rows.assign(value=np.arange(len(sheet)) % 5 / 5)


def verdicts(sheet: pd.DataFrame, failed: tuple[str, ...] = ()) -> pd.DataFrame:
    gate = np.where(sheet["sample"].isin(failed), "fail", "pass")
    rows = sheet[["sample"]].assign(layer="smallrna", gate=gate, reasons="")
    return rows.reset_index(drop=True)


def described(sheet, counts, technical=(), failed=()):
    layers = {"smallrna": Layer(counts, "counts")}
    samples = verdicts(sheet, failed)
    return describe(sheet, technical, ["condition"], gates(sheet), samples, layers)


@pytest.fixture(scope="module")
def found():
    return described(*cohort())


def test_a_planted_batch_is_seen_and_corrected_for_the_eye(found):
    assert list(found.batch) == BATCH
    table = found.batch.set_index("covariate")
    assert table["kind"].to_dict() == {
        "ALL": "",
        "age": "biological",
        "batch": "technical",
        "condition": "outcome",
        "haemolysis_index": "derived",
        "kit": "technical",
    }
    batch = table.loc["batch"]
    assert batch["expected"] == pytest.approx(2 / (N - 1))
    assert batch["explained"] > 5 * batch["expected"] and batch["unique"] > 0.2
    assert batch["mixing"] < 0.6 and batch["mixing_corrected"] > 0.85
    assert batch["silhouette"] > batch["silhouette_corrected"] + 0.05
    assert table.loc["kit", "note"] == "the same in all: one"
    assert table.loc["kit", BATCH[6:14]].isna().all()
    assert table.loc["ALL", "explained"] > batch["explained"]
    assert table.loc["age", "type"] == "continuous" and np.isnan(table.loc["age", "levels"])


def test_the_tables_beside_it(found):
    variance = found.variance
    assert set(variance["covariate"]) == {"age", "batch", "condition", "haemolysis_index"}
    assert len(variance) == 4 * M and variance[["explained", "unique"]].notna().all(axis=None)
    batch = variance.loc[variance["covariate"] == "batch", "explained"].mean()
    assert batch == found.batch.set_index("covariate").loc["batch", "explained"]
    points = found.components
    assert list(points) == COORDINATES
    assert points.groupby("correction").size().to_dict() == {"none": N, "technical": N}
    chart = found.control_charts
    assert set(chart["metric"]) == {"haemolysis_index"} and len(chart) == 3
    assert found.replicates.empty


def test_any_order_of_samples_and_features_gives_the_same(found):
    sheet, counts = cohort()
    order = np.random.default_rng(1).permutation(N)
    again = described(sheet, counts.iloc[order, ::-1])
    for one, other in zip(found, again, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_failed_samples_blanks_and_replicates_do_not_count(found):
    sheet, counts = cohort()
    extra = sheet.iloc[:3].assign(sample=["x1", "x2", "x3"], replicate_of=["s00", "s01", np.nan])
    extra.loc[2, "role"] = "blank"
    more = pd.concat([sheet, extra], ignore_index=True)
    values = pd.concat([counts, counts.iloc[:3].set_axis(["x1", "x2", "x3"])])
    values.loc["x3"] = 0
    batch = described(more, values, failed=("s05",))
    assert set(batch.components["sample"]) == set(sheet["sample"]) - {"s05"}
    assert batch.batch.set_index("covariate").loc["ALL", "n"] == N - 1
    repeated = batch.replicates.set_index("sample")
    assert repeated.index.tolist() == ["ALL", "s00", "s01"]
    assert repeated["cv"].tolist() == pytest.approx([0, 0, 0], abs=1e-7)


def test_technical_columns_of_the_config_are_categories():
    sheet, counts = cohort()
    sheet["gel"] = np.arange(N) % 4 * 1.0
    table = described(sheet, counts, technical=["gel"]).batch.set_index("covariate")
    assert table.loc["gel", ["kind", "type", "levels"]].tolist() == ["technical", "categorical", 4]


NOTES = {
    "one sample": "1 usable sample: nothing to compare",
    "no sample": "0 usable samples: nothing to compare",
    "blanks only": "0 usable samples: nothing to compare",
    "two samples": "no covariate varies: nothing to compare",
    "no covariate": "no covariate varies: nothing to compare",
    "no batch": "no technical covariate of the sheet varies: nothing was corrected",
    "six samples": "6 samples are too few for 5 parameters together; "
    "too few samples to correct for the technical covariates",
    "undetected": "no feature is detected in half of the samples",
    "all counts 0": "0 usable samples: nothing to compare",
}


@pytest.mark.parametrize("name", NOTES)
def test_a_study_with_nothing_to_compare_says_so(name):
    sheet, counts = cohort()
    few = {"one sample": 1, "two samples": 2, "six samples": 6}.get(name, N)
    sheet, counts = sheet.iloc[:few], counts.iloc[:few]
    failed: tuple[str, ...] = ()
    if name == "no sample":
        failed = tuple(sheet["sample"])
    elif name == "blanks only":
        sheet = sheet.assign(role="blank")
    elif name == "two samples":
        sheet = sheet.drop(columns=["batch", "condition", "age"])
    elif name == "no covariate":
        sheet = sheet[["sample", "role", "kit"]]
    elif name == "no batch":
        sheet = sheet.drop(columns="batch")
    elif name == "undetected":
        counts = counts * 0 + 7 * np.eye(N, M, dtype=int)
    elif name == "all counts 0":
        counts = counts * 0
    if name in ("two samples", "no covariate"):
        layers = {"smallrna": Layer(counts, "counts")}
        empty = gates(sheet).iloc[:0]
        found = describe(sheet, [], ["condition"], empty, verdicts(sheet), layers)
    else:
        found = described(sheet, counts, failed=failed)
    row = found.batch.set_index("covariate").loc["ALL"]
    assert row["note"] == NOTES[name]
    assert list(found.batch) == BATCH and list(found.components) == COORDINATES


def test_a_study_without_layers_has_empty_tables():
    sheet, _ = cohort()
    found = describe(sheet, [], [], gates(sheet), verdicts(sheet), {})
    assert found.batch.empty and list(found.batch) == BATCH and found.variance.empty


def test_values_that_are_missing_or_on_other_scales():
    sheet, counts = cohort()
    logs = np.log2(counts.where(counts > 0))
    logs.iloc[:, 0] = np.nan
    layers = {"proteomics": Layer(logs, "log2"), "lipids": Layer(counts, "linear")}
    samples = pd.concat([verdicts(sheet).assign(layer=layer) for layer in layers])
    found = describe(sheet, [], ["condition"], gates(sheet), samples, layers)
    shares = found.variance.pivot(index=["feature", "covariate"], columns="layer", values="unique")
    assert "f00" not in shares["proteomics"].dropna().index.get_level_values("feature")
    both = shares.dropna()
    np.testing.assert_allclose(both["lipids"], both["proteomics"], atol=1e-12)


def test_a_feature_that_one_source_of_counts_lacks():
    sheet, counts = cohort()
    halved = counts.astype(float)
    halved.iloc[:10, 5] = np.nan
    found = described(sheet, halved)
    rows = found.variance[found.variance["feature"] == "f05"]
    assert set(rows["n"]) == {N - 10}
