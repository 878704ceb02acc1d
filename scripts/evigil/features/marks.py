"""Censoring marks in the cells of a table: ``<0.5``, ``>300``, ``*0.5``, ``**300``, ``below LOD``.

They tell what a value is not, so they are never numbers: a limit of detection that differs by run
would give the run away. ``*x`` and ``**x`` are the notation of tables that hold ``x`` itself in
place of what is below (``*``) or above (``**``) the range of the assay.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_WITH_LIMIT = re.compile(
    r"\s*(?:[<>]=?|[≤≥]|\*{1,2})\s*(?P<limit>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*",
    re.ASCII,
)
_IN_WORDS = re.compile(
    r"\s*(?:[<>≤≥]\s*=?\s*(?:u?l?lo[dq])|(?:below|under|above|out of|outside)[\s_-]*(?:the\s+)?"
    r"(?:u?l?lo[dq]|(?:detection|quantification)?[\s_-]*(?:limit|range)"
    r"(?:\s+of\s+(?:detection|quantification))?)|b(?:lo[dq]|dl|[lq]{2})|not[\s_-]?detected)\s*",
    re.IGNORECASE,
)


def is_mark(cell: str) -> bool:
    """Tell whether a cell says that its value is censored."""
    return _WITH_LIMIT.fullmatch(cell) is not None or _IN_WORDS.fullmatch(cell) is not None


def split_marks(cells: "pd.DataFrame") -> "tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]":
    """Take the marks out of cells.

    Parameters
    ----------
    cells
        Text and numbers.

    Returns
    -------
    cells, censored, limit
        Of the same shape: NaN where a mark was; booleans; the number that a mark gives, NaN where
        it gives none and where there is no mark.
    """
    import numpy as np
    import pandas as pd

    left, censored = cells.copy(), pd.DataFrame(False, cells.index, cells.columns)
    limit = pd.DataFrame(np.nan, cells.index, cells.columns)
    for name in cells.select_dtypes("object").columns:
        texts = cells[name].map(_mark)
        found = texts.str.extract(_WITH_LIMIT, expand=True)["limit"]
        censored[name] = texts != ""
        limit[name] = pd.to_numeric(found).astype(float)
        left[name] = cells[name].mask(texts != "")
    return left, censored, limit


def _mark(cell: object) -> str:
    return cell if isinstance(cell, str) and is_mark(cell) else ""
