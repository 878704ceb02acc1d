"""EV character of real proteomes: vesicles against neat plasma, isolation methods, haemoglobin."""

import numpy as np
import pandas as pd
import pytest

from evigil.proteomics.character import ev_category, sample_metrics
from evigil.stats.roc import auc

HAEMOGLOBIN = {"P69905": 0.5, "P68871": 0.5}


@pytest.fixture(scope="module")
def magnet(shared):
    """Give log2 areas of 3 samples of vesicles and 3 of neat plasma, 0 as missing."""
    areas = pd.read_csv(shared("proteomics/magnet/ev_vs_plasma_protein_areas.csv"))
    features = pd.DataFrame({"protein_group": areas["Protein"], "gene": areas["ProteinGene"]})
    features.index = areas["Protein"]
    values = areas[[c for c in areas if c.endswith("NormalizedArea")]].T
    values = values.set_axis(areas["Protein"], axis=1)
    values.index = ["ev1", "ev2", "ev3", "plasma1", "plasma2", "plasma3"]
    return np.log2(values.where(values > 0)), features


def test_categories_separate_vesicles_from_plasma(magnet):
    values, features = magnet
    change = values.iloc[:3].mean() - values.iloc[3:].mean()
    category = ev_category(features)[change.notna()]
    change = change.dropna()
    of_vesicles, isolated_with = category.isin(["1a", "1b", "2a"]), category.str[:1] == "3"
    either = of_vesicles | isolated_with
    found = auc(of_vesicles[either].to_numpy(), change[either].to_numpy())
    assert either.sum() == 65
    assert found == pytest.approx(0.959, abs=0.01)
    medians = change.groupby(category.str[:1]).median()
    assert medians[["1", "2", "3", "4"]].tolist() == pytest.approx([4.3, 4.0, -2.6, 4.4], abs=0.05)


def test_character_of_vesicles_and_plasma(magnet):
    table = sample_metrics(*magnet)
    ev, plasma = table.iloc[:3], table.iloc[3:]
    assert ev["category_3_share"].to_numpy() == pytest.approx([0.08] * 3, abs=0.01)
    assert plasma["category_3_share"].to_numpy() == pytest.approx([0.65] * 3, abs=0.02)
    assert ev["category_3_excess"].max() < 1 and plasma["category_3_excess"].min() > 7.5
    for ratio in ("apoa1_cd9", "apob_cd9", "alb_cd63"):
        assert ev[ratio].max() + 7 < plasma[ratio].min()
    assert (table["without_vesicle_proteins"] == 0).all()
    # red cells' proteins without what vesicles carry: plasma has more, as published vesicles have
    assert ev["erythrocyte_share"].min() > plasma["erythrocyte_share"].max()
    assert ev["erythrocyte_ev_safe_share"].max() < plasma["erythrocyte_ev_safe_share"].min()


@pytest.mark.parametrize("sample", ["ev1", "plasma1"])
def test_the_erythrocyte_index_rises_with_haemoglobin(magnet, sample):
    values, features = magnet
    linear = np.exp2(values.loc[sample])
    groups = features["protein_group"].str.split("|").str[1]
    spiked = {}
    for share in (0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3):
        added = groups.map(HAEMOGLOBIN).fillna(0).to_numpy() * share * np.nansum(linear)
        total = linear.fillna(0) + added
        spiked[f"h{share}"] = np.log2(total.where(total > 0))
    table = sample_metrics(pd.DataFrame(spiked).T, features)
    for index in ("erythrocyte_share", "erythrocyte_ev_safe_share"):
        assert (np.diff(table[index]) > 0).all()
        assert table[index].iloc[-1] == pytest.approx(0.3 / 1.3, abs=0.05)
    assert (np.diff(table["platelet_share"]) < 0).all()


def test_isolation_methods_differ_in_vesicles_and_in_what_comes_with_them(shared):
    folder = shared("proteomics/ev_isolation")
    table = pd.read_excel(folder / "Plasma_EV_proteomics_analysis_abundance_matrix.xlsx")
    features = pd.DataFrame({"protein_group": table["Protein IDs"], "gene": table["Gene names"]})
    values = table[[c for c in table.columns[7:]]].astype(float).T
    values = np.log2(values.where(values > 0))
    found = sample_metrics(values, features, None, pd.Series("maxquant", values.index))
    method = found.index.str.replace(r"(_\d+)+$", "", regex=True)
    median = found.groupby(method).median()
    # chromatography brings most proteins of vesicles, density gradients of a precipitate fewest
    ev = median["category_1_detected"] + median["category_2_detected"]
    assert ev.idxmax() == "SEC" and ev["SEC"] > 50 and ev["DUC"] < 6
    assert median["category_3_excess"][["SEC", "C"]].max() < 4
    assert median["category_3_excess"][["UC", "DUC"]].min() > 7.5
    markers = pd.read_excel(folder / "merge_validaded_EV_markers.xlsx")
    flagged = pd.DataFrame({"protein_group": markers.iloc[:, 1].str.strip(), "gene": ""})
    found = ev_category(flagged).set_axis(markers.iloc[:, 3].str.split(",").str[0])
    known = found[found != ""].to_dict()
    # fetuin-A, of bone's vesicles, is a protein of plasma
    assert known == {
        **{"CD9": "1a", "CD63": "1a", "CD81": "1a", "CD14": "1b", "ITGB1": "1a", "TSG101": "2a"},
        **{"TGFB1": "5a", "AHSG": "3c"},
    }
