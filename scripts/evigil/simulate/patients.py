"""Who is drawn when, and how much tumour they carry on that day. Days count from the first draw."""

import numpy as np
import pandas as pd

from evigil.simulate.design import FIRST_VISIT, SPACING, Design

STAGES = ("I", "II", "III", "IV")
# Tumour burden at diagnosis, in units of a stage II-III tumour: typical value and spread on ln.
BURDEN = {"I": 0.5, "II": 0.8, "III": 1.2, "IV": 2.0}
BURDEN_SPREAD = 0.25
# A recurrence starts from this burden, and imaging finds it at one that differs between people:
# some tumours shed much, some little. Typical value and spread on ln.
ONSET_BURDEN = 0.1
DETECTED_BURDEN = 4.0
DETECTED_SPREAD = 0.5


def simulate_patients(design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the people of a cohort.

    Returns
    -------
    pandas.DataFrame
        One row per patient, sorted by ``patient``: ``patient, group`` (``case``, ``control``,
        ``reference``), ``followed, recurs`` (bool), ``sex, age`` (years), ``stage`` (empty for
        controls), ``surgery,
        onset, recurrence, last_negative, last_follow_up`` (days, NaN where not applicable),
        ``start`` (calendar day of day 0, counted from 2021-01-04), ``burden`` (at diagnosis),
        ``detected_burden`` (at the recurrence).
    """
    group = np.repeat(
        ["case", "control", "reference"], [design.cases, design.controls, design.reference]
    )
    n = group.size
    people = pd.DataFrame({"patient": _names(group), "group": group})
    people["followed"], people["recurs"] = _followed(design, rng)
    people["sex"] = _balanced(group, np.array(["female", "male"]), rng)
    people["age"] = np.clip(rng.normal(66, 8, n), 40, 88).round().astype(int)
    people["stage"] = _stages(people, rng)
    people["start"] = rng.integers(0, 365, n)
    people["burden"] = _diagnosis_burden(people, rng)
    return people.assign(**_clinical_days(people, design, rng)).sort_values(
        "patient", ignore_index=True
    )


def simulate_draws(people: pd.DataFrame, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the schedule of samples and the tumour burden of each.

    Returns
    -------
    pandas.DataFrame
        One row per sample, sorted by ``sample``: ``sample, patient, group, visit, day, batch,
        burden``.
    """
    first = people[people["group"] != "reference"].assign(number=0)
    later = _repeat(people[people["followed"]], range(1, design.visits + 1))
    reference = _repeat(
        people[people["group"] == "reference"], range(1, design.reference_draws + 1)
    )
    draws = pd.concat([first, later, reference], ignore_index=True)
    number = draws["number"].to_numpy()
    jitter = rng.integers(-5, 6, len(draws))
    after_surgery = draws["surgery"] + FIRST_VISIT + (number - 1) * SPACING + jitter
    # The first draw of a reference patient is their day 0 by definition.
    in_reference = np.where(number == 1, 0, (number - 1) * SPACING + jitter)
    is_reference = draws["group"].eq("reference")
    day = np.where(number == 0, 0, np.where(is_reference, in_reference, after_surgery))
    draws["day"] = day.astype(int)
    draws["visit"] = np.where(number == 0, "diagnosis", "follow_up_" + draws["number"].astype(str))
    draws["sample"] = draws["patient"] + "-v" + draws["number"].astype(str)
    draws["burden"] = tumour_burden(draws)
    stratum = (draws["group"] + draws["visit"]).to_numpy()
    draws["batch"] = _balanced(stratum, np.array(batch_names(design)), rng)
    columns = ["sample", "patient", "group", "visit", "day", "batch", "burden"]
    return draws[columns].sort_values("sample", ignore_index=True)


def tumour_burden(draws: pd.DataFrame) -> np.ndarray:
    """Tumour burden on a day: that of the diagnosis up to surgery, then 0, then the recurrence.

    From its onset the logarithm of a recurrence's burden is linear in time; it stays at twice
    the burden at which imaging found it.

    Parameters
    ----------
    draws
        Columns ``day, surgery, onset, recurrence`` (days), ``burden`` (at diagnosis) and
        ``detected_burden`` (at the recurrence).

    Returns
    -------
    numpy.ndarray
        Shape (n_draws,), 0 for no tumour.
    """
    day, onset, found = (draws[c].to_numpy(float) for c in ("day", "onset", "recurrence"))
    before = ~(day > draws["surgery"].to_numpy(float))
    detected = draws["detected_burden"].to_numpy(float)
    rate = np.log(detected / ONSET_BURDEN) / (found - onset)
    grown = np.minimum(np.log(ONSET_BURDEN) + rate * (day - onset), np.log(2 * detected))
    regrown = np.where(day >= onset, np.exp(grown), 0.0)
    return np.where(before, draws["burden"].to_numpy(float), regrown)


def batch_names(design: Design) -> list[str]:
    """Names of the laboratory batches."""
    return [f"b{i}" for i in range(1, design.batches + 1)]


def _names(group: np.ndarray) -> list[str]:
    width = max(2, len(str(group.size)))
    number = pd.Series(group).groupby(group).cumcount() + 1
    return [f"{g}-{i:0{width}d}" for g, i in zip(group, number, strict=True)]


def _followed(design: Design, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = design.cases + design.controls + design.reference
    followed, recurs = np.zeros(n, bool), np.zeros(n, bool)
    chosen = rng.permutation(design.cases)[: design.followed]
    followed[chosen] = True
    recurs[chosen[: design.recurring]] = True
    return followed, recurs


def _balanced(strata: np.ndarray, levels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spread levels evenly over each stratum, in random order and from a random level."""
    result = np.empty(strata.size, levels.dtype)
    for stratum in np.unique(strata):
        where = rng.permutation(np.flatnonzero(strata == stratum))
        result[where] = levels[(rng.integers(levels.size) + np.arange(where.size)) % levels.size]
    return result


def _stages(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Cases have every stage; those operated on and followed, and the reference, II or III."""
    operated = people["followed"] | people["group"].eq("reference")
    strata = np.where(operated, people["group"] + " operated", people["group"]).astype(str)
    resected = _balanced(strata, np.array(STAGES[1:3]), rng)
    every = _balanced(strata, np.array(STAGES), rng)
    return np.where(people["group"] == "control", "", np.where(operated, resected, every))


def _diagnosis_burden(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    typical = people["stage"].map(BURDEN).to_numpy(float)
    spread = np.exp(rng.normal(0, BURDEN_SPREAD, len(people)))
    return np.where(people["group"] == "case", typical * spread, 0.0)


def _clinical_days(
    people: pd.DataFrame, design: Design, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    n = len(people)
    is_reference = people["group"].eq("reference").to_numpy()
    followed, recurs = people["followed"].to_numpy(), people["recurs"].to_numpy()
    surgery = np.where(followed, rng.integers(10, 36, n), np.nan)
    surgery = np.where(is_reference, -rng.integers(115, 151, n), surgery)
    onset = np.where(recurs, surgery + rng.integers(90, 241, n), np.nan)
    detected = DETECTED_BURDEN * np.exp(rng.normal(0, DETECTED_SPREAD, n).clip(-1.5, 1.5))
    recurrence = onset + rng.integers(330, 451, n)
    schedule = surgery + FIRST_VISIT + (design.visits - 1) * SPACING
    last = np.where(followed, np.fmax(schedule, recurrence) + rng.integers(20, 61, n), np.nan)
    # Two years from the first draw, however many draws there are.
    watched = np.maximum(730, (design.reference_draws - 1) * SPACING + 370)
    last = np.where(is_reference, watched + rng.integers(0, 61, n), last)
    return {
        "surgery": surgery,
        "onset": onset,
        "recurrence": recurrence,
        "detected_burden": np.where(recurs, detected, np.nan),
        "last_negative": recurrence - rng.integers(150, 201, n),
        "last_follow_up": last,
    }


def _repeat(people: pd.DataFrame, numbers: range) -> pd.DataFrame:
    rows = np.repeat(np.arange(len(people)), len(numbers))
    return people.iloc[rows].assign(number=np.tile(np.array(numbers, int), len(people)))
