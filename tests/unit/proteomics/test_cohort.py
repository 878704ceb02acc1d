"""Tables, plates and panels put together."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.cohort import join
from evigil.proteomics.part import Part, read_part, write_part
from evigil.proteomics.quantities import LEDGER, Quantities, plain_runs
from evigil.proteomics.settings import Settings


def part(table, kind, level, values, groups=None, limit=None, of=None, batch="") -> Part:
    """A table whose runs are called r-<sample>, or what `of` says."""
    runs = pd.Index([f"r-{sample}" for sample in values.index])
    values = values.set_axis(runs)
    features = pd.DataFrame(
        {"protein_group": groups or list(values), "gene": "", "peptides": np.nan}, values.columns
    )
    ledger = pd.DataFrame(0, runs, list(LEDGER)).assign(rows=values.shape[1], kept=values.shape[1])
    limit = None if limit is None else limit.set_axis(runs)
    censored = None if limit is None else values.isna()
    found = Quantities(
        kind, "x", level, values, features, censored, limit, plain_runs(runs), ledger
    )
    samples = pd.Series([run[2:] if of is None else of.get(run, "") for run in runs], runs)
    return Part(table, batch, found, samples)


@pytest.fixture
def values() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    names = [f"P{i:03}" for i in range(60)]
    level = rng.uniform(16, 26, 60)
    table = level + rng.normal(0, 0.3, (6, 60))
    table += rng.normal(0, 1, (6, 1))
    table[rng.random(table.shape) < 0.1] = np.nan
    return pd.DataFrame(table, list("abcdef"), names)


def test_a_part_comes_back_as_it_was_written(tmp_path, values):
    given = part("t.tsv", "olink", "assay", values, limit=values * 0 + 15, batch="B1")
    samples = given.samples.to_dict() | {"r-f": ""}
    write_part(tmp_path / "p.h5ad", "t.tsv", "B1", given.quantities, samples)
    back = read_part(tmp_path / "p.h5ad")
    assert (back.table, back.batch, back.quantities.level) == ("t.tsv", "B1", "assay")
    assert back.samples.to_dict() == samples
    for name in ("values", "limit", "censored"):
        pd.testing.assert_frame_equal(
            getattr(back.quantities, name), getattr(given.quantities, name), check_names=False
        )
    pd.testing.assert_frame_equal(
        back.quantities.ledger, given.quantities.ledger, check_dtype=False
    )


def test_plates_are_the_one_table_that_they_were(values):
    settings = Settings(frozenset("abce"))
    whole = join([part("t", "matrix", "protein", values)], settings)
    plates = [
        part("t1", "matrix", "protein", values.loc[["b", "d", "f"]].dropna(axis=1, how="all")),
        part("t0", "matrix", "protein", values.loc[["a", "c", "e"]]),
    ]
    joined = join(plates, settings)
    pd.testing.assert_frame_equal(joined.values, whole.values)
    pd.testing.assert_frame_equal(joined.measured, values, check_names=False)
    assert joined.reference == whole.reference
    assert joined.samples.loc["b", "run"] == "r-b" and joined.samples.loc["a", "table"] == "t0"
    shifts = (joined.measured - joined.values).std(axis=1)
    np.testing.assert_allclose(shifts, 0, atol=1e-12)


def test_nothing_is_fitted_on_who_is_not_of_the_reference(values):
    settings = Settings(frozenset("abc"))
    first = join([part("t", "matrix", "protein", values)], settings)
    other = values.copy()
    other.loc[["d", "e"]] += 3
    second = join([part("t", "matrix", "protein", other)], settings)
    assert first.reference == second.reference
    # the shift of a whole sample is what normalisation takes away
    np.testing.assert_allclose(first.values, second.values, atol=1e-9)


def test_precursors_of_two_plates_are_rolled_up_together(values):
    groups = [f"G{i // 4:02}" for i in range(60)]
    settings = Settings(frozenset("abcdef"))
    whole = join([part("t", "diann", "ion", values, groups)], settings)
    plates = [
        part("t0", "diann", "ion", values.loc[list("abc")], groups),
        part("t1", "diann", "ion", values.loc[list("def")], groups),
    ]
    joined = join(plates, settings)
    pd.testing.assert_frame_equal(joined.values, whole.values)
    assert list(joined.values) == sorted(set(groups))
    assert joined.features["protein_group"].tolist() == sorted(set(groups))
    assert set(joined.reference["roll_up"]) == {"diann"}


def test_assays_stay_on_their_scale_beside_what_is_normalised(values):
    limit = values[["P000", "P001"]] * 0 + 14
    panel = values[["P000", "P001"]].set_axis(["OID1", "OID2"], axis=1)
    panel.loc["a", "OID1"] = np.nan
    olink = part("o", "olink", "assay", panel, limit=limit.set_axis(panel.columns, axis=1))
    other = part("p", "matrix", "protein", values.set_axis([f"m{s}" for s in values.index]))
    found = join([olink, other], Settings(frozenset({"ma", "mb"})))
    pd.testing.assert_frame_equal(found.values.loc[list("abcdef"), ["OID1", "OID2"]], panel)
    assert found.censored.loc["a", "OID1"] and not found.censored.loc["ma", "P000"]
    assert found.limit.loc["a", "OID1"] == 14 and found.limit.loc["ma"].isna().all()


def test_panels_of_one_sample_are_joined_and_its_second_table_refused(values):
    one, two = values[["P000"]], values[["P001"]]
    panels = [part("o1", "olink", "assay", one), part("o2", "olink", "assay", two)]
    found = join(panels, Settings(frozenset("abc")))
    assert list(found.values) == ["P000", "P001"]
    assert (
        found.samples.loc["a", "table"] == "o1;o2" and found.samples.loc["a", "format"] == "olink"
    )
    again = part("o3", "olink", "assay", two)
    with pytest.raises(UserError, match=r"^proteomics: sample 'a' is in o2 and in o3 with 'P001'"):
        join([*panels, again], Settings(frozenset("abc")))
    spectra = [part("t1", "matrix", "protein", one), part("t2", "matrix", "protein", two)]
    with pytest.raises(UserError, match=r"^proteomics: sample 'a' is in t1 and in t2; a sample"):
        join(spectra, Settings(frozenset("abc")))


def test_a_blank_keeps_its_level_and_a_control_is_no_sample(values):
    values.loc["f"] -= 8
    of = {f"r-{sample}": sample for sample in "abcdf"}
    found = join(
        [part("t", "matrix", "protein", values, of=of)],
        Settings(frozenset("abcd"), blanks=frozenset("f")),
    )
    assert list(found.values.index) == list("abcdf")
    pd.testing.assert_series_equal(found.values.loc["f"], values.loc["f"], check_names=False)
    ledger = found.ledger.set_index("run")
    assert ledger.loc["r-e", "sample"] == "" and ledger.loc["r-e", "kept"] == 60


def test_what_no_sample_has_is_left_out_and_told(values):
    values["P059"] = np.nan
    found = join([part("t", "matrix", "protein", values)], Settings(frozenset("abc")))
    assert "P059" not in found.values and "P059" not in found.features.index
    assert found.notes == ("proteins that no sample has, left out: 1",)


def test_a_limit_moves_with_the_values(values):
    limit = values.copy()
    limit[:] = 15.0
    found = join([part("t", "matrix", "protein", values, limit=limit)], Settings(frozenset("abc")))
    moved = (found.measured - found.values).median(axis=1)
    np.testing.assert_allclose(found.limit["P003"], 15 - moved)


def test_spiked_proteins_must_be_there(values):
    settings = Settings(frozenset("abc"), normalisation="spike", spike_proteins=("Q9",))
    with pytest.raises(UserError, match=r"^config: proteomics.spike_proteins: no table has 'Q9'$"):
        join([part("t", "matrix", "protein", values)], settings)


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
        join([part("table.tsv", "matrix", level, values)], Settings(frozenset()))
    assert str(caught.value) == "table.tsv: no protein has a value in any sample"


def test_tables_without_a_sample_are_named(values):
    of = dict.fromkeys([f"r-{sample}" for sample in "abcdef"], "")
    given = [part(name, "matrix", "protein", values, of=of) for name in ("t1", "t2")]
    with pytest.raises(UserError, match=r"^t1, t2: no run is of a sample of the sheet"):
        join(given, Settings(frozenset()))


def test_a_sample_without_the_spiked_protein_is_named(values):
    values.loc["d", "P000"] = np.nan
    values.loc[list("abcef"), "P000"] = 20.0
    settings = Settings(frozenset("abc"), normalisation="spike", spike_proteins=("P000",))
    found = join([part("t", "matrix", "protein", values)], settings)
    assert found.values.loc["d"].isna().all() and found.values.loc["e"].notna().any()
    assert found.notes == ("samples without a value that they could be normalised by: d",)
