"""Size rules, identity and reading of a reference."""

import json

import numpy as np
import pytest

from evigil.errors import UserError
from evigil.monitoring.admission import admission
from evigil.monitoring.draws import draws_from_series, prepare
from evigil.monitoring.options import Options
from evigil.monitoring.reference import Reference, fit_reference, read_reference
from evigil.monitoring.run import monitor


def fit(series, people, sizes: list[int], spread: float = 1.0) -> Reference:
    rng = np.random.default_rng(4)
    rows = [
        {"patient": f"p{i:03d}", "day": j, "value": float(np.exp(spread * rng.normal()))}
        for i, size in enumerate(sizes)
        for j in range(size)
    ]
    options = Options(min_follow_up_days=0)
    table = prepare(draws_from_series(series(rows).assign(reference=True)), people([]), options)
    return fit_reference(table, admission(table, options))


def test_thirty_patients_with_two_draws_allow_peb(series, people):
    enough = fit(series, people, [2] * 30)
    assert enough.refusals == {} and "30 patients" in enough.cautions[0]
    assert fit(series, people, [2] * 50).cautions == ()
    few = fit(series, people, [2] * 29 + [1] * 40)
    assert few.refusals == {
        "peb": "the reference has 69 patients, 29 of them with two draws or more; personal "
        "thresholds need 30 with two"
    }
    assert few.parameters is not None


def test_single_draws_give_a_single_threshold(series, people):
    found = fit(series, people, [1] * 40)
    assert found.parameters.tau2 == 0 and found.parameters.sigma2 > 0
    assert set(found.refusals) == {"peb"} and "cannot be told apart" in found.cautions[0]


@pytest.mark.parametrize(
    ("sizes", "spread", "reason"),
    [
        ([], 1, "no reference draw"),
        ([5], 1, "the reference has one patient; two are the least"),
        ([2] * 40, 0, "the values of the reference do not vary within its patients"),
        ([1] * 40, 0, "the values of the reference do not vary within its patients"),
    ],
)
def test_nothing_to_learn(series, people, sizes, spread, reason):
    found = fit(series, people, sizes, spread)
    assert found.parameters is None
    assert found.refusals == {"single": reason, "peb": reason}


def test_what_kept_the_draws_out_is_said(series, people):
    rows = [{"patient": "a", "day": d, "value": 1, "reference": True} for d in (0, 1)]
    facts = people([{"patient": "a", "recurrence": 9}])
    table = prepare(draws_from_series(series(rows)), facts, Options())
    found = fit_reference(table, admission(table, Options()))
    assert found.excluded == {"patient with recurrence": 2}
    assert found.refusals["single"] == (
        "no draw was admitted to the reference (2: patient with recurrence)"
    )


def test_a_written_reference_gives_the_same_calls(cohort, tmp_path):
    draws, patients = draws_from_series(cohort[0]), cohort[1]
    first = monitor(draws, patients, {})
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(first.reference))
    again = monitor(draws.assign(reference=False), patients, {"reference": str(path)})
    assert again.visits.equals(first.visits) and again.rules.equals(first.rules)
    kept = ("mu", "sigma2", "ids_sha256", "false_positive_rate", "draws_per_patient")
    assert all(again.reference["psa"][k] == first.reference["psa"][k] for k in kept)
    assert again.evaluation["cross_fitted"] is None
    assert first.evaluation["cross_fitted"]["folds"] == 10


