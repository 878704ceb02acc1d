"""What is known of a specimen: by hand, and without a crash whatever is missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.metrics_specimen import SHEET_FACTS, SPECIMEN
from evigil.quality.ev import CHARACTERISED, characterise, mixed, specimen_metrics
from evigil.quality.run import gate


def sheet(n=1, **columns):
    names = [f"s{i}" for i in range(n)]
    table = pd.DataFrame({"sample": names, "role": "sample", "reference": True})
    return table.assign(**columns)


def judged(samples, distributions=None, smallrna=None):
    specimen = characterise(samples, distributions or {})
    return gate(samples, smallrna, {}, specimen)


def rows(quality, metric):
    return quality.gates[quality.gates["metric"] == metric].set_index("sample")


def test_particles_by_hand():
    samples = sheet(
        particles_per_ml=2e10,
        protein_ug_per_ml=5,
        input_volume_ml=1,
        elution_volume_ml=0.5,
        detergent_particles_per_ml=4e9,
        detergent_blank_particles_per_ml=4e8,
        detergent_dilution=0.9,
        particle_method="NTA",
    )
    (row,) = characterise(samples, {}).to_dict("records")
    assert row["particles_per_ug_protein"] == 4e9
    assert row["particles_per_ml_input"] == 1e10
    # 1 - (4e9 - 4e8) / (2e10 * .9)
    assert row["detergent_loss"] == pytest.approx(0.8, rel=1e-12)
    assert (row["particles_source"], row["particle_method"]) == ("sheet", "NTA")
    assert np.isnan(row["particle_disagreement"])


def test_the_distribution_fills_what_the_sheet_leaves_open(tmp_path):
    file = tmp_path / "nta.csv"
    file.write_text("size,conc\n10,1\n30,3\n50,4\n70,2\n")
    samples = sheet(2, particles_per_ml=[25, np.nan], mode_diameter_nm=[np.nan, 45])
    table = characterise(samples, {"s0": file, "s1": file})
    assert table["particles_per_ml"].tolist() == [25, 10]
    assert table["particles_source"].tolist() == ["sheet", "size_distribution"]
    assert table["mode_diameter_nm"].tolist() == [50, 45]
    assert table["d90_nm"].tolist() == [70, 70]
    assert table["particle_disagreement"].tolist()[0] == 2.5
    row = rows(judged(samples, {"s0": file, "s1": file}), "particle_disagreement").loc["s0"]
    assert row["verdict"] == "warn"
    assert row["reason"] == ("particle_disagreement 2.5 is above 2: the sheet says 25, the file 10")


@pytest.mark.parametrize(
    ("loss", "alone", "verdict", "reason"),
    [
        (0.49, 0.0, "warn", "detergent_loss 0.49 is below 0.5"),
        (0.49, None, "warn", "detergent_loss 0.49 is below 0.5: no count of detergent alone"),
        (0.5, 0.0, "pass", ""),
        (-0.5, 0.0, "warn", "detergent_loss -0.5 is below 0.5"),
    ],
)
def test_detergent(loss, alone, verdict, reason):
    samples = sheet(
        particles_per_ml=100.0,
        detergent_particles_per_ml=100 * (1 - loss),
        detergent_dilution=1.0,
        detergent_blank_particles_per_ml=np.nan if alone is None else alone,
    )
    row = rows(judged(samples), "detergent_loss").loc["s0"]
    assert (row["verdict"], row["reason"]) == (verdict, reason)


def test_detergent_alone_cannot_take_more_than_there_is():
    samples = sheet(
        particles_per_ml=100.0,
        detergent_particles_per_ml=1.0,
        detergent_blank_particles_per_ml=5.0,
        detergent_dilution=1.0,
    )
    assert characterise(samples, {})["detergent_loss"].tolist() == [1]


@pytest.mark.parametrize(
    ("tube", "treated", "value"),
    [
        ("Li-Heparin", None, 1),
        ("heparin", "no", 1),
        ("heparin", "yes", 0),
        ("HEPARIN (heparinase treated)", None, 0),
        ("heparin-free", None, 0),
        ("no heparin", None, 0),
        ("EDTA", None, 0),
        (None, "yes", np.nan),
    ],
)
def test_heparin(tube, treated, value):
    table = characterise(sheet(anticoagulant=tube, heparinase=treated), {})
    np.testing.assert_equal(table["heparin"].tolist(), [float(value)])


def test_heparin_fails_rna_and_nothing_else():
    smallrna = pd.DataFrame({"sample": ["s0"], "transcriptome_reads": [1e6]})
    quality = judged(sheet(2, anticoagulant=["Na-heparin", "EDTA"]), smallrna=smallrna)
    gates = quality.samples.set_index(["sample", "layer"])
    assert gates["gate"].to_dict() == {
        ("s0", "smallrna"): "fail",
        ("s0", "specimen"): "not_supplied",
        ("s1", "smallrna"): "not_supplied",
        ("s1", "specimen"): "not_supplied",
    }
    assert gates.loc[("s0", "smallrna"), "reasons"] == (
        "heparin 1 is above 0: Na-heparin, not treated with heparinase"
    )


def test_serum_is_never_pooled_with_plasma():
    fluids = ["EDTA plasma", "Plasma", "serum", None, "plasma"]
    samples = sheet(5, biofluid=fluids, lipaemia=1.0)
    quality = judged(samples)
    row = rows(quality, "mixed_biofluid")
    assert row["verdict"].tolist() == ["pass", "pass", "fail", "not_supplied", "pass"]
    assert row.loc["s2", "reason"] == "mixed_biofluid 1 is above 0: serum is not pooled with plasma"
    assert mixed(characterise(samples, {})) == {"s2"}
    assert quality.reference["n"] == 4  # nor are limits fitted on it
    assert quality.samples.set_index("sample")["gate"]["s2"] == "fail"


@pytest.mark.parametrize(
    ("fluids", "reference", "usual"),
    [
        (["serum", "plasma"], [True, True], "plasma"),
        (["serum", "plasma", "plasma"], [True, False, False], "serum"),
        (["serum", "serum"], [True, True], "serum"),
        (["urine", "bile"], [False, False], "bile"),
        ([None, None], [True, True], None),
    ],
)
def test_the_usual_biofluid(fluids, reference, usual):
    samples = sheet(len(fluids), biofluid=fluids, reference=reference)
    found = characterise(samples, {})["reference_biofluid"]
    assert [None if pd.isna(value) else value for value in found] == [usual] * len(fluids)


@pytest.mark.parametrize(
    ("column", "value", "metric", "verdict"),
    [
        ("hours_to_plasma", 1, "hours_to_plasma", "pass"),
        ("hours_to_plasma", 2, "hours_to_plasma", "warn"),
        ("hours_to_plasma", 9, "hours_to_plasma", "fail"),
        ("freeze_thaw", 1, "freeze_thaw", "pass"),
        ("freeze_thaw", 2, "freeze_thaw", "warn"),
        ("storage_temperature", -80, "storage_temperature", "pass"),
        ("storage_temperature", -20, "storage_temperature", "warn"),
        ("storage_days", 4000, "storage_days", ""),
        ("a414", 0.2, "a414", "pass"),
        ("a414", 0.3, "a414", "warn"),
        ("residual_platelets", 10_000, "residual_platelets", "pass"),
        ("residual_platelets", 10_001, "residual_platelets", "warn"),
        ("platelet_depleted", "Yes", "not_platelet_depleted", "pass"),
        ("platelet_depleted", "no", "not_platelet_depleted", "warn"),
        ("platelet_depleted", "perhaps", "not_platelet_depleted", "not_supplied"),
        ("mode_diameter_nm", 87, "mode_diameter_nm", "pass"),
        ("mode_diameter_nm", 250, "mode_diameter_nm", "warn"),
        ("mode_diameter_nm", 20, "mode_diameter_nm", "warn"),
        ("particles_per_ml", 1e9, "particles_per_ml", ""),
        ("lipaemia", 3, "lipaemia", ""),  # one sample fits no limit
    ],
)
def test_limits(column, value, metric, verdict):
    quality = judged(sheet(**{column: value}))
    row = rows(quality, metric).loc["s0"]
    assert row["verdict"] == verdict
    # what is not critical cannot fail a specimen
    expected = {"pass": "pass", "warn": "warn", "fail": "warn", "": "pass"}
    assert quality.samples["gate"].tolist() == [expected.get(verdict, "not_supplied")]


@pytest.mark.parametrize(("frozen", "value"), [("plasma", 1.0), ("serum", 0.0), ("", np.nan)])
def test_a_new_sample_is_compared_with_the_frozen_reference(frozen, value):
    new = pd.DataFrame({"sample": ["n"], "biofluid": ["serum"]})
    table = characterise(new, {}, {"biofluid": frozen})
    np.testing.assert_equal(table["mixed_biofluid"].tolist(), [value])
    assert judged(sheet(biofluid=frozen or None)).reference["biofluid"] == frozen


def test_instruments_are_not_compared():
    quality = judged(sheet(40, particles_per_ml=np.geomspace(1, 1e12, 40)))
    found = rows(quality, "particles_per_ml")
    assert set(found["reason"]) == {"no limit: instruments count different particles"}


def test_blanks_are_no_specimen():
    samples = sheet(2, role=["sample", "blank"], particles_per_ml=[1e10, 1e5], biofluid="plasma")
    samples.loc[1, "biofluid"] = "serum"
    specimen = characterise(samples, {})
    assert specimen["sample"].tolist() == ["s0", "s1"]
    assert set(specimen_metrics(specimen, ["s0", "s1"])["sample"]) == {"s0"}


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("columns", [(), SHEET_FACTS])
def test_nothing_known(n, columns):
    samples = sheet(n).assign(**dict.fromkeys(columns, np.nan))
    specimen = characterise(samples, {})
    assert specimen.columns.tolist() == [*CHARACTERISED]
    quality = gate(samples, None, {}, specimen)
    assert set(quality.gates["verdict"]) <= {"not_supplied"}
    assert quality.samples["gate"].tolist() == ["not_supplied"] * n
    assert len(quality.gates) == n * (len(SPECIMEN) - 1)  # heparin is a matter of RNA
    if n:
        assert "" not in set(quality.gates["reason"])


def test_a_read_table_is_judged_as_the_one_that_was_written(tmp_path):
    from evigil.tables import read_table, write_table

    samples = sheet(
        3, biofluid=["plasma", "serum", None], anticoagulant="EDTA", a414=[0.1, 0.3, np.nan]
    )
    specimen = characterise(samples, {})
    write_table(specimen, tmp_path / "specimen.tsv")
    again = read_table(tmp_path / "specimen.tsv")
    first, second = (specimen_metrics(table, ["s0"]) for table in (specimen, again))
    pd.testing.assert_frame_equal(first, second)


@given(st.floats(1, 1e13), st.floats(0, 1e13), st.floats(0, 1e13), st.floats(0.01, 1), st.randoms())
@settings(max_examples=40, deadline=None)
def test_detergent_takes_no_more_than_all(untreated, treated, alone, dilution, random):
    samples = sheet(
        2,
        particles_per_ml=untreated,
        detergent_particles_per_ml=treated,
        detergent_blank_particles_per_ml=[alone, 0],
        detergent_dilution=dilution,
    )
    order = [0, 1]
    random.shuffle(order)
    table = characterise(samples.iloc[order], {})
    with_blank, without = table["detergent_loss"]
    assert without <= with_blank <= 1
