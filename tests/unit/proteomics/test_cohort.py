"""What tables that are put together must have."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.cohort import join
from evigil.proteomics.part import Part
from evigil.proteomics.quantities import LEDGER, Quantities, plain_runs
from evigil.proteomics.settings import Settings


def part(values: pd.DataFrame, level: str = "protein") -> Part:
    features = pd.DataFrame(
        {"protein_group": values.columns, "gene": "", "peptides": 1.0}, values.columns
    )
    ledger = pd.DataFrame(0, values.index, list(LEDGER))
    runs = plain_runs(values.index)
    found = Quantities("matrix", "matrix", level, values, features, None, None, runs, ledger)
    return Part("table.tsv", "", found, pd.Series(values.index, values.index))


@pytest.mark.parametrize(
    ("values", "level"),
    [
        (
            pd.DataFrame(index=["S1", "S2"], columns=pd.Index([], dtype=object), dtype=float),
            "protein",
        ),
        (pd.DataFrame(np.nan, ["S1", "S2"], ["P1", "P2"]), "protein"),
        # no ion is in two samples: directLFQ keeps no protein
        (pd.DataFrame([[20.0, np.nan], [np.nan, 21.0]], ["S1", "S2"], ["P1", "P2"]), "ion"),
    ],
)
def test_tables_that_leave_no_value_are_named(values, level):
    with pytest.raises(UserError) as caught:
        join([part(values, level)], Settings(frozenset()))
    assert str(caught.value) == "table.tsv: no protein has a value in any sample"


def test_every_spiked_protein_must_be_there():
    values = pd.DataFrame([[20.0, 21.0], [22.0, 23.0]], ["S1", "S2"], ["P1", "P2"])
    settings = Settings(frozenset(), normalisation="spike", spike_proteins=("P1", "P9"))
    with pytest.raises(UserError) as caught:
        join([part(values)], settings)
    assert str(caught.value) == "config: proteomics.spike_proteins: no table has 'P9'"
