"""What a search of raw runs needs on top of a run, and the line for who lacks it."""

from importlib.util import find_spec

PACKAGES = ("sagepy", "pyopenms")


def lacking(wanted: tuple[str, ...] = PACKAGES) -> str:
    """Say which packages are missing and which command installs them; empty where none is."""
    missing = [name for name in wanted if find_spec(name) is None]
    if not missing:
        return ""
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"mzml needs {' and '.join(missing)}, which {verb} not installed: `make raw` installs what "
        "a search needs"
    )
