"""Quality end to end: what is planted in a study is told where a person looks for it."""

from dataclasses import replace

import pandas as pd
import pytest

from evigil.config_file import load_yaml
from evigil.confounding import finding, read_confounding
from evigil.gating import BLANK
from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design
from evigil.tables import read_json, read_table

#: The share of variance between people is that of the issue; nobody's library is low.
DESIGN = Design(
    cases=10, controls=10, followed=4, recurring=2, visits=3, reference=16, reference_draws=3,
    features=300, affected=20, low_fail=0, low_warn=0, sequenced=0, between_share=0.5,
    swapped=1, blanks=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory, run):
    """A study of one swapped pair and two blanks whose cases and controls come from two sites."""
    cohort, folder = make_cohort(DESIGN, 1), tmp_path_factory.mktemp("planted")
    sites = cohort.samples["condition"].map({"CRC": "north", "healthy": "south"})
    write_cohort(replace(cohort, samples=cohort.samples.assign(site=sites)), folder)
    wanted = ["results/quality/identity.tsv", "results/differential/crc/design.json"]
    done = run(folder, *wanted, "--cores", "2")
    assert done.returncode == 0, done.stderr
    return cohort, folder, done.stdout


def test_swapped_visits_are_named_in_the_table_and_at_the_end_of_the_run(planted):
    cohort, folder, said = planted
    truth = cohort.truth["faults"].query("fault == 'swapped'")
    table = read_table(folder / "results/quality/identity.tsv")
    found = table.query("check == 'visits' and verdict == 'warn'")
    pairs = truth[["sample", "partner"]].to_numpy().tolist()
    assert len(pairs) == 2 and found[["sample", "partner"]].to_numpy().tolist() == pairs
    one, other = pairs[0]
    assert f"{one}: seems to have changed places with {other} of" in said


def test_blanks_are_neither_judged_nor_counted_as_left_out(planted):
    cohort, folder, said = planted
    blanks = cohort.truth["faults"].query("fault == 'blank'")["sample"].tolist()
    gates = read_table(folder / "results/quality/samples.tsv").query("layer == 'smallrna'")
    of_blanks = gates[gates["sample"].isin(blanks)]
    assert of_blanks[["gate", "reasons"]].to_numpy().tolist() == [["not_evaluable", BLANK]] * 2
    judged = gates.loc[~gates["sample"].isin(blanks), "gate"].value_counts()
    assert f"smallrna: {judged['pass']} pass, {judged['warn']} warn\n" in said
    assert judged.sum() == 80 and "excluded:" not in said
    assert "blanks: 2, measured and not judged" in said


def test_a_contrast_with_covariates_carries_the_verdict_of_a_confounded_study(planted):
    _, folder, _ = planted
    contrasts = load_yaml(folder / "config/config.yaml")["differential"]["contrasts"]
    assert contrasts["crc"]["covariates"] == ["age", "sex", "batch"]
    design = read_json(folder / "results/differential/crc/design.json")
    table = read_confounding(folder / "results/quality/confounding.tsv")
    audited = finding(table, "differential.crc")
    said = f"{audited.reason}; the model adjusts for age, sex, batch"
    assert design["confounding"] == {"verdict": "confounded", "reason": said}
    assert audited.reason.startswith("confounded: cases and controls differ in site (V ")
    tested = pd.read_csv(folder / "results/differential/crc/smallrna.tsv", sep="\t")
    assert len(tested) > 200  # the table is there: its reader is told, not refused
