"""What was reported of vesicles, and the claims that this allows."""

import numpy as np
import pandas as pd
import pytest

from evigil.metrics_specimen import SHEET_FACTS
from evigil.quality.ev import characterise
from evigil.quality.markers import CATEGORIES, category, entered
from evigil.quality.misev import MISEV, misev
from evigil.tables import read_table, write_table

COMPLETE = {
    "biofluid": "plasma",
    "isolation_method": "SEC",
    "particles_per_ml": 1e10,
    "particle_method": "NTA",
    "mode_diameter_nm": 90.0,
    "protein_ug_per_ml": 2.0,
    "detergent_particles_per_ml": 1e9,
    "detergent_blank_particles_per_ml": 1e7,
    "detergent_dilution": 1.0,
    "marker_CD9": "yes",
    "marker_cd63": "+",
    "marker_TSG101": 3.0,
    "marker_Apo-B": "no",
}


def sheet(n=1, **columns):
    table = pd.DataFrame({"sample": [f"s{i}" for i in range(n)], "role": "sample"})
    return table.assign(reference=True, **columns)


def table_of(samples):
    return misev(samples, characterise(samples, {}))


def claims(samples, sample="s0"):
    table = table_of(samples)
    own = table[(table["sample"] == sample) & (table["section"] == "claims")]
    return own.set_index("item")[["status", "note"]].agg(": ".join, axis=1).to_dict()


def test_a_complete_sample_may_claim_all_that_a_sheet_can_show():
    found = claims(sheet(**COMPLETE))
    inside = found.pop("inside_vesicles")
    assert set(found.values()) == {"allowed: "}
    assert inside.startswith("not_allowed: needs digestion of what is outside before lysis")


@pytest.mark.parametrize(
    ("change", "claim", "why"),
    [
        ({"particle_method": None}, "particle_concentration", "particle_method is not given"),
        ({"particles_per_ml": np.nan}, "particle_concentration", "no particle count"),
        ({"mode_diameter_nm": 200.0}, "small_vesicle_size", "the mode is not below 200 nm"),
        ({"mode_diameter_nm": np.nan}, "small_vesicle_size", "no diameter"),
        (
            {"detergent_blank_particles_per_ml": np.nan},
            "particles_are_vesicles",
            "no count of detergent alone",
        ),
        (
            {"detergent_particles_per_ml": 6e9},
            "particles_are_vesicles",
            "detergent removes less than 0.5 of the particles",
        ),
        ({"marker_CD9": "no"}, "vesicle_proteins", "fewer than 3 proteins of vesicles detected"),
        (
            {"marker_CD9": "no", "marker_cd63": 0.0, "marker_ALIX": 1.0, "marker_FLOT1": "pos"},
            "vesicle_proteins",
            "no transmembrane protein (category 1) detected",
        ),
        (
            {"marker_TSG101": "no", "marker_CD81": "yes"},
            "vesicle_proteins",
            "no protein from inside vesicles (category 2) detected",
        ),
        (
            {"marker_Apo-B": np.nan},
            "vesicle_proteins",
            "no protein isolated with vesicles (category 3) assessed",
        ),
        (
            {"marker_Apo-B": np.nan, "protein_ug_per_ml": np.nan},
            "purity",
            "neither particles per protein nor category 3 is known",
        ),
        ({"isolation_method": None}, "vesicle_enriched_fraction", "isolation_method is not given"),
        (
            {"detergent_dilution": np.nan, "marker_CD9": "nd"},
            "vesicle_enriched_fraction",
            "neither detergent nor proteins show vesicles",
        ),
    ],
)
def test_what_a_claim_lacks(change, claim, why):
    found = claims(sheet(**(COMPLETE | change)))[claim]
    assert found.startswith(f"not_allowed: {why}")


def test_detergent_alone_shows_vesicles_too():
    without = {name: value for name, value in COMPLETE.items() if not name.startswith("marker_")}
    found = claims(sheet(**without))
    assert found["vesicle_enriched_fraction"] == "allowed: "
    assert found["vesicle_proteins"] == "not_allowed: no marker of vesicles assessed"


