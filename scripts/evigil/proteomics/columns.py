"""Columns and runs by name, whatever spelling a version of an engine gives them."""

import re
from collections.abc import Iterable, Sequence

from evigil.errors import UserError, hint

#: Endings of acquisition files, which an engine's column of runs may or may not show.
ACQUISITION = re.compile(
    r"(\.(raw|mzml|mzxml|mgf|d|wiff2?|dia|htrms|tdf|gz|zip|tar|lcd|uimf|quant))+$", re.IGNORECASE
)


def plain(name: str) -> str:
    """Spell a column's name as all versions do: R turns ``Raw file`` into ``Raw.file``."""
    return re.sub(r"[^0-9a-z]+", "", name.lower())


class Columns:
    """The columns of one file, found by name.

    Parameters
    ----------
    path
        The file, for what is said of a column that is missing.
    names
        Its columns in their order, as it spells them.
    """

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self.path = path
        self.names = list(names)
        self._spelling: dict[str, str] = {}
        for name in self.names:
            self._spelling.setdefault(plain(name), name)

    def find(self, *names: str) -> str | None:
        """Give the first of `names` that the file has, as it spells it."""
        for name in names:
            if name in self.names:
                return name
            if plain(name) in self._spelling:
                return self._spelling[plain(name)]
        return None

    def need(self, *names: str) -> str:
        """Give the first of `names` that the file has.

        Raises
        ------
        UserError
            If it has none: the nearest of its names is offered.
        """
        found = self.find(*names)
        if found is None:
            near = hint(names[0], [name for name in self.names if name])
            raise UserError(f"{self.path}: no column {' or '.join(map(repr, names))}{near}")
        return found

    def count(self, names: Iterable[str]) -> int:
        """Count how many of `names` the file has."""
        return sum(self.find(name) is not None for name in names)


def run_name(name: str) -> str:
    r"""Give the name of a run without folders and the endings of acquisition files.

    Examples
    --------
    >>> run_name(r"D:\data\plate_1.2.raw")
    'plate_1.2'
    """
    last = re.split(r"[\\/]", name.strip().rstrip("\\/"))[-1]
    return ACQUISITION.sub("", last) or last


def one_column_each(path: str, runs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give the column of each run.

    Parameters
    ----------
    path
        The file.
    runs
        Each run with its column.

    Raises
    ------
    UserError
        If two columns are of one run.
    """
    columns: dict[str, str] = {}
    for run, column in runs:
        if run in columns:
            raise UserError(
                f"{path}: run {run!r} has two columns ({columns[run]!r} and {column!r})"
            )
        columns[run] = column
    return columns
