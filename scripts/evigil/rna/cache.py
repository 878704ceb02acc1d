"""Indexes of references, kept by what they were made from: each reference is indexed once."""

import csv
import hashlib
import json
import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

from evigil.rna.paths import MANIFEST

#: Folder of the indexes, and how many of them stay: those that were used last.
FOLDER, KEPT = "EVIGIL_CACHE_DIR", 16


def write_index(
    path: str | Path,
    folder: str | Path,
    fasta: dict[str, str] | None = None,
    spike_ins: str | Path | None = None,
    class_order: list[str] | None = None,
    code: str = "",
) -> None:
    """Write the index of a reference, from the cache if it has been made before.

    The cache is the folder that ``EVIGIL_CACHE_DIR`` names; without one, or where it cannot be
    written, every index is made anew.

    Parameters
    ----------
    path
        File to write.
    folder, fasta, spike_ins, class_order
        As in `evigil.rna.load.load_reference`.
    code
        Digest of the code that makes an index.

    Raises
    ------
    UserError
        As `evigil.rna.load.load_reference`.
    """
    key = content_key(folder, fasta, spike_ins, class_order, code)
    kept = Path(os.environ[FOLDER], "reference", f"{key}.npz") if os.environ.get(FOLDER) else None
    if kept and key and _sound(kept):
        _copy(kept, Path(path))
        with suppress(OSError):
            os.utime(kept)
        return
    from evigil.rna.load import load_reference

    load_reference(folder, fasta, spike_ins, class_order).write(path)
    if kept and key:
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            _copy(Path(path), kept)
            _prune(kept.parent)


def content_key(
    folder: str | Path,
    fasta: dict[str, str] | None,
    spike_ins: str | Path | None,
    class_order: list[str] | None,
    code: str,
) -> str | None:
    """Hash all that an index is made from; None if something is missing or not as it must be."""
    folder = Path(folder)
    try:
        manifest = (folder / MANIFEST).read_bytes()
        rows = list(csv.DictReader(manifest.decode().splitlines(), delimiter="\t"))
        if any(_sha256(folder / row["file"]) != row["sha256"] for row in rows):
            return None
        said = {
            "code": code,
            "manifest": hashlib.sha256(manifest).hexdigest(),
            "fasta": {name: _sha256(Path(file)) for name, file in (fasta or {}).items()},
            "spike_ins": _sha256(Path(spike_ins)) if spike_ins is not None else None,
            "class_order": class_order,
        }
    except (OSError, KeyError, ValueError, TypeError):
        return None
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sound(path: Path) -> bool:
    """Say whether an index is there and its members have their checksums."""
    try:
        with zipfile.ZipFile(path) as members:
            return members.testzip() is None
    except (OSError, EOFError, zipfile.BadZipFile):
        return False


def _copy(source: Path, target: Path) -> None:
    """Copy whole or not at all, also when others copy to the same name."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    found = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found[KEPT:]:
        file.unlink(missing_ok=True)
