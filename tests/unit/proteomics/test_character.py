import numpy as np
import pandas as pd
import pytest

from evigil.metrics_proteomics import CHARACTER
from evigil.proteomics.character import ev_category, sample_metrics

NAN = float("nan")
GROUPS = {
    "P21926": ("CD9", 4.0),
    "P08962": ("CD63", 2.0),
    "Q8WUM4": ("PDCD6IP", 2.0),
    "P02647": ("APOA1", 16.0),
    "P04114": ("APOB", 8.0),
    "P02768": ("ALB", 64.0),
    "P27824": ("CANX", 1.0),
    "P02751": ("FN1", 3.0),
    "P02671": ("FGA", 5.0),
    "P68871": ("HBB", 6.0),
    "P60709": ("ACTB", 7.0),
    "P02775": ("PPBP", 2.0),
    "Q9Y490": ("TLN1", 1.0),
    "Q12345": ("NONE", 7.0),
}
TOTAL = sum(signal for _, signal in GROUPS.values())
FEATURES = pd.DataFrame(
    {"protein_group": list(GROUPS), "gene": [gene for gene, _ in GROUPS.values()]},
    index=list(GROUPS),
)


def values(*missing, samples=("s1",), **signals):
    row = {a: signals.get(gene, signal) for a, (gene, signal) in GROUPS.items()}
    row = {a: NAN if GROUPS[a][0] in missing else x for a, x in row.items()}
    return np.log2(pd.DataFrame([row] * len(samples), index=list(samples)))


def one(*missing, kind="diann", features=FEATURES, **signals):
    formats = pd.Series({"s1": kind})
    return sample_metrics(values(*missing, **signals), features, None, formats).loc["s1"]


def test_categories_of_groups():
    found = ev_category(FEATURES)
    assert found.tolist() == [
        *("1a", "1a", "2a", "3a", "3a", "3a", "4c", "5b", "3c", "", "2b", "", "", "")
    ]
    assert found.name == "ev_category" and found.index.equals(FEATURES.index)


def test_shares_ratios_and_counts():
    row = one()
    assert row.index.tolist() == list(CHARACTER)
    assert row[[f"category_{n}_detected" for n in range(1, 6)]].tolist() == [2, 2, 4, 1, 1]
    shares = row[[f"category_{n}_share" for n in range(1, 6)]].to_numpy(float)
    assert shares * TOTAL == pytest.approx([6, 9, 93, 1, 3])
    assert row["category_3_excess"] == pytest.approx(np.log2(93 / 15))
    assert row[["apoa1_cd9", "apob_cd9", "alb_cd63"]].tolist() == pytest.approx([2, 1, 5])
    assert row["without_vesicle_proteins"] == 0
    assert row["platelet_detected"] == 3 and row["platelet_share"] == pytest.approx(10 / TOTAL)
    # actin is in vesicles
    assert row["platelet_ev_safe_share"] == pytest.approx(3 / TOTAL)
    assert row["erythrocyte_share"] == pytest.approx(13 / TOTAL)
    assert row["erythrocyte_ev_safe_share"] == pytest.approx(6 / TOTAL)
    assert row["coagulation_index"] == pytest.approx(TOTAL / 5)


def test_an_offset_of_a_sample_changes_nothing():
    table = sample_metrics(values() + 30.5, FEATURES)
    expected = sample_metrics(values(), FEATURES)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-12)


def test_several_groups_of_a_protein_are_one_protein():
    features = FEATURES.copy()
    features.loc["Q12345", "protein_group"] = "P02768-2"
    row = one(features=features)
    assert row["category_3_detected"] == 4
    assert row["category_3_share"] * TOTAL == pytest.approx(100)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ((), 0),
        (("CD63",), 0),
        (("CD63", "ACTB"), 1),
        (("CD9", "CD63"), 1),
        (("PDCD6IP", "ACTB"), 1),
        (("APOA1", "APOB", "ALB", "FGA"), 0),
    ],
)
def test_the_claim_of_vesicles(missing, expected):
    assert one(*missing)["without_vesicle_proteins"] == expected


