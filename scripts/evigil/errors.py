"""The one error that a user sees, and the hint that goes with it."""

import re
from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something the user can mend; its text is what they see, one line for each fault."""


def hint(name: object, allowed: Iterable[str]) -> str:
    """Name the nearest allowed name: ``" (did you mean 'age'?)"``, or nothing when none is near."""
    spelling = {a.lower(): a for a in allowed}
    near = get_close_matches(str(name).lower(), spelling, n=1, cutoff=0.6)
    return f" (did you mean {spelling[near[0]]!r}?)" if near else ""


def storage_line(error: OSError) -> str:
    """Say in one line what an error of the disk was about: the file that was asked for, and why."""
    place = str(error.filename2 or error.filename or "a file")
    # a file is written beside its place and then moved there: name the place
    place = re.sub(r"(^|/)\.([^/]+)@[^/@]+\.part$", r"\1\2", place)
    return f"{place}: cannot be written or read ({error.strerror or error})"
