"""Names of points in a picture, placed so that none lies on another."""

import pandas as pd

# a character and a line as shares of the axes: sizes of the house's volcano
CHARACTER = 0.0115
LINE = 0.036
GAP = 0.012
# characters of a name beside a heat map or above a panel
ROOM = 28


def short(name: str) -> str:
    """Cut a name that has no room."""
    return name if len(name) <= ROOM else name[: ROOM - 1] + "…"


def placed(points: pd.DataFrame, x: str, y: str, number: int, every: pd.DataFrame) -> pd.DataFrame:
    """Choose names for the first points that have room.

    Parameters
    ----------
    points
        ``feature`` and the columns `x` and `y`, the most important first.
    number
        How many points are named at most.
    every
        All points of the picture, which set the axes.

    Returns
    -------
    pandas.DataFrame
        ``feature, x, y, ha, end``: where each name starts (``ha`` left) or ends (``ha`` right),
        and how far it reaches.
    """
    width = (every[x].max() - every[x].min()) * 1.36 or 1.0
    height = (every[y].max() - every[y].min()) * 1.1 or 1.0
    boxes: list[tuple[float, ...]] = []
    rows: list[tuple[str, float, float, str, float]] = []
    first = points.head(3 * number)
    for name, across, up in zip(first["feature"], first[x], first[y], strict=True):
        side = 1 if across >= 0 else -1
        start = across + side * GAP * width
        end = start + side * CHARACTER * len(name) * width
        box = (min(start, end), max(start, end), up, up + LINE * height)
        if len(rows) < number and not any(_overlap(box, other) for other in boxes):
            boxes.append(box)
            rows.append((name, start, up, "left" if side > 0 else "right", end))
    return pd.DataFrame(rows, columns=["feature", "x", "y", "ha", "end"])


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    across = one[0] < other[1] and other[0] < one[1]
    return across and one[2] < other[3] and other[2] < one[3]
