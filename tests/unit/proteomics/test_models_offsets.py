"""A sample of another study has the proteins that a locked model's own study would give it."""

import numpy as np
import pandas as pd

from evigil.matrix.roll_up import DirectLFQ
from evigil.proteomics.cohort import join
from evigil.proteomics.part import Part
from evigil.proteomics.quantities import LEDGER, Quantities, plain_runs
from evigil.proteomics.settings import Settings


def part(ions: pd.DataFrame, protein_of: pd.Series) -> Part:
    features = pd.DataFrame({"protein_group": protein_of, "gene": "", "peptides": 1.0})
    ledger = pd.DataFrame(0, ions.index, list(LEDGER))
    runs = plain_runs(ions.index)
    values = ions.sort_index(axis=1)
    quantities = Quantities(
        "diann", "report", "ion", values, features.loc[values.columns], None, None, runs, ledger
    )
    samples = pd.Series(ions.index, ions.index)
    return Part("table.tsv", "", quantities, samples)


def test_one_new_sample_is_rolled_up_as_the_model_was():
    rng = np.random.default_rng(1)
    names = [f"ion{i:02}" for i in range(24)]
    protein_of = pd.Series([f"P{i // 4}" for i in range(24)], names)
    proteins = rng.normal(22, 1, (16, 6))[:, [i // 4 for i in range(24)]]
    ions = pd.DataFrame(
        proteins + rng.normal(0, 2, 24) + rng.normal(0, 0.3, (16, 24)),
        [f"s{i:02}" for i in range(16)],
        names,
    ).mask(rng.random((16, 24)) < 0.2)
    training = frozenset(ions.index[:12])
    own = join([part(ions, protein_of)], Settings(training, normalisation="none"))
    roll_up = own.reference["roll_up"]
    alone = part(ions.loc[["s15"]], protein_of)
    given = join([alone], Settings(frozenset(), normalisation="none", models=(roll_up,)))
    pd.testing.assert_frame_equal(
        given.values, own.values.loc[["s15"], given.values.columns], atol=1e-9, rtol=0
    )
    assert given.reference["roll_up"]["diann"]["offsets"].keys() <= {f"P{i}" for i in range(6)}
    without = join([alone], Settings(frozenset(), normalisation="none"))
    assert not np.allclose(without.values, own.values.loc[["s15"], without.values.columns])
    # of a protein that the model lacks the offsets are those of the samples at hand
    of_two = {p: roll_up["diann"]["offsets"][p] for p in ("P1", "P3")}
    some = Settings(frozenset(), normalisation="none", models=({"diann": {"offsets": of_two}},))
    half = join([part(ions.iloc[12:], protein_of)], some)
    fresh = DirectLFQ().fit(ions.iloc[12:], protein_of).transform(ions.iloc[12:])
    assert np.allclose(half.values[["P1", "P3"]], own.values.loc[half.values.index, ["P1", "P3"]])
    assert np.allclose(half.values[["P0", "P5"]], fresh[["P0", "P5"]])
