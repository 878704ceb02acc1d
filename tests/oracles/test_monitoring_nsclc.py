"""ctDNA after resection of lung cancer: figures of the article, as arithmetic on its table."""

import pandas as pd
import pytest

from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.run import Monitoring, monitor

MONTH = 30.4375
SETTINGS = {"scale": "linear", "threshold": 0.5, "primary_rule": "single"}


@pytest.fixture(scope="module")
def nsclc(shared) -> Monitoring:
    table = pd.read_csv(shared("longitudinal/nsclc_ctdna/Joint_model_data.csv"))
    series = pd.DataFrame(
        {
            "patient": table["PatientID"],
            "marker": "ctdna",
            "day": table["TestDate"] * MONTH,
            "value": (table["Test_status"] == "Pos").astype(int),
            "reference": False,
        }
    )
    patients = pd.DataFrame(
        {
            "patient": table["PatientID"],
            "recurrence": (table["DFS"] * MONTH).where(table["DFS_status"] == 1),
            "last_follow_up": table["DFS"] * MONTH,
        }
    ).drop_duplicates()
    return monitor(draws_from_series(series), patients, SETTINGS)


def test_published_figures(nsclc):
    single = nsclc.evaluation["rules"]["single"]
    sensitivity, specificity = single["sensitivity_per_patient"], single["specificity_per_patient"]
    assert (sensitivity["k"], sensitivity["n"]) == (22, 34)
    assert (specificity["k"], specificity["n"]) == (47, 55)
    lead = single["lead_days"]
    assert (lead["k"], lead["n"]) == (22, 34)
    assert lead["estimate"] / MONTH == pytest.approx(7.6, abs=1e-9)


def test_a_fixed_cut_off_calls_without_a_reference(nsclc):
    assert nsclc.visits["call"].value_counts().to_dict() == {
        "no_significant_change": 239,
        "alert": 41,
    }
    assert nsclc.evaluation["rules"]["peb"]["sensitivity_per_patient"]["reason"] == (
        "no reference draw"
    )