def test_size_rules_hold_for_a_file(tmp_path):
    entry = {"mu": 0, "tau2": 1, "sigma2": 0.5, "n_patients": 29, "n_draws": 100}
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({"psa": entry}))
    assert "peb" in read_reference(path, "log")["psa"].refusals
    path.write_text(json.dumps({"psa": entry | {"n_patients": 60, "n_draws": 240}}))
    assert read_reference(path, "log")["psa"].refusals == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("{", "is no JSON"),
        ("[]", "is no reference.json"),
        ('{"psa": {"mu": 0}}', "marker psa: tau2 is missing or no number"),
        (
            '{"psa": {"mu": 0, "tau2": 1, "sigma2": 0, "n_patients": 9, "n_draws": 9}}',
            "sigma2 must be above it",
        ),
        ('{"psa": {"mu": 0, "scale": "linear"}}', "was made with scale: linear"),
        (
            '{"psa": {"mu": 0, "tau2": 1, "sigma2": 1, "n_patients": 9, "n_draws": 9, '
            '"draws_per_patient": [4]}}',
            "draws_per_patient must give patients by number of draws",
        ),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, text, message):
    path = tmp_path / "reference.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError) as error:
        read_reference(path, "log")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_marker_that_the_file_lacks(cohort, tmp_path):
    path = tmp_path / "reference.json"
    path.write_text("{}")
    found = monitor(draws_from_series(cohort[0]), cohort[1], {"reference": str(path)})
    assert set(found.visits["call"]) == {"indeterminate"}
    assert found.visits["reasons"].str.endswith("reference.json has no entry for this marker").all()


def test_identity_depends_on_who_is_in_it(series, people):
    assert fit(series, people, [2] * 30).ids_sha256 == fit(series, people, [2] * 30, 2).ids_sha256
    assert fit(series, people, [2] * 30).ids_sha256 != fit(series, people, [2] * 31).ids_sha256


GOOD = {"mu": 0, "tau2": 1, "sigma2": 0.5, "n_patients": 40, "n_draws": 160}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_patients": float("nan")}, "n_patients must be a whole number from 0 to 1,000,000"),
        ({"n_patients": 2.5}, "n_patients must be a whole number"),
        ({"n_patients": True}, "n_patients must be a whole number"),
        ({"n_patients": -1}, "n_patients must be a whole number"),
        ({"n_patients": 10**7}, "n_patients must be a whole number"),
        ({"n_draws": None}, "n_draws must be a whole number"),
        ({"n_draws": 39}, "n_draws is 39, below n_patients, which is 40"),
        ({"mu": float("nan")}, "mu is not a finite number"),
        ({"mu": 10**400}, "mu is not a finite number"),
        ({"mu": 800}, "too large for limits on the scale log"),
        ({"tau2": float("inf")}, "tau2 is not a finite number"),
        ({"sigma2": float("inf")}, "sigma2 is not a finite number"),
        ({"sigma2": "1"}, "sigma2 is missing or no number"),
        ({"loglik": float("nan")}, "loglik is not a finite number"),
        ({"method": 3}, "method must be text"),
        ({"draws_per_patient": {"4": 10_000_000}}, "adds up to 10000000 patients"),
        ({"draws_per_patient": {"4": 39}}, "adds up to 39 patients with 156 draws, n_patients is"),
        ({"draws_per_patient": {"3": 40}}, "adds up to 40 patients with 120 draws"),
        ({"draws_per_patient": {"4": 40.5}}, "must be two whole numbers above 0"),
        ({"draws_per_patient": {"4": -40}}, "must be two whole numbers above 0"),
        ({"draws_per_patient": {"0": 40}}, "must be two whole numbers above 0"),
        ({"draws_per_patient": {"04": 40}}, "must be two whole numbers above 0"),
    ],
)
def test_impossible_numbers_of_a_file_are_one_line(tmp_path, wrong, message):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({"psa": GOOD | wrong}))
    with pytest.raises(UserError) as error:
        read_reference(path, "log")
    assert str(error.value).startswith(f"{path}: marker psa: ")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_given_reference_is_not_cross_fitted_and_says_so(cohort, tmp_path):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({"psa": GOOD | {"draws_per_patient": {"4": 40}}}))
    given = monitor(draws_from_series(cohort[0]), cohort[1], {"reference": str(path)}).evaluation
    assert given["cross_fitted"] is None
    assert any("is not cross-fitted" in note for note in given["notes"])
    own = monitor(draws_from_series(cohort[0]), cohort[1], {}).evaluation
    assert not any("cross-fitted" in note for note in own["notes"])
