"""What disease-free draws teach: parameters, and which rules they are enough for."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.monitoring.peb import Parameters
from evigil.stats.mixed import random_intercept
from evigil.tables import read_json

PEB_PATIENTS = 30
CAUTION_PATIENTS = 50
REML = "REML, random intercept"
POOLED = "mean and variance of single draws"

# A file may say anything: bounds beyond any study, so that none can fill the memory or overflow.
MOST_PATIENTS = 1_000_000
MOST_DRAWS = 10_000_000
LARGEST = {"log": 700.0, "linear": 1e100}
WHOLE = re.compile(r"[1-9][0-9]{0,7}")


@dataclass(frozen=True)
class Reference:
    """A reference of one marker.

    Attributes
    ----------
    parameters
        None where nothing can be estimated.
    sizes
        Draws of each patient, sorted; empty where a file does not say.
    refusals
        For each rule that cannot be used, why.
    cautions
        What a reader must know of the rules that can.
    excluded
        Matching draws that were not admitted, by reason.
    """

    parameters: Parameters | None
    loglik: float | None = None
    method: str | None = None
    n_patients: int = 0
    n_draws: int = 0
    sizes: tuple[int, ...] = ()
    ids_sha256: str | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    excluded: Mapping[str, int] = field(default_factory=dict)


def fit_reference(table: pd.DataFrame, admission: pd.Series) -> Reference:
    """Fit the reference of one marker.

    Parameters
    ----------
    table
        Rows of one marker from `evigil.monitoring.draws.prepare`.
    admission
        As from `evigil.monitoring.admission.admission`.

    Returns
    -------
    Reference
        Without parameters, and with both rules refused, where the draws do not suffice.
    """
    excluded = admission[admission.notna() & (admission != "")].value_counts().sort_index()
    rows = table[admission == ""]
    counts = {str(reason): int(n) for reason, n in excluded.items()}
    sizes = tuple(sorted(int(n) for n in rows.groupby("patient").size()))
    parameters, loglik, method, fault = _fit(rows, sizes, counts)
    refusals, cautions = size_rules(len(sizes), sum(n > 1 for n in sizes))
    if fault:
        refusals, cautions = {"single": fault, "peb": fault}, ()
    elif method == POOLED:
        cautions += (
            "every reference patient has one draw: the spread within and between patients cannot "
            "be told apart, so the single threshold takes all of it as within and is higher than "
            "needed",
        )
    return Reference(
        parameters=parameters,
        loglik=loglik,
        method=method,
        n_patients=len(sizes),
        n_draws=len(rows),
        sizes=sizes,
        ids_sha256=hash_ids(rows) if len(rows) else None,
        refusals=refusals,
        cautions=cautions,
        excluded=counts,
    )


def size_rules(n_patients: int, n_repeated: int) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say what the size of a reference refuses, and what it warns of.

    Parameters
    ----------
    n_patients, n_repeated
        All patients, and those with two draws or more: the spread within a person is learnt from
        the latter only.

    Returns
    -------
    refusals, cautions
    """
    has = f"the reference has {n_patients} patients, {n_repeated} of them with two draws or more"
    if n_repeated < PEB_PATIENTS:
        return {"peb": f"{has}; personal thresholds need {PEB_PATIENTS} with two"}, ()
    if n_repeated < CAUTION_PATIENTS:
        return {}, (f"{has}; below {CAUTION_PATIENTS} the rate of false alarms is uncertain",)
    return {}, ()


