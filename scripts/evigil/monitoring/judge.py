"""Each draw against the rules: expectation, limits, alarms."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from evigil.monitoring.options import Options
from evigil.monitoring.peb import personal_expectation
from evigil.monitoring.reference import Reference
from evigil.monitoring.threshold import single_limit

ONE_VISIT = 0.95
"""A value above this share of disease-free values is called rising, whatever the calibration."""
COLUMNS = [
    *("expected", "sd", "z", "peb_threshold", "peb_alarm"),
    *("single_threshold", "single_alarm", "peb_rising", "single_rising"),
]


def judge(
    table: pd.DataFrame, references: Mapping[str, Reference], options: Options
) -> pd.DataFrame:
    """Apply both rules to every draw.

    Parameters
    ----------
    table
        As from `evigil.monitoring.draws.prepare`, with `evigil.monitoring.baseline.baselines`.
    references
        By marker.
    options
        Of the monitoring block.

    Returns
    -------
    pandas.DataFrame
        Same index. ``expected, sd`` on the scale of y; thresholds in marker units; alarms and
        rising 0 or 1. Missing where the draw is not in a baseline (failed, or not monitored) or
        the rule is refused; an alarm also where value, expectation or limit is not finite.
    """
    result = pd.DataFrame(np.nan, index=table.index, columns=COLUMNS)
    for marker, rows in table[table["in_baseline"]].groupby("marker"):
        reference = references[str(marker)]
        # what overflows is no judgement, and is left out below
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [_single(rows, reference, options), _peb(rows, reference, options)]
        for part in parts:
            result.loc[rows.index, part.columns] = part
    return result


def single_threshold(reference: Reference, options: Options) -> float | None:
    """Return the threshold of the rule ``single`` in marker units, or None where it is refused."""
    if options.threshold is not None:
        return float(options.threshold)
    if reference.parameters is None:
        return None
    share, visits = options.single_target
    limit = single_limit(*reference.parameters, specificity=share, visits=visits)
    return float(options.to_value(limit))


def is_refused(rule: str, reference: Reference, options: Options) -> str:
    """Say why a rule cannot be used, or nothing; a fixed cut-off needs no reference."""
    if rule == "single" and options.threshold is not None:
        return ""
    return reference.refusals.get(rule, "")


def _single(rows: pd.DataFrame, reference: Reference, options: Options) -> pd.DataFrame:
    threshold = single_threshold(reference, options)
    if threshold is None:
        return pd.DataFrame(index=rows.index)
    rising = np.zeros(len(rows))
    if reference.parameters is not None:
        mu, tau2, sigma2 = reference.parameters
        rising = (rows["y"] > mu + ndtri(ONE_VISIT) * np.sqrt(tau2 + sigma2)).to_numpy(float)
    return pd.DataFrame(
        {
            "single_threshold": threshold,
            "single_alarm": (rows["value"] > threshold)
            .astype(float)
            .where(np.isfinite(rows["y"]) & np.isfinite(threshold)),
            "single_rising": rising,
        },
        index=rows.index,
    )


def _peb(rows: pd.DataFrame, reference: Reference, options: Options) -> pd.DataFrame:
    if reference.parameters is None or is_refused("peb", reference, options):
        return pd.DataFrame(index=rows.index)
    y = rows["y"].to_numpy(float)
    series = rows["series"].to_numpy(np.int64)
    before = rows["before"].to_numpy(np.int64)
    expected, variance = personal_expectation(y, series, before, reference.parameters)
    sd = np.sqrt(variance)
    z = (y - expected) / sd
    threshold = options.to_value(expected + options.z_limit * sd)
    judged = np.isfinite(z) & np.isfinite(threshold)
    return pd.DataFrame(
        {
            "expected": expected,
            "sd": sd,
            "z": z,
            "peb_threshold": threshold,
            "peb_alarm": np.where(judged, z > options.z_limit, np.nan),
            "peb_rising": (z > ndtri(ONE_VISIT)).astype(float),
        },
        index=rows.index,
    )
