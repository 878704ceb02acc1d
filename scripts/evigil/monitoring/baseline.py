"""Which earlier draws a draw is compared with."""

import pandas as pd

METHOD_COLUMNS = {
    "kit": "kit",
    "isolation_method": "isolation method",
    "instrument": "instrument",
}


def baselines(table: pd.DataFrame) -> pd.DataFrame:
    """Say what each draw's baseline is; every row is judged from earlier rows alone.

    A draw enters the baselines of later ones when it is usable and monitored: a failed sample and
    one taken before or on treatment never does. A change of kit, isolation method or instrument
    starts a new baseline; where a row does not say, the last one that did is taken to hold.

    Parameters
    ----------
    table
        As from `evigil.monitoring.draws.prepare`: sorted by patient, marker, day and sample.

    Returns
    -------
    pandas.DataFrame
        Same index: ``in_baseline``, ``series`` (number of the baseline, -1 without one), ``before``
        (earlier draws in it; draws of one day are one visit and do not count for each other) and
        ``restart`` (why it starts here, or empty).
    """
    enters = table["usable"] & (table["unmonitored"] == "")
    result = pd.DataFrame(
        {"in_baseline": enters, "series": -1, "before": 0, "restart": ""}, index=table.index
    )
    rows = table[enters]
    if rows.empty:
        return result
    person = rows.groupby(["patient", "marker"], sort=False).ngroup()
    restart = _restarts(rows, person)
    first = person.ne(person.shift())
    series = (first | (restart != "")).cumsum() - 1
    earlier = rows.groupby(series).cumcount()
    same_day = rows.groupby([series, rows["day"]]).cumcount()
    result.loc[enters, "series"] = series
    result.loc[enters, "before"] = earlier - same_day
    result.loc[enters, "restart"] = restart
    return result


def _restarts(rows: pd.DataFrame, person: pd.Series) -> pd.Series:
    """Return why the baseline starts anew at a row, or an empty text."""
    words = pd.Series("", index=rows.index)
    for column, name in METHOD_COLUMNS.items():
        if rows[column].isna().all():
            continue
        now = rows[column].astype(object)
        last = now.groupby(person).ffill().groupby(person).shift()
        changed = now.notna() & last.notna() & (now != last)
        text = f"{name} changed from " + last.astype(str) + " to " + now.astype(str)
        gap = words.mask(words != "", words + ", ")
        words = words.mask(changed, gap + text)
    return words.mask(words != "", "baseline restarted: " + words)