def test_what_was_looked_for_and_not_found():
    row = one("CD9", "CD63", "PDCD6IP", "ACTB", "TLN1")
    # the smallest signal that is there is 1
    assert row["category_3_excess"] == pytest.approx(np.log2(93))
    assert row["category_1_detected"] == row["category_1_share"] == 0
    assert row[["apoa1_cd9", "alb_cd63"]].isna().all()
    row = one("APOA1", "APOB", "ALB", "FGA")
    assert row["category_3_excess"] == pytest.approx(np.log2(1 / 15))
    assert np.isnan(row["coagulation_index"])
    assert one("HBB", "ACTB")["erythrocyte_share"] == 0


def test_a_panel_without_a_category_says_nothing_of_it():
    row = one("APOA1", "APOB", "ALB", "FGA", kind="matrix")
    lacking = ["category_3_detected", "category_3_share", "category_3_excess"]
    assert row[lacking].isna().all() and np.isnan(row["without_vesicle_proteins"])
    assert row["category_1_detected"] == 2
    assert np.isnan(one("HBB", "ACTB", kind="matrix")["erythrocyte_share"])


def test_proteins_of_another_species_say_nothing():
    features = FEATURES.assign(protein_group="Q99999")
    assert one(features=features).isna().all()


def test_a_sample_of_a_table_is_judged_by_what_the_table_has():
    table = pd.concat([values(samples=["a"]), values("APOA1", "APOB", "ALB", "FGA", samples=["b"])])
    same = sample_metrics(table, FEATURES, None, pd.Series({"a": "matrix", "b": "matrix"}))
    assert same.loc["b", "category_3_detected"] == 0
    other = sample_metrics(table, FEATURES, None, pd.Series({"a": "maxquant", "b": "matrix"}))
    assert np.isnan(other.loc["b", "category_3_detected"])
    assert other.index.tolist() == ["a", "b"]


def test_assays_that_share_no_scale_have_no_shares():
    row = one(kind="olink")
    assert row["category_1_detected"] == 2 and row["without_vesicle_proteins"] == 0
    gone = ["category_3_share", "category_3_excess", "alb_cd63", "platelet_share"]
    assert row[[*gone, "coagulation_index"]].isna().all()
    assert np.isnan(one(kind="olink;somascan")["category_3_share"])


def test_below_its_detection_limit_is_not_detected():
    table = values()
    marks = pd.DataFrame(False, index=table.index, columns=table.columns)
    marks.loc["s1", ["P21926", "P08962"]] = True
    row = sample_metrics(table, FEATURES, None, pd.Series({"s1": "olink"}), marks).loc["s1"]
    assert row["category_1_detected"] == 0 and row["without_vesicle_proteins"] == 1


def test_a_sample_without_proteins():
    table = pd.concat([values(), values(*[g for g, _ in GROUPS.values()], samples=["s2"])])
    row = sample_metrics(table, FEATURES, None, pd.Series({"s1": "diann", "s2": "diann"}))
    assert row.loc["s2", "category_3_detected"] == 0
    assert (
        row.loc["s2", ["category_3_share", "category_3_excess", "coagulation_index"]].isna().all()
    )


def test_no_sample():
    assert sample_metrics(values().iloc[:0], FEATURES).columns.tolist() == list(CHARACTER)


def test_a_sample_alone_is_as_in_the_cohort():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        rng.normal(20, 3, (9, len(FEATURES))),
        index=[f"s{i}" for i in range(9)],
        columns=FEATURES.index,
    )
    together = sample_metrics(table, FEATURES)
    alone = [sample_metrics(table.loc[[name]], FEATURES) for name in table.index]
    pd.testing.assert_frame_equal(pd.concat(alone), together, check_exact=True, check_names=False)
    shuffled = sample_metrics(table.sample(frac=1, random_state=1), FEATURES)
    pd.testing.assert_frame_equal(
        shuffled.loc[table.index], together, check_exact=True, check_names=False
    )
