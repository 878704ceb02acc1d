"""A step's log: what went wrong reaches both its log file and the terminal."""

import contextlib
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from evigil.errors import UserError, storage_line


@contextmanager
def step(log: str | Path) -> Iterator[None]:
    """Run one step of the workflow and leave its outcome in `log`.

    A `UserError` and an error of the disk become one line, in the log and on stderr, and exit code
    1; any other failure keeps its traceback in the log and is raised on. A step that is told to
    end (a time limit, a job that is cancelled) leaves no temporary file.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    except KeyboardInterrupt:
        _leave("interrupted", path)
        sys.exit(130)
    except UserError as error:
        _leave(str(error), path)
        sys.exit(str(error))
    except OSError as error:
        _leave(storage_line(error), path)
        sys.exit(storage_line(error))
    except _Ended:
        _leave("ended from outside: a time limit, or a job that was cancelled", path)
        raise
    except Exception:
        _leave(traceback.format_exc().rstrip(), path)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    _leave("done", path)


class _Ended(SystemExit):
    """The step was told to end."""


def _end(number: int, frame: object) -> NoReturn:
    raise _Ended(128 + number)


def _leave(text: str, path: Path) -> None:
    # where the disk is full the line still reaches stderr
    with contextlib.suppress(OSError):
        path.write_text(f"{text}\n", encoding="utf-8")
