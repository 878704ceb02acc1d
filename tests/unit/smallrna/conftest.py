from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evigil.rna.bundle import Bundle
from evigil.rna.load import load_reference
from evigil.rna.sequences import encode

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def bundled() -> Bundle:
    """The reference that ships."""
    return load_reference(ROOT / "resources" / "reference")


@pytest.fixture(scope="session")
def digested() -> Callable[[dict[str, int]], SimpleNamespace]:
    """Collapsed reads of given sequences and counts."""

    def make(reads: dict[str, int]) -> SimpleNamespace:
        bases, offsets = encode(sorted(reads))
        molecules = np.array([reads[s] for s in sorted(reads)], dtype=np.int64)
        return SimpleNamespace(bases=bases, offsets=offsets, molecules=molecules)

    return make
