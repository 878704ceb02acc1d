"""What a run was made from: checksums of the inputs and versions of the software."""

import hashlib
import platform
from collections.abc import Mapping
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


def checksums(files: Mapping[str, str | Path]) -> pd.DataFrame:
    """Return ``path, bytes, sha256`` of each file, sorted by path.

    Parameters
    ----------
    files
        Where each file is, by the path that the user gave: of one in object storage, its copy.
    """
    rows = []
    for name, path in sorted(files.items()):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows.append((name, Path(path).stat().st_size, digest))
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
