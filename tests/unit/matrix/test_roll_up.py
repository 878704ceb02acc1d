"""Proteins are directLFQ's on the training samples, and depend on a sample alone on others."""

import json
import logging
import warnings

import numpy as np
import pandas as pd
import pytest

from evigil.matrix.roll_up import DirectLFQ


def ion_table(n_samples=12, sizes=(1, 2, 3, 8, 14, 30, 120), missing=0.3, seed=0, spread=0.3):
    """Log2 ions of one protein for each of `sizes`; the first columns are not sorted."""
    rng = np.random.default_rng(seed)
    columns, proteins = {}, {}
    for number, size in enumerate(sizes):
        profile = rng.normal(20, 1.5, n_samples)
        for i in range(size):
            values = profile + rng.normal(0, 2) + rng.normal(0, spread, n_samples)
            values[rng.random(n_samples) < missing * rng.uniform(0, 2)] = np.nan
            ion = f"ion{rng.integers(10**6):06}_{number}_{i}"
            columns[ion], proteins[ion] = values, f"P{number:03}"
    samples = [f"s{i:02}" for i in range(n_samples)]
    return pd.DataFrame(columns, index=samples), pd.Series(proteins)


def directlfq_alone(ions: pd.DataFrame, protein_of: pd.Series) -> pd.DataFrame:
    """The published program's steps on the same ions; log2, samples x proteins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from directlfq import config, protein_intensity_estimation

    config.set_log_processed_proteins(False)
    config.set_compile_normalized_ion_table(False)
    config.check_wether_to_copy_numpy_arrays_derived_from_pandas()
    table = ions.T.sort_index(axis=1)
    names = [protein_of.loc[table.index].to_numpy(), table.index.to_numpy()]
    table.index = pd.MultiIndex.from_arrays(names, names=["protein", "ion"])
    table = table.sort_index().dropna(how="all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proteins, _ = protein_intensity_estimation.estimate_protein_intensities(table, 1, 10, 1)
    proteins = proteins.set_index("protein")
    return np.log2(proteins.where(proteins > 0)).T


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.8])
def test_training_samples_get_the_proteins_of_directlfq(missing, seed):
    ions, protein_of = ion_table(missing=missing, seed=seed)
    own = DirectLFQ().fit(ions, protein_of).transform(ions)
    theirs = directlfq_alone(ions, protein_of)
    assert list(own.columns) == list(theirs.columns)
    assert (own.isna() == theirs.isna()).all(axis=None)
    assert np.nanmax(np.abs((own - theirs).to_numpy())) < 1e-9


def test_a_sample_alone_equals_the_sample_in_the_cohort():
    ions, protein_of = ion_table(n_samples=20)
    training, others = ions.iloc[:12], ions.iloc[12:]
    fitted = DirectLFQ().fit(training, protein_of)
    together = fitted.transform(ions)
    for sample in ions.index:
        # a report of this sample alone lists the ions that it has
        alone = fitted.transform(ions.loc[[sample]].dropna(axis=1))
        pd.testing.assert_frame_equal(alone, together.loc[[sample]], atol=1e-9, rtol=0)
    shuffled = others.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    pd.testing.assert_frame_equal(
        fitted.transform(shuffled).loc[others.index], together.loc[others.index]
    )


def test_offsets_do_not_hang_on_any_order():
    ions, protein_of = ion_table()
    shuffled = ions.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    one = DirectLFQ().fit(ions, protein_of)
    other = DirectLFQ().fit(shuffled, protein_of.sample(frac=1, random_state=3))
    pd.testing.assert_series_equal(one.offsets_, other.offsets_, rtol=0, atol=0)
    pd.testing.assert_series_equal(one.proteins_, other.proteins_)


def test_a_shift_of_a_whole_sample_is_left_to_the_normalisation():
    ions, protein_of = ion_table(missing=0)
    loads = pd.Series(np.linspace(-2, 2, len(ions)), index=ions.index)
    plain = DirectLFQ().fit(ions, protein_of).transform(ions)
    loaded = ions.add(loads, axis=0)
    shifted = DirectLFQ().fit(loaded, protein_of).transform(loaded)
    # the level of a protein, which the sum of its ions sets, is the only thing that moves
    moved = shifted.sub(loads, axis=0) - plain
    assert np.abs(moved - moved.mean()).max(axis=None) < 1e-9


def test_by_hand():
    ions = pd.DataFrame(
        {"b": [10.0, 11, 12], "a": [12.0, 13, np.nan], "lone": [7.0, np.nan, np.nan]},
        index=["s1", "s2", "s3"],
    )
    protein_of = pd.Series({"a": "P", "b": "P", "lone": "Q"})
    fitted = DirectLFQ().fit(ions, protein_of)
    # two ions, 2 apart; Q has a single value and no offset
    assert list(fitted.offsets_.index) == ["a", "b"]
    assert fitted.offsets_["b"] - fitted.offsets_["a"] == pytest.approx(2)
    proteins = fitted.transform(ions)
    assert list(proteins.columns) == ["P"]
    # all intensity of the protein's ions is kept
    assert (2 ** proteins["P"]).sum() == pytest.approx(np.nansum(2 ** ions[["a", "b"]]))
    assert proteins["P"].diff().dropna().to_list() == pytest.approx([1, 1])
    new = pd.DataFrame({"a": [20.0], "other": [3.0]}, index=["x"])
    assert fitted.transform(new).loc["x", "P"] == pytest.approx(20 + fitted.offsets_["a"])
    assert np.isnan(fitted.transform(new[["other"]]).loc["x", "P"])


def test_one_training_sample_is_enough():
    ions, protein_of = ion_table(n_samples=1, sizes=(3, 5), missing=0)
    proteins = DirectLFQ().fit(ions, protein_of).transform(ions)
    total = (2**ions).T.groupby(protein_of).sum().T
    assert (2**proteins).to_numpy() == pytest.approx(total.to_numpy())


def test_frozen_and_back():
    ions, protein_of = ion_table()
    fitted = DirectLFQ().fit(ions, protein_of)
    kept = DirectLFQ.from_frozen(json.loads(json.dumps(fitted.frozen(), sort_keys=True)))
    pd.testing.assert_frame_equal(kept.transform(ions), fitted.transform(ions), rtol=0, atol=0)


def test_the_proteins_of_a_model_keep_its_offsets():
    ions, protein_of = ion_table(n_samples=20)
    model = DirectLFQ().fit(ions.iloc[:10], protein_of).frozen()
    of_model = ("P001", "P004")
    fresh = DirectLFQ().fit(ions.iloc[10:], protein_of)
    kept = fresh.keeping(model, of_model)
    proteins, whole = kept.transform(ions), DirectLFQ.from_frozen(model).transform(ions)
    assert list(proteins.columns) == list(fresh.transform(ions).columns)
    for name in proteins:
        own = whole if name in of_model else fresh.transform(ions)
        pd.testing.assert_series_equal(proteins[name], own[name], rtol=0, atol=0)
    assert not np.allclose(proteins["P001"], fresh.transform(ions)["P001"], equal_nan=True)


def test_an_ion_without_a_protein_and_one_given_twice_are_refused():
    ions, protein_of = ion_table(sizes=(2,))
    with pytest.raises(ValueError, match="belongs to no protein"):
        DirectLFQ().fit(ions, protein_of.iloc[:1])
    with pytest.raises(ValueError, match="more than once"):
        DirectLFQ().fit(pd.concat([ions, ions], axis=1), protein_of)


def test_logs_and_warnings_of_others_stay_as_they_were(capfd):
    root = logging.getLogger()
    before, level, filters = list(root.handlers), root.level, list(warnings.filters)
    ions, protein_of = ion_table(sizes=(3, 20))
    DirectLFQ().fit(ions, protein_of).transform(ions)
    assert (root.handlers, root.level, warnings.filters) == (before, level, filters)
    assert capfd.readouterr() == ("", "")
