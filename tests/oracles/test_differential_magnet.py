"""A log-scale layer of real proteins through the whole of a contrast: EVs against neat plasma.

The proteomics stage is not built yet; what it will hand over is a matrix on the log2 scale.
"""

import numpy as np
import pandas as pd
import pytest

from evigil.differential.contrasts import Contrast
from evigil.differential.run import analyse
from evigil.stats.roc import auc


@pytest.fixture(scope="module")
def proteins(shared) -> pd.DataFrame:
    areas = pd.read_csv(shared("proteomics/magnet/ev_vs_plasma_protein_areas.csv"))
    areas.index = areas["Protein"].str.split("|").str[1]
    values = areas[[c for c in areas if c.endswith("NormalizedArea")]].T
    values.index = [f"{name.partition('_')[0]}" for name in values.index]
    values = values.loc[:, ~values.columns.duplicated()]
    return np.log2(values.where(values > 0))


@pytest.fixture(scope="module")
def result(proteins):
    samples = pd.DataFrame({"sample": proteins.index, "patient": proteins.index})
    samples["fraction"] = np.where(proteins.index.str.startswith("EV"), "EV", "plasma")
    contrast = Contrast("ev", "fraction", ("EV",), ("plasma",))
    return analyse(proteins, "log2", samples, None, contrast)


def test_fold_changes_are_differences_of_observed_means(proteins, result):
    ev = proteins.index.str.startswith("EV")
    expected = proteins[ev].mean() - proteins[~ev].mean()
    table = result.table.set_index("feature")
    fold = table["log2_fold_change"].dropna()
    assert len(fold) > 4000
    assert fold.to_numpy() == pytest.approx(expected[fold.index].to_numpy(), abs=1e-9)
    assert result.design["model"] == "limma"
    assert (table["low"].dropna() < table["high"].dropna()).all()


def test_ev_markers_rise_and_what_is_co_isolated_falls(result, shared):
    """Data README: medians +4.3, +4.0, -2.6, +4.4 and AUROC .959, 0 as missing."""
    categories = pd.read_csv(shared("panels/misev_categories.csv"))
    fold = result.table.set_index("feature")["log2_fold_change"]
    categories["fold"] = categories["uniprot"].map(fold)
    known = categories.dropna(subset="fold").drop_duplicates("uniprot")
    medians = known.groupby(known["cat"].str[0])["fold"].median()
    assert medians.loc[["1", "2", "3", "4"]].round(1).to_dict() == pytest.approx(
        {"1": 4.3, "2": 4.0, "3": -2.6, "4": 4.4}, abs=0.11
    )
    judged = known[known["cat"].isin(["1a", "1b", "2a"]) | known["cat"].str.startswith("3")]
    labels = (~judged["cat"].str.startswith("3")).astype(int)
    assert auc(labels, judged["fold"]) == pytest.approx(0.959, abs=0.01)


def test_what_plasma_lacks_is_found_by_detection(result):
    detection = result.detection.set_index("feature")
    only_ev = detection[(detection["detected_case"] == 1) & (detection["detected_control"] == 0)]
    assert (only_ev["test"] == "fisher").all() and len(only_ev) > 10
    # three against three: 2 / 20 is the smallest that Fisher's test can give
    assert only_ev["p_value"].to_numpy() == pytest.approx(0.1)