def hash_ids(rows: pd.DataFrame) -> str:
    """Hash who and which draws are in a reference: sha256 of sorted ``patient, sample, day``."""
    samples = rows["sample"].astype(object).where(rows["sample"].notna(), "")
    days = rows["day"].astype(float).map(repr)
    lines = sorted("\t".join(ids) for ids in zip(rows["patient"], samples, days, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_reference(path: str | Path, scale: str) -> dict[str, Reference]:
    """Read a ``reference.json`` of an earlier run.

    Parameters
    ----------
    path
        Of the file.
    scale
        Of this monitoring: a file that states another one is refused.

    Returns
    -------
    dict
        A reference for each marker of the file.

    Raises
    ------
    UserError
        If the file is missing, is no JSON, or lacks what a reference needs: finite numbers, and
        counts that agree with each other.
    """
    try:
        content = read_json(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{path}: is no JSON ({error})") from error
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise UserError(f"{path}: is no reference.json: an object with one entry per marker")
    return {marker: _parse(path, marker, entry, scale) for marker, entry in content.items()}


def no_reference(reason: str) -> Reference:
    """Return a reference that refuses both rules."""
    return Reference(parameters=None, refusals={"single": reason, "peb": reason})


def _fit(
    rows: pd.DataFrame, sizes: tuple[int, ...], excluded: Mapping[str, int]
) -> tuple[Parameters | None, float | None, str | None, str]:
    """Return parameters, log-likelihood and method, or the reason why there are none."""
    if not sizes:
        why = "; ".join(f"{n}: {reason}" for reason, n in excluded.items())
        found = f"no draw was admitted to the reference ({why})" if why else "no reference draw"
        return None, None, None, found
    if len(sizes) < 2:
        return None, None, None, "the reference has one patient; two are the least"
    y = rows["y"].to_numpy(float)
    if max(sizes) == 1:
        variance = float(y.var(ddof=1))
        if variance > 0:
            return Parameters(float(y.mean()), 0.0, variance), None, POOLED, ""
    else:
        try:
            fit = random_intercept(y, rows["patient"].to_numpy(str))
        except UserError:
            pass  # values that do not vary: said below in the words of this stage
        else:
            return Parameters(fit.mu, fit.tau2, fit.sigma2), fit.loglik, REML, ""
    return None, None, None, "the values of the reference do not vary within its patients"


def _sizes(histogram: Any, patients: int, draws: int) -> tuple[int, ...]:
    """Read how many patients have how many draws: ``{"4": 38, "5": 2}``; nothing is no answer."""
    if not isinstance(histogram, dict):
        raise UserError("draws_per_patient must give patients by number of draws")
    for size, n in histogram.items():
        if not (_is_count(n) and n > 0 and WHOLE.fullmatch(size)):
            raise UserError(
                f"draws_per_patient: {size}: {n!r} must be two whole numbers above 0: draws, and "
                "how many patients have as many"
            )
    counts = {int(size): n for size, n in histogram.items()}
    found = sum(counts.values()), sum(size * n for size, n in counts.items())
    if histogram and found != (patients, draws):
        raise UserError(
            f"draws_per_patient adds up to {found[0]} patients with {found[1]} draws, n_patients "
            f"is {patients} and n_draws {draws}"
        )
    return tuple(size for size, n in sorted(counts.items()) for _ in range(n))


def _parse(path: str | Path, marker: str, entry: Mapping[str, Any], scale: str) -> Reference:
    if entry.get("mu") is None and entry.get("scale", scale) == scale:
        return no_reference(f"{path} has no parameters for this marker")
    try:
        return _parse_entry(entry, scale)
    except UserError as error:
        raise UserError(f"{path}: marker {marker}: {error}") from error


def _parse_entry(entry: Mapping[str, Any], scale: str) -> Reference:
    if entry.get("scale", scale) != scale:
        raise UserError(
            f"was made with scale: {entry['scale']}, this monitoring has scale: {scale}"
        )
    mu, tau2, sigma2 = (_number(entry, key) for key in ("mu", "tau2", "sigma2"))
    if not (tau2 >= 0 and sigma2 > 0):
        raise UserError("tau2 must not be below 0, and sigma2 must be above it")
    reach = abs(mu) + 10 * np.sqrt(tau2 + sigma2)
    if reach > LARGEST[scale]:
        raise UserError(f"mu, tau2 and sigma2 are too large for limits on the scale {scale}")
    patients = _count(entry, "n_patients", MOST_PATIENTS)
    draws = _count(entry, "n_draws", MOST_DRAWS)
    if draws < patients:
        raise UserError(f"n_draws is {draws}, below n_patients, which is {patients}")
    sizes = _sizes(entry.get("draws_per_patient", {}), patients, draws)
    repeated = sum(n > 1 for n in sizes) if sizes else (patients if draws >= 2 * patients else 0)
    refusals, cautions = size_rules(patients, repeated)
    return Reference(
        parameters=Parameters(mu, tau2, sigma2),
        loglik=None if entry.get("loglik") is None else _number(entry, "loglik"),
        method=_text(entry, "method"),
        n_patients=patients,
        n_draws=draws,
        sizes=sizes,
        ids_sha256=_text(entry, "ids_sha256"),
        refusals=refusals,
        cautions=cautions,
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(entry: Mapping[str, Any], key: str, most: int) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or not _is_count(value) or not 0 <= value <= most:
        raise UserError(f"{key} must be a whole number from 0 to {most:,}")
    return value


def _number(entry: Mapping[str, Any], key: str) -> float:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{key} is missing or no number")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise UserError(f"{key} is not a finite number")
    return number


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise UserError(f"{key} must be text")
    return value
