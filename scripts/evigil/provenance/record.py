"""What a run was made from: checksums of the inputs and versions of the software."""

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from evigil.version import __version__

#: The packages whose version can change a number in a result.
PACKAGES = (
    "anndata",
    "numpy",
    "pandas",
    "plotnine",
    "scikit-learn",
    "scipy",
    "skops",
    "snakemake",
    "statsmodels",
)


def checksums(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Return ``path, bytes, sha256`` of each file, sorted by path."""
    rows = []
    for path in sorted({str(p) for p in paths}):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows.append((path, Path(path).stat().st_size, digest))
    return pd.DataFrame(rows, columns=["path", "bytes", "sha256"])


def versions() -> pd.DataFrame:
    """Return ``software, version`` of Python, the platform and the packages that compute."""
    rows = [
        ("evigil", __version__),
        ("python", platform.python_version()),
        ("platform", platform.platform()),
    ]
    rows += [(name, version(name)) for name in PACKAGES]
    return pd.DataFrame(rows, columns=["software", "version"])
