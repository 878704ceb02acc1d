"""Marker proteins of vesicles as a sheet enters them, in the categories of MISEV2018, Table 3."""

import re

import numpy as np
import pandas as pd

PREFIX = "marker_"

#: Names as they are written of antibodies, by category (doi:10.1080/20013078.2018.1535750).
CATEGORIES = {
    "1": (
        *("CD9", "CD63", "CD81", "CD82", "CD47", "ITGB1", "ITGA6", "ITGA2B", "CD41", "CD41A"),
        *("TFRC", "CD71", "LAMP1", "LAMP2", "SDC1", "SDC4", "BSG", "CD147", "ADAM10", "NT5E"),
        *("CD73", "CD55", "CD59", "SHH", "TSPAN8", "CD37", "CD53", "PECAM1", "CD31", "ERBB2"),
        *("HER2", "EPCAM", "THY1", "CD90", "PTPRC", "CD45", "GP9", "CD42A", "GYPA", "CD235A"),
        *("CD14", "HLADR", "HLADRA", "HLAA", "HLAB", "HLAC", "CD3", "CD3E", "APP"),
    ),
    "2": (
        *("TSG101", "CHMP4B", "CHMP2A", "ALIX", "PDCD6IP", "VPS4A", "VPS4B", "ARRDC1", "FLOT1"),
        *("FLOTILLIN1", "FLOT2", "FLOTILLIN2", "CAV1", "CAVEOLIN1", "EHD1", "EHD4", "RHOA"),
        *("ANXA2", "ANXA5", "ANXA11", "ANNEXINA2", "ANNEXINA5", "HSPA8", "HSC70", "HSP90AB1"),
        *("HSP90", "ARF6", "SDCBP", "SYNTENIN", "SYNTENIN1", "MAPT", "TAU", "HSPA1A", "HSP70"),
    ),
    "3": (
        *("APOA1", "APOA2", "APOB", "APOB48", "APOB100", "APOE", "ALB", "ALBUMIN", "UMOD", "THP"),
        *("TAMMHORSFALL", "IGG", "IGHG1", "RPS6", "RPL7", "AGO2"),
    ),
    "4": (
        *("CANX", "CALNEXIN", "CALR", "CALRETICULIN", "GM130", "GOLGA2", "GRP94", "HSP90B1"),
        *(
            "HSPA5",
            "BIP",
            "GRP78",
            "VDAC1",
            "CYC1",
            "CYCS",
            "CYTOCHROMEC",
            "TOMM20",
            "H3C1",
            "H4C1",
        ),
        *("HISTONEH3", "HISTONEH4", "LMNA", "LAMINA", "ATG9A", "ACTN1", "ACTN4", "KRT18"),
    ),
}
_CATEGORY = {name: category for category, names in CATEGORIES.items() for name in names}
_DETECTED = ("yes", "y", "true", "t", "+", "++", "+++", "pos", "positive", "detected", "present")
_ABSENT = ("no", "n", "false", "f", "-", "−", "neg", "negative", "nd", "not detected", "absent")
# Proteins of vesicles that show vesicles, one of category 1 and one of category 2 among them.
FEWEST = 3


def category(column: str) -> str | None:
    """Return the category of the marker that a column is for, None for any other column.

    Parameters
    ----------
    column
        Of a sheet: ``marker_`` and the protein, in any spelling of case, blanks and hyphens.
    """
    name = column.strip().lower()
    if not name.startswith(PREFIX):
        return None
    return _CATEGORY.get(re.sub(r"[^a-z0-9]", "", name[len(PREFIX) :]).upper())


def entered(sheet: pd.DataFrame) -> pd.DataFrame:
    """Return what a sheet says of markers.

    Parameters
    ----------
    sheet
        ``sample`` and any columns; those called ``marker_…`` hold yes or no, + or -, or a signal,
        which is detected above 0.

    Returns
    -------
    pandas.DataFrame
        By sample, a column for each category: ``assessed_1 … assessed_4`` and ``detected_1 …
        detected_4``, how many markers of it were looked for and how many were found.
    """
    table = pd.DataFrame(0, index=sheet["sample"], columns=_columns())
    for column in sheet.columns:
        of = category(str(column))
        if of is None:
            continue
        found = sheet[column].map(_found).to_numpy(float)
        table[f"assessed_{of}"] += (~np.isnan(found)).astype(int)
        table[f"detected_{of}"] += (found == 1).astype(int)
    return table


def marker_faults(sheet: pd.DataFrame) -> list[str]:
    """Return what says neither yes nor no of a marker that is known, a line for each column.

    Parameters
    ----------
    sheet
        As in `entered`. A missing value says nothing, and is none of these.
    """
    faults = []
    for column in sheet.columns:
        if category(str(column)) is None:
            continue
        cells = sheet[column]
        unread = cells.notna() & cells.map(_found).isna()
        if unread.any():
            first = sheet.loc[unread].iloc[0]
            more = int(unread.sum()) - 1
            faults.append(
                f"sample {first['sample']!r}: column {column}: {first[column]!r} must be yes or "
                "no, + or -, or a signal" + (f" (and {more:,} more)" if more else "")
            )
    return faults


def _columns() -> list[str]:
    return [f"{what}_{of}" for what in ("assessed", "detected") for of in CATEGORIES]


def _found(cell: object) -> float:
    if isinstance(cell, (bool, np.bool_)):
        return float(cell)
    if isinstance(cell, (int, float, np.number)):
        return np.nan if np.isnan(cell) else float(cell > 0)
    text = str(cell).strip().lower()
    if text in _DETECTED or text in _ABSENT:
        return float(text in _DETECTED)
    try:
        return float(float(text) > 0)
    except ValueError:
        return np.nan
