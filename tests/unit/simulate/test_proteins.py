"""Proteins: classes, effects and faults as asked for, missing by intensity."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.protein_names import KNOWN, protein_names
from evigil.simulate.proteins import COISOLATED, HAEMOLYSED

DESIGN = Design(
    cases=20, controls=20, followed=3, recurring=1, visits=3, reference=14, features=60,
    affected=5, sequenced=0, proteins=240,
)  # fmt: skip
FAULTY = replace(DESIGN, features=500, haemolysed=1, swapped=1, coisolated=2)
#: https://www.uniprot.org/help/accession_numbers
ACCESSION = "[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}"


@pytest.fixture(scope="module")
def cohort():
    return make_cohort(DESIGN, 4)


@pytest.fixture(scope="module")
def faulty():
    return make_cohort(FAULTY, 4)


def test_proteins_change_nothing_else(cohort):
    without = make_cohort(replace(DESIGN, proteins=0), 4)
    pd.testing.assert_frame_equal(cohort.counts, without.counts)
    pd.testing.assert_frame_equal(cohort.samples, without.samples)
    pd.testing.assert_frame_equal(cohort.patients, without.patients)
    for name, table in without.truth.items():
        pd.testing.assert_frame_equal(cohort.truth[name], table)
    assert without.proteome is None and "proteomics" not in without.config


@pytest.mark.parametrize("n", [12, 60, 240, 2500])
def test_accessions_have_the_form_of_uniprot_and_every_class_its_share(n):
    names = protein_names(n)
    accessions = ";".join(names["protein_group"]).split(";")
    assert all(re.fullmatch(ACCESSION, a) for a in accessions)
    assert len(set(accessions)) == len(accessions) and len(names) == n
    counts = names["protein_class"].value_counts()
    assert counts["other"] >= n // 3
    if n >= 60:
        assert set(counts.index) == {*KNOWN, "other"}
    if n >= 240:
        assert counts["transmembrane"] == 35 and counts["lipoprotein"] == 8
    markers = {"CD9", "PDCD6IP", "APOA1", "HBB", "PPBP"}
    assert markers <= set(protein_names(60)["gene"])


def test_the_markers_are_those_of_the_published_lists(shared):
    """A slip in an accession would make the simulated study say something else."""
    misev = pd.read_csv(shared("panels/misev_categories.csv"))
    plasma = pd.read_csv(shared("panels/plasma_quality_geyer2019.csv"))
    published = pd.concat([plasma[["gene", "uniprot"]], misev[["gene", "uniprot"]]])
    published["uniprot"] = published["uniprot"].str.partition("-")[0]
    published = published.drop_duplicates("gene", keep="last").set_index("gene")["uniprot"]
    known = protein_names(240).query("protein_class != 'other'")
    genes = known["gene"].str.split(";").explode()
    accessions = known["protein_group"].str.split(";").explode()
    found = published.reindex(genes)
    same = found.to_numpy() == accessions.to_numpy()
    # partners of a group with shared peptides are in no list
    assert set(genes[~same]) == {"HSPA1B", "TUBA1C"}


def test_levels_effects_and_precursors_are_as_asked_for(cohort):
    proteins, precursors, _, abundance, ions = cohort.proteome
    assert proteins["protein_group"].is_monotonic_increasing
    assert abundance.columns.tolist() == proteins["protein_group"].tolist()
    affected = proteins[proteins["affected"]]
    assert len(affected) == 24
    assert set(affected["protein_class"]) <= {"transmembrane", "cytosolic", "other"}
    assert affected["log2_fold_change"].abs().between(0.15 * 1.5, 0.45 * 1.5).all()
    assert (proteins.loc[~proteins["affected"], "log2_fold_change"] == 0).all()
    number = precursors.groupby("protein_group").size()
    assert (number.min(), number.max()) == (2, 6) and len(number) == 240
    np.testing.assert_allclose(precursors.groupby("protein_group")["offset"].mean(), 0, atol=1e-12)
    assert ions.columns.tolist() == precursors["precursor"].tolist()
    assert ions.index.tolist() == abundance.index.tolist() == cohort.counts.index.tolist()


def test_the_tumour_changes_affected_proteins_by_its_burden(cohort):
    proteins, _, _, abundance, _ = cohort.proteome
    burden = cohort.truth["samples"].set_index("sample")["tumour_burden"]
    change = proteins.set_index("protein_group")["log2_fold_change"]
    sick, well = abundance[burden > 0.5], abundance[burden == 0]
    shift = sick.mean() - well.mean()
    expected = np.sign(change) * np.log2(1 + burden[burden > 0.5].mean() * (2 ** change.abs() - 1))
    slope = np.polyfit(expected[change != 0], shift[change != 0], 1)[0]
    assert slope == pytest.approx(1, abs=0.25)
    assert abs((shift - expected).mean()) < 0.05


def test_missing_depends_on_intensity_and_on_nothing_else(cohort):
    proteins, precursors, samples, abundance, ions = cohort.proteome
    level = abundance[precursors["protein_group"]].to_numpy()
    level += precursors["offset"].to_numpy() + samples["loading"].to_numpy()[:, None]
    missing = ions.isna().to_numpy()
    bins = pd.cut(level.ravel(), [0, 18, 19, 20, 21, 22, 23, 40])
    share = pd.Series(missing.ravel()).groupby(bins, observed=True).mean()
    assert share.is_monotonic_decreasing
    assert share.iloc[0] > 0.9 and share.iloc[-1] < 0.01
    assert 0.3 < share.iloc[3] + 0.1 < 0.5
    # within a bin of intensity, as many in cases as in others
    case = (cohort.truth["samples"]["tumour_burden"] > 0).to_numpy()
    cells = pd.DataFrame(
        {
            "missing": missing.ravel(),
            "bin": pd.cut(level.ravel(), np.arange(15, 25, 0.25)),
            "case": np.repeat(case, ions.shape[1]),
        }
    )
    by = cells.groupby(["bin", "case"], observed=True)["missing"].agg(["mean", "size"]).unstack()
    weight = by["size"].min(axis=1)
    difference = np.average(by["mean"][True] - by["mean"][False], weights=weight)
    assert abs(difference) < 0.012
    assert proteins["protein_group"].is_unique


def test_faults_have_their_doses_and_those_of_a_tube_are_in_both_layers(faulty):
    proteins, _, samples, abundance, _ = faulty.proteome
    faults = faulty.truth["faults"]
    poor = faults.query("fault == 'coisolated'").set_index("sample")["dose"]
    assert sorted(poor, reverse=True) == list(COISOLATED)
    lysed = faults.query("fault == 'haemolysed'")["sample"]
    truth = samples.set_index("sample")
    assert truth["haemolysed"][lysed].tolist() == [HAEMOLYSED]
    assert (truth["coisolated"] > 0).sum() == 2 and (truth["haemolysed"] > 0).sum() == 1
    patient = faulty.samples.set_index("sample")["patient"]
    others = faults.loc[~faults["sample"].isin(poor.index), "sample"]
    assert patient[poor.index].is_unique and not set(patient[poor.index]) & set(patient[others])
    typical = abundance.median()
    for sample, dose, classes in [
        *((name, dose, ["lipoprotein", "plasma", "coagulation"]) for name, dose in poor.items()),
        (lysed.iloc[0], HAEMOLYSED, ["erythrocyte"]),
    ]:
        member = proteins["protein_class"].isin(classes).to_numpy()
        shift = abundance.loc[sample] - typical
        assert shift[member].mean() - shift[~member].mean() == pytest.approx(dose, abs=0.8)


def test_tubes_that_changed_places_did_so_in_both_layers(faulty):
    clean = make_cohort(replace(FAULTY, swapped=0), 4).proteome.abundance
    swapped = faulty.truth["faults"].query("fault == 'swapped'")
    ours = faulty.proteome.abundance
    closest = {
        name: (ours.loc[name] - clean).abs().median(axis=1).idxmin() for name in swapped["sample"]
    }
    assert closest == dict(zip(swapped["sample"], swapped["partner"], strict=True))


def test_impossible_designs_are_refused():
    with pytest.raises(ValueError, match="needs proteins"):
        Design(coisolated=1)
    with pytest.raises(ValueError, match="90 samples that carry over too much are asked for"):
        make_cohort(replace(DESIGN, coisolated=90), 1)
