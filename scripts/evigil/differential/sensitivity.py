"""Whether a finding stands without covariates, with the haemolysis index, in women, in men."""

from collections.abc import Callable

import pandas as pd

from evigil.differential.contrasts import Contrast
from evigil.differential.models import Fit
from evigil.errors import UserError

ESTIMATES = ("log2_fold_change", "standard_error", "low", "high", "p_value", "q_value")
COLUMNS = ("feature", "analysis", "samples", *ESTIMATES, "reason")
HAEMOLYSIS = "the haemolysis index of the quality stage is not built"

Analysis = Callable[[pd.DataFrame, Contrast], Fit]


def sensitivity(
    main: Fit, used: pd.DataFrame, contrast: Contrast, analyse: Analysis
) -> pd.DataFrame:
    """Fit a contrast anew in other ways, each by the function that made the main table.

    Parameters
    ----------
    main
        The fit of the main table.
    used
        Its samples, indexed by sample.
    analyse
        Fits a contrast to some of the samples.

    Returns
    -------
    pandas.DataFrame
        ``<layer>.sensitivity.tsv``: a row for each feature that the main table tests and each
        analysis (``main`` among them), features in the order of the main table. An analysis that
        cannot be made has one row, at the end, without a feature and with the reason.
    """
    tested = main.table[main.table["p_value"].notna()].reset_index()
    order = tested.sort_values(["p_value", "feature"])["feature"].tolist()
    found, reasons = {"main": (len(used), main)}, {}
    for name, samples, changed, reason in _analyses(used, contrast):
        if reason is None:
            try:
                found[name] = (len(samples), analyse(samples, changed))
            except UserError as error:
                reason = str(error).removeprefix(contrast.path).lstrip(".: ")
        if reason is not None:
            reasons[name] = reason
    parts = [
        fit.table.reindex(order)[list(ESTIMATES)].assign(analysis=name, samples=samples, reason="")
        for name, (samples, fit) in found.items()
    ]
    rows = pd.concat(parts).reset_index()
    rank = {feature: i for i, feature in enumerate(order)}
    rows = rows.sort_values("feature", key=lambda names: names.map(rank), kind="stable")
    missing = pd.DataFrame({"analysis": list(reasons), "reason": list(reasons.values())})
    return (
        pd.concat([rows, missing], ignore_index=True)
        .reindex(columns=list(COLUMNS))
        .astype({"samples": "Int64"})
    )


def _analyses(
    used: pd.DataFrame, contrast: Contrast
) -> list[tuple[str, pd.DataFrame, Contrast, str | None]]:
    """List name, samples, contrast and, where it cannot be made, the reason."""
    none = None if contrast.covariates else "the contrast has no covariates"
    listed = [
        ("without_covariates", used, contrast.without(*contrast.covariates), none),
        ("with_haemolysis_index", used, contrast, HAEMOLYSIS),
    ]
    reason = None
    if "sex" not in used:
        reason = "the study has no column sex"
    elif "sex" in (contrast.column, contrast.interaction):
        reason = "sex is part of the question"
    if reason is not None:
        return [*listed, ("by_sex", used, contrast, reason)]
    for sex in sorted(used["sex"].dropna().unique()):
        listed.append((f"sex={sex}", used[used["sex"] == sex], contrast.without("sex"), None))
    return listed
