"""The numbers behind the pictures of the proteins."""

import numpy as np
import pandas as pd

#: What a point is of: panel, column, as published or without what vesicles carry.
PUBLISHED, SAFE = "as published", "without proteins of vesicles"
INDICES = (
    ("platelets: share of signal", "platelet_share", PUBLISHED),
    ("platelets: share of signal", "platelet_ev_safe_share", SAFE),
    ("red cells: share of signal", "erythrocyte_share", PUBLISHED),
    ("red cells: share of signal", "erythrocyte_ev_safe_share", SAFE),
    ("clotting: signal over fibrinogen", "coagulation_index", PUBLISHED),
)
#: A share of 0 has no place on a logarithmic axis.
LEAST_SHARE = 1e-6
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEASURED, NORMALISED = "as measured", "normalised"
#: Cells of the picture of missingness, and steps of its line.
CELLS, STEPS = (60, 40), 20


def missingness(measured: pd.DataFrame) -> pd.DataFrame:
    """Return, per protein group that any sample has, its mean log2 level and how often it lacks.

    Returns
    -------
    pandas.DataFrame
        Indexed by group: ``level``, ``missing`` (share of the samples).
    """
    present = measured.notna().sum()
    known = measured.loc[:, present > 0]
    missing = 1 - present[present > 0] / max(1, len(measured))
    return pd.DataFrame({"level": known.mean(), "missing": missing})


def cells(groups: pd.DataFrame) -> pd.DataFrame:
    """Count groups in cells: ``level, missing, groups, width, height``.

    Shares of few samples have a row of cells for each value.
    """
    level, missing = (groups[c].to_numpy(float) for c in ("level", "missing"))
    top = max(missing.max(), 1e-9)
    steps = np.diff(np.unique([0.0, *np.round(missing, 9)]))
    rows = min(CELLS[1], round(top / steps.min()) + 1) if len(steps) else 1
    span = (level.min(), level.max()) if np.ptp(level) > 0 else (level[0] - 0.5, level[0] + 0.5)
    half = top / max(1, rows - 1) / 2
    counts, x, y = np.histogram2d(
        level, missing, bins=(CELLS[0], rows), range=(span, (-half, top + half))
    )
    i, j = np.nonzero(counts)
    return pd.DataFrame(
        {
            "level": (x[i] + x[i + 1]) / 2,
            "missing": (y[j] + y[j + 1]) / 2,
            "groups": counts[i, j],
            "width": x[1] - x[0],
            "height": (y[1] - y[0]) * 0.95,
        }
    )


def along(groups: pd.DataFrame) -> pd.DataFrame:
    """Return the mean missingness along abundance, by steps of as many groups."""
    ordered = groups.sort_values("level", kind="stable")
    step = np.arange(len(ordered)) * min(STEPS, len(ordered)) // len(ordered)
    return ordered.groupby(step).mean()


def quality_points(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the indices of plasma quality as points: ``sample, panel, kind, value``, none missing.

    A share of 0 is drawn at one in a million.
    """
    parts = [
        pd.DataFrame(
            {"sample": samples["sample"], "panel": panel, "kind": kind, "value": samples[column]}
        )
        for panel, column, kind in INDICES
    ]
    points = pd.concat(parts).dropna(subset="value")
    return points.assign(value=points["value"].clip(lower=LEAST_SHARE)).reset_index(drop=True)


def rows(points: pd.DataFrame, named: bool) -> pd.Series:
    """Place samples: by name, or where names do not fit by rank within panel and kind."""
    if named:
        names = sorted(points["sample"].unique(), reverse=True)
        return points["sample"].map({name: i for i, name in enumerate(names)}).astype(float)
    ordered = points.sort_values(["value", "sample"], kind="stable")
    return ordered.groupby(["panel", "kind"]).cumcount().reindex(points.index).astype(float)


def level_quantiles(measured: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of the log2 levels of each sample, as measured and normalised.

    Returns
    -------
    pandas.DataFrame
        ``sample, state, q5, q25, q50, q75, q95``; samples without a protein are not there.
    """
    parts = []
    for state, table in ((MEASURED, measured), (NORMALISED, values)):
        known = table[table.notna().any(axis=1)]
        found = known.quantile(list(QUANTILES), axis=1).T if len(known) else known.iloc[:, :0]
        found = found.reindex(columns=list(QUANTILES)).set_axis([*_names()], axis=1)
        parts.append(found.rename_axis("sample").reset_index().assign(state=state))
    return pd.concat(parts, ignore_index=True)[["sample", "state", *_names()]]


def _names() -> list[str]:
    return [f"q{100 * q:.0f}" for q in QUANTILES]
