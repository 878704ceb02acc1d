"""Fetching a source file: whole, checked by sha256, or not at all."""

import hashlib
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from evigil.errors import UserError
from evigil.rna.sources import is_url
from evigil.tables import whole

TRIES = 3
PAUSE = 2.0
TIMEOUT = 60.0
BLOCK = 1 << 20


def fetch(url: str, path: Path, sha256: str = "", pause: float = PAUSE) -> str:
    """Fetch a file; it appears at `path` only when all of it came and its sum is right.

    Parameters
    ----------
    url
        ``http`` or ``https``.
    path
        Where it goes.
    sha256
        What it must be; empty accepts what comes.
    pause
        Seconds before the second try, twice as many before the third.

    Returns
    -------
    str
        sha256 of what came.

    Raises
    ------
    UserError
        One line: the server refused, the transfer was cut off `TRIES` times, the sum is wrong.
    """
    if not is_url(url):
        raise UserError(f"{url}: only http and https are fetched")
    with whole(path) as part:
        for attempt in range(1, TRIES + 1):
            try:
                found = _transfer(url, part)
                break
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < 500 or attempt == TRIES:
                    raise UserError(f"{url}: the server says {error.code}") from None
            except (OSError, HTTPException) as error:
                if attempt == TRIES:
                    reason = getattr(error, "reason", None) or error
                    raise UserError(f"{url}: not fetched in {TRIES} tries: {reason}") from None
            time.sleep(pause * attempt)
        check_sum(url, found, sha256)
    return found


def _transfer(url: str, part: Path) -> str:
    digest, received = hashlib.sha256(), 0
    response: HTTPResponse
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response, part.open("wb") as out:
        while block := response.read(BLOCK):
            out.write(block)
            digest.update(block)
            received += len(block)
        expected = response.headers.get("Content-Length")
    if expected is not None and int(expected) != received:
        raise OSError(f"cut off after {received} of {expected} bytes")
    return digest.hexdigest()


def check_sum(name: str, found: str, expected: str) -> None:
    """Refuse a file whose sha256 is not the expected one; an empty expectation accepts any."""
    if expected and found != expected:
        raise UserError(
            f"{name}: sha256 is {found}, expected {expected}: the file changed or is another one"
        )
