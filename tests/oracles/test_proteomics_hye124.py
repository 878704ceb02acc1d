"""Three species mixed at known ratios, through DIA-NN and directLFQ: the ratios that are there."""

import pandas as pd
import pytest

from evigil.proteomics.detect import read_quantities

FILE = "proteomics/hye124/HYE124_diann_directlfq_protein_intensities.tsv"
MAP = "proteomics/hye124/HYE124_samplemap.tsv"


def test_ratios_of_the_mixture(shared):
    condition = pd.read_csv(shared(MAP), sep="\t").set_index("sample")["condition"]
    found = read_quantities(shared(FILE), "auto", scale="linear", samples=list(condition.index))
    raw = pd.read_csv(shared(FILE), sep="\t", index_col=0)
    assert found.format == "matrix" and found.values.shape == (5, 13458)
    assert found.values.isna().sum().sum() == (raw == 0).sum().sum() == 3345
    means = found.values.groupby(condition).mean()
    ratio = means.loc["A"] - means.loc["B"]
    species = found.features["protein_group"]
    coli = species.str.startswith("P0A")
    yeast = species.str.match("P38|P40|P53|Q12|P32|P25")
    assert coli.sum() == 806 and yeast.sum() == 1491
    assert ratio[coli].median() == pytest.approx(-1.25, abs=0.15)
    assert ratio[yeast].median() == pytest.approx(0.4, abs=0.15)
    assert abs(ratio.median()) < 0.1
