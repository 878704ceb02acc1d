"""What later stages take of ``quality/limits.tsv``."""

import pandas as pd

# The row of a layer: medians over its features, and what could not be measured.
WHOLE = "ALL"


def analytical_cv(limits: pd.DataFrame, feature: str) -> float | None:
    """Return the CV of the assay for a marker: None where it was not measured.

    Parameters
    ----------
    limits
        ``quality/limits.tsv``.
    feature
        The marker's name; it is looked for in all layers. Of two with that name neither is taken.
    """
    known = limits[(limits["feature"] == feature) & (limits["feature"] != WHOLE)]
    cv = known["cv_analytical"].dropna()
    return float(cv.iloc[0]) if len(known) == 1 and len(cv) else None
