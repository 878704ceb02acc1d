"""A step's log: what went wrong reaches both its log file and the terminal."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evigil.errors import UserError


@contextmanager
def step(log: str | Path) -> Iterator[None]:
    """Run one step of the workflow and leave its outcome in `log`.

    A `UserError` becomes its own text, in the log and on stderr, and exit code 1; any other
    failure keeps its traceback in the log and is raised on.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except KeyboardInterrupt:
        path.write_text("interrupted\n", encoding="utf-8")
        sys.exit(130)
    except UserError as error:
        path.write_text(f"{error}\n", encoding="utf-8")
        sys.exit(str(error))
    except Exception:
        path.write_text(traceback.format_exc(), encoding="utf-8")
        raise
    path.write_text("done\n", encoding="utf-8")