def test_the_study_counts_its_samples_and_never_pools_methods():
    samples = sheet(
        4,
        role=["sample", "sample", "sample", "blank"],
        biofluid=["plasma", "plasma", "serum", None],
        anticoagulant=["EDTA", None, None, None],
        particles_per_ml=[1e9, 1e9, np.nan, 1e5],
        particle_method=["NTA", "TRPS", "NTA", None],
        isolation_method="SEC",
        replicate_of=[None, "s0", None, None],
    )
    table = table_of(samples)
    assert table["sample"].unique().tolist() == ["ALL", "s0", "s1", "s2"]
    study = table[table["sample"] == "ALL"].set_index("item")[["status", "value", "note"]]
    rows = {item: row.tolist() for item, row in study.iterrows()}
    assert rows["biofluid"] == ["reported", "3 of 3", ""]
    assert rows["anticoagulant"] == ["partly", "1 of 2", ""]  # serum has none
    assert rows["tube"] == ["missing", "0 of 3", ""]
    assert rows["particle_concentration"] == ["partly", "2 of 3", "no particle count (1)"]
    assert rows["blanks"][:2] == ["reported", "1"]
    assert rows["technical_replicates"][:2] == ["reported", "1"]
    assert rows["comparing_particles"] == [
        *("not_allowed", "NTA 2, TRPS 1", "particle counts compare only within one particle_method")
    ]
    assert rows["comparing_samples"] == ["allowed", "SEC 3", ""]
    of_serum = table[(table["sample"] == "s2") & (table["item"] == "anticoagulant")]
    assert of_serum["status"].tolist() == ["not_applicable"]


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("columns", [(), SHEET_FACTS])
@pytest.mark.parametrize("role", ["sample", "blank"])
def test_nothing_known(n, columns, role):
    samples = sheet(n).assign(role=role, **dict.fromkeys(columns, np.nan))
    table = table_of(samples)
    assert table.columns.tolist() == MISEV
    assert not table["status"].isin(["reported", "allowed"]).any() or (role == "blank" and n)
    assert not table.isna().any(axis=None)


def test_the_same_table_in_any_order_and_after_reading(tmp_path):
    samples = sheet(5, **COMPLETE)
    samples["marker_CD9"] = ["yes", "no", None, "+", "0"]
    plain = table_of(samples)
    pd.testing.assert_frame_equal(table_of(samples.sample(frac=1, random_state=1)), plain)
    write_table(characterise(samples, {}), tmp_path / "specimen.tsv")
    again = misev(samples, read_table(tmp_path / "specimen.tsv"))
    pd.testing.assert_frame_equal(again, plain)


@pytest.mark.parametrize(
    ("column", "of"),
    [
        ("marker_CD9", "1"),
        ("Marker_hla-dr", "1"),
        ("marker_Syntenin-1", "2"),
        ("marker_ApoA1", "3"),
        ("marker_Cytochrome C", "4"),
        ("marker_unknown", None),
        ("CD9", None),
        ("apob", None),  # blood chemistry, not a marker of the preparation
    ],
)
def test_columns_of_markers(column, of):
    assert category(column) == of


def test_no_marker_has_two_categories():
    names = [name for group in CATEGORIES.values() for name in group]
    assert len(names) == len(set(names))


def test_cells_of_markers():
    cells = ["yes", "-", 0.0, 2.5, True, "12.5", "perhaps", np.nan, "not detected"]
    samples = pd.DataFrame({"sample": [f"s{i}" for i in range(9)], "marker_CD9": cells})
    found = entered(samples)
    assert found["assessed_1"].tolist() == [1, 1, 1, 1, 1, 1, 0, 0, 1]
    assert found["detected_1"].tolist() == [1, 0, 0, 1, 1, 1, 0, 0, 0]


def test_categories_are_those_of_the_panel(shared):
    panel = pd.read_csv(shared("panels/misev_categories.csv"))
    of = dict(zip(panel["gene"].str.replace("-", ""), panel["cat"].str[0], strict=True))
    own = {name: group for group, names in CATEGORIES.items() for name in names}
    both = own.keys() & of.keys()
    assert len(both) > 70 and {n: own[n] for n in both} == {n: of[n] for n in both}


def test_a_proteome_counts_as_markers_do():
    bare = {k: v for k, v in COMPLETE.items() if not k.startswith("marker_")}
    samples = sheet(3, **bare)
    samples.loc[1, "marker_CD9"] = "yes"
    counts = {"1": [27.0, 0.0], "2": [22.0, 0.0], "3": [20.0, 18.0], "4": [np.nan, 3.0]}
    proteins = pd.DataFrame({f"category_{of}_detected": n for of, n in counts.items()})
    proteins.insert(0, "sample", ["s0", "s1"])
    table = misev(samples, characterise(samples, {}), proteins).set_index(["sample", "item"])
    assert table.loc[("s0", "category_1"), "value"] == "27 in the proteome"
    assert table.loc[("s1", "category_1"), "value"] == "1 of 1 detected, 0 in the proteome"
    assert table.loc[("s0", "category_4"), "status"] == "missing"
    claim = table.xs("vesicle_proteins", level="item")
    assert claim["status"].tolist() == ["partly", "allowed", "not_allowed", "not_allowed"]
    assert claim["note"].tolist()[2:] == [
        "fewer than 3 proteins of vesicles detected",
        "no marker of vesicles assessed",
    ]
