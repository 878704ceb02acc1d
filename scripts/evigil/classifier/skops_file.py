"""A skops file in canonical form: the same object gives the same bytes in every process."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
SCHEMA = "schema.json"


def canonical(data: bytes) -> bytes:
    """Rewrite a skops archive without what depends on the process that made it.

    skops names members and nodes by object ids and dates them; here both are numbered in the
    order of the schema, the date is 1980-01-01 and the JSON is sorted (dictionaries of the object
    need keys of one type).

    Parameters
    ----------
    data
        Bytes of ``skops.io.dumps``.

    Returns
    -------
    bytes
        An archive that ``skops.io`` loads to an equal object.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        members = {name: archive.read(name) for name in archive.namelist() if name != SCHEMA}
    names = _renumber(schema)
    text = json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, SCHEMA, text.encode("ascii"))
        for old, new in names.items():
            _add(archive, new, members[old])
    return out.getvalue()


def _renumber(schema: dict[str, Any]) -> dict[str, str]:
    """Renumber nodes and files in place; return the new name of each member, in order."""
    names: dict[str, str] = {}
    # Every occurrence of an object is written in full, and whether two equal constants are one
    # object is chance: each gets its own number.
    for number, node in enumerate(_nodes(schema), start=1):
        node["__id__"] = number
        if "file" in node:
            file = node["file"]
            node["file"] = names.setdefault(file, f"{len(names) + 1:04d}{file[file.rindex('.') :]}")
    return names


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "__id__" in value:
            yield value
        for key in sorted(value):
            yield from _nodes(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    archive.writestr(info, content)
