"""A result that was damaged or changed since it was written is refused, not used.

Most results carry no checksum of their own: a table that lost its last rows, or a digit of it, is
still a table. The sha256 of every result is therefore kept as it is written, in `.evigil/` of the
working directory, beside Snakemake's own `.snakemake/`, and looked at when the result is read.
A node that has no record (an empty one, to which results were copied) reads without.
"""

import hashlib
from pathlib import Path

from evigil.errors import UserError

RECORDS = Path(".evigil") / "sha256"
RESULTS = "results"


def remember(path: str | Path, content: Path) -> None:
    """Keep the sha256 of `content`, which is about to become the result `path`."""
    record = _record(path)
    if record is not None:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(_sha256(content), encoding="ascii")


def require_intact(path: str | Path) -> None:
    """Refuse a result that is not what was written.

    Raises
    ------
    UserError
        If its sha256 differs from the one that was kept of it.
    """
    record = _record(path)
    if record is None or not record.is_file():
        return
    if _sha256(Path(path)) != record.read_text(encoding="ascii"):
        raise UserError(
            f"{path}: is damaged, or was changed since it was written; delete it and run again"
        )


def is_result(path: str | Path) -> bool:
    """Tell whether a path is a result of the run whose working directory this is."""
    place = Path(path)
    return place.parts[:1] == (RESULTS,) and ".." not in place.parts


def _record(path: str | Path) -> Path | None:
    """Return where the checksum of a result is kept; of other files there is none."""
    place = Path(path)
    return RECORDS / place if is_result(place) else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
