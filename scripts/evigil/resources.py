"""What a job asks a cluster for: more with larger inputs, and more again when it was killed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
#: Counts as text shrink to about a third.
COMPRESSED, RATIO = frozenset({".gz", ".xlsx", ".h5ad", ".parquet"}), 3
#: An engine's table is mostly what a matrix has not: a report has many precursors of a protein.
REPORT = 0.1
#: Measured on 200 and 1,000 samples × 2,000 miRNAs: 15 MB for each MB of text; twice that is asked.
MEMORY_PER_MB = 30
#: Ours, and generous: the slowest step takes seconds for each MB.
MINUTES_PER_MB = 1

Request = Callable[[Any, int], int]


class Needs:
    """Resources of the rules that read a matrix; the others ask for more at each attempt only.

    Parameters
    ----------
    files
        Tables that the study starts from. One that is not on this file system (on a node, or in an
        object storage that is not looked into) counts as empty.
    reports
        Those of them that an engine or a platform wrote, whose matrix is far smaller.
    """

    def __init__(self, files: Iterable[str], reports: Iterable[str] = ()) -> None:
        small = {Path(file) for file in reports}
        self.megabytes = sum(
            path.stat().st_size
            * (RATIO if path.suffix in COMPRESSED else 1)
            * (REPORT if path in small else 1)
            / MEGABYTE
            for path in map(Path, files)
            if path.is_file()
        )

    def memory(self, base: int) -> Request:
        """Return the resource function for `mem_mb`: `base` MB for a small study."""
        return self._request(base, MEMORY_PER_MB)

    def minutes(self, base: int) -> Request:
        """Return the resource function for `runtime`: `base` minutes for a small study."""
        return self._request(base, MINUTES_PER_MB)

    def _request(self, base: int, per_megabyte: int) -> Request:
        first = base + round(per_megabyte * self.megabytes)

        def request(wildcards: Any, attempt: int) -> int:
            return first * attempt

        return request
