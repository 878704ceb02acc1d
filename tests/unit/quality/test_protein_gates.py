"""Gates of the protein layer: from what was measured of samples to one verdict each."""

import numpy as np
import pandas as pd
import pytest

from evigil.metrics_proteomics import CHARACTER, PROTEOMICS
from evigil.quality.measured import COLUMNS, protein_metrics
from evigil.quality.run import gate

NAN = float("nan")
OK = {"category_3_excess": 1.0, "category_3_share": 0.1, "without_vesicle_proteins": 0.0}


def table(**columns):
    n = max(len(c) for c in columns.values())
    known = {"format": ["diann"] * n, "proteins": [1500] * n, **columns}
    return pd.DataFrame({"sample": [f"s{i:02}" for i in range(n)], **known})


def judged(samples, limits=None, reference=None, **more):
    sheet = pd.DataFrame({"sample": samples["sample"], "reference": reference or True})
    return gate(sheet, None, limits or {}, proteins=samples, **more)


def verdicts(quality, metric):
    rows = quality.gates[quality.gates["metric"] == metric]
    return rows["verdict"].tolist()


def test_rows():
    rows = protein_metrics(table(category_3_excess=[2.5, NAN], format=["diann", "olink"]))
    assert rows.columns.tolist() == [*COLUMNS] and set(rows["layer"]) == {"proteomics"}
    own = sorted(m.name for m in PROTEOMICS if m.name != "protein_outlier_distance")
    assert rows["metric"].tolist() == own * 2
    found = rows.set_index(["sample", "metric"])["numerator"]
    assert found["s00", "protein_identifications"] == 1500
    assert np.isnan(found["s01", "protein_identifications"])
    assert found["s00", "category_3_excess"] == 2.5 and np.isnan(found["s00", "platelet_share"])


def test_no_sample():
    empty = pd.DataFrame(columns=["sample", "format", "proteins", *CHARACTER])
    assert protein_metrics(empty).shape == (0, 6)


@pytest.mark.parametrize("kind", ["matrix", "olink", "somascan", "olink;somascan"])
def test_identifications_are_judged_for_discovery_only(kind):
    found = judged(table(proteins=[20, 20], format=[kind, "maxquant"], category_1_share=[0, 0]))
    assert verdicts(found, "protein_identifications") == ["not_supplied", "fail"]
    rows = found.samples[found.samples["layer"] == "proteomics"]
    assert rows["gate"].tolist()[1] == "fail"
    assert rows["reasons"].tolist()[1] == "protein_identifications 20 is below 100"


@pytest.mark.parametrize(
    ("excess", "verdict"),
    [(-2.0, "pass"), (0.7, "pass"), (4.5, "warn"), (7.6, "fail"), (NAN, "not_supplied")],
)
def test_what_is_isolated_with_vesicles(excess, verdict):
    found = judged(table(**{k: [v] for k, v in (OK | {"category_3_excess": excess}).items()}))
    assert verdicts(found, "category_3_excess") == [verdict]
    (layer,) = found.samples.loc[found.samples["layer"] == "proteomics", "gate"]
    assert layer == ("pass" if verdict == "not_supplied" else verdict)


def test_a_panel_without_categories_is_not_lowered():
    found = judged(table(format=["olink"], proteins=[92]))
    of_layer = found.gates[found.gates["layer"] == "proteomics"]
    assert set(of_layer["verdict"]) == {"not_supplied"}
    (layer,) = found.samples.loc[found.samples["layer"] == "proteomics", "gate"]
    assert layer == "not_supplied"


def test_fitted_limits_of_shares_and_ratios_only_warn():
    rng = np.random.default_rng(3)
    n = 40
    shares = 0.02 * np.exp(rng.normal(0, 0.2, n))
    ratios = rng.normal(-3, 0.5, n)
    shares[0], ratios[1] = 0.4, 6.0
    samples = table(erythrocyte_ev_safe_share=shares, alb_cd63=ratios)
    found = judged(samples)
    assert [i for i, v in enumerate(verdicts(found, "alb_cd63")) if v == "warn"] == [1]
    limit = found.reference["metrics"]["erythrocyte_ev_safe_share"]
    assert limit["source"] == "fitted" and 0.02 < limit["warn_above"] < 0.06
    assert -3 < found.reference["metrics"]["alb_cd63"]["warn_above"] < 0
    assert verdicts(found, "erythrocyte_ev_safe_share")[0] == "warn"
    reason = found.gates.query("metric == 'erythrocyte_ev_safe_share'")["reason"].iloc[0]
    assert reason.startswith("erythrocyte_ev_safe_share 40 % is above ")
    assert reason.endswith("the limit fitted on 40 reference samples")


def test_a_panel_that_nothing_was_found_of_fits_no_limit():
    found = judged(table(platelet_ev_safe_share=[0.0] * 30))
    assert found.reference["metrics"]["platelet_ev_safe_share"]["warn_above"] is None
    assert set(verdicts(found, "platelet_ev_safe_share")) == {""}


def test_a_profile_unlike_the_others():
    rng = np.random.default_rng(8)
    names = [f"s{i:02}" for i in range(40)]
    level = rng.normal(20, 2, 200)
    values = pd.DataFrame(level + rng.normal(0, 0.4, (40, 200)), names)
    values.loc["s07"] = rng.permutation(values.loc["s07"].to_numpy())
    values = values.mask(rng.random(values.shape) < 0.1)
    found = judged(table(category_3_share=[0.1] * 40), intensities=values)
    verdict = verdicts(found, "protein_outlier_distance")
    assert verdict[7] == "warn" and verdict.count("warn") <= 3
    assert found.reference["outliers"]["proteomics"]["scale"] == "log2"
    of_layer = found.gates[found.gates["metric"] == "protein_outlier_distance"]
    assert set(of_layer["layer"]) == {"proteomics"}
