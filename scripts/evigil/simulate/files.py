"""Write a simulation to disk: the same bytes every time, and never over anything else."""

import gzip
import hashlib
import io
import json
from pathlib import Path

import pandas as pd

from evigil.errors import UserError
from evigil.tables import whole

MARKER = "truth/simulation.json"
"""sha256 of every file of a simulation: how a later one knows what it may replace."""


def table_bytes(table: pd.DataFrame) -> bytes:
    """Render a TSV; floats in their shortest exact form."""
    return table.to_csv(sep="\t", index=False, lineterminator="\n").encode()


def counts_bytes(counts: pd.DataFrame) -> bytes:
    """Render counts (samples × features) as a gzipped feature × sample TSV without a clock."""
    rows = ["\t".join(["feature", *counts.index])]
    # Three times as fast as pandas, which matters at thousands of samples.
    for feature, values in zip(counts.columns, counts.to_numpy().T.tolist(), strict=True):
        rows.append("\t".join([feature, *map(str, values)]))
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=6, mtime=0) as file:
        file.write(("\n".join(rows) + "\n").encode())
    return buffer.getvalue()


def write_files(files: dict[str, bytes], directory: Path) -> None:
    """Write files below `directory`; one that holds the same bytes already keeps its time.

    Raises
    ------
    UserError
        If `directory` is not a folder, holds something that is no simulation, or holds a
        simulation of which a file was changed by hand.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    known = _refuse_foreign(files, directory)
    # what an earlier simulation left and this one has not; the sequenced samples may be others
    for name in known.keys() - hashes.keys():
        path = directory / name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == known[name]:
            path.unlink()
    marker = json.dumps({"simulation": "evigil", "files": hashes}, indent=1, sort_keys=True) + "\n"
    # The marker goes first: a run that is stopped halfway can be repeated.
    for name, content in {MARKER: marker.encode(), **files}.items():
        path = directory / name
        if not (path.is_file() and path.read_bytes() == content):
            with whole(path) as part:
                part.write_bytes(content)


def _refuse_foreign(files: dict[str, bytes], directory: Path) -> dict[str, str]:
    """Return the hashes of the earlier simulation that `directory` holds, if any."""
    if not directory.exists():
        return {}
    if not directory.is_dir():
        raise UserError(f"{directory}: is a file; name a folder for the simulated cohort")
    marker = directory / MARKER
    if not marker.is_file():
        # A leftover of `whole` is all that a stopped first run can have left.
        found = (p for p in directory.rglob("*") if p.is_file() and p.suffix != ".part")
        if any(found):
            raise UserError(
                f"{directory}: holds something that is not a simulated cohort; "
                "name a new or an empty folder"
            )
        return {}
    known = _known_hashes(marker)
    for name, content in files.items():
        path = directory / name
        if path.is_file():
            held = path.read_bytes()
            if held != content and hashlib.sha256(held).hexdigest() != known.get(name):
                raise UserError(
                    f"{path}: was changed since it was simulated and would be overwritten; "
                    "move it away or name another folder"
                )
    return known


def _known_hashes(marker: Path) -> dict[str, str]:
    try:
        return dict(json.loads(marker.read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{marker}: is not the record of a simulated cohort") from error
