"""Protein groups: accessions out of FASTA headers, and marks of decoys and contaminants."""

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

#: What search engines put in front of the accession of a decoy or a contaminant, in any case.
DECOY = re.compile(r"(?:rev|reverse|decoy|xxx)_", re.IGNORECASE)
CONTAMINANT = re.compile(r"(?:(?:con__|cont_|contam_|contaminant_)|crap(?=[-_|\d]))", re.IGNORECASE)

_DATABASE = re.compile(r"(?:sp|tr|gi|ref)\|")
_HEADER = re.compile(r"(?:[\w-]*_)?(?:sp|tr)\|([^|\s]+)(?:\|\S*)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*;\s*|,\s+")


def members(group: str) -> list[str]:
    """Split a protein group into its proteins, in the engine's order."""
    return [name for name in _BETWEEN.split(group.strip()) if name]


def plain_group(group: str) -> str:
    """Write a protein group as accessions joined by ``;``, each once, in the engine's order.

    Examples
    --------
    >>> plain_group("sp|P02790|HEMO_HUMAN, P02768-1")
    'P02790;P02768-1'
    """
    names = (_HEADER.sub(r"\1", name) for name in members(group))
    return ";".join(dict.fromkeys(names))


def _marked(mark: re.Pattern[str], name: str) -> bool:
    return bool(mark.match(name) or mark.match(_DATABASE.sub("", name)))


def decoys(groups: Iterable[str]) -> NDArray[np.bool_]:
    """Tell which protein groups are decoys: those of whose proteins each is marked as one."""
    every = (members(group) for group in groups)
    return np.array([bool(g) and all(_marked(DECOY, name) for name in g) for g in every], bool)


def contaminants(groups: Iterable[str]) -> NDArray[np.bool_]:
    """Tell which protein groups are contaminants: those with a protein that is marked as one.

    The peptides of such a group do not tell the contaminant from the other proteins. Marks stand
    before accessions, so a gene of a similar name (``CRAPPY``, ``REV1``) is none.
    """
    every = (members(group) for group in groups)
    return np.array([any(_contaminant(name) for name in group) for group in every], bool)


def _contaminant(name: str) -> bool:
    return _marked(CONTAMINANT, DECOY.sub("", name, count=1) if _marked(DECOY, name) else name)
