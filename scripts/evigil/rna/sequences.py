"""Sequences as numbers: the codes that reads and references share, and FASTA files."""

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evigil.errors import UserError

#: A C G T are 0 to 3; what is none of them never equals a base of a read.
OTHER = 4
SEPARATOR = 5

_CODES = np.full(256, OTHER, dtype=np.uint8)
for _base, _code in zip(b"ACGTU", (0, 1, 2, 3, 3), strict=True):
    _CODES[_base] = _CODES[_base + 32] = _code
_LETTERS = np.frombuffer(b"ACGTN-", dtype=np.uint8)
_NUCLEOTIDES = frozenset("ACGTUNRYSWKMBDHVXacgtunryswkmbdhvx*-.")


def encode(sequences: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Turn sequences into codes, all end to end.

    Parameters
    ----------
    sequences
        Letters A, C, G, T or U in either case; anything else becomes `OTHER`.

    Returns
    -------
    bases
        Codes 0 to 4, shape (total length,).
    offsets
        Where each sequence begins, shape (n + 1,); the last entry is the total length.
    """
    text = np.frombuffer("".join(sequences).encode("latin-1", "replace"), dtype=np.uint8)
    lengths = np.fromiter((len(s) for s in sequences), dtype=np.int64, count=len(sequences))
    return _CODES[text], np.concatenate(([0], np.cumsum(lengths)))


def decode(bases: NDArray[np.uint8], offsets: NDArray[np.int64]) -> list[str]:
    """Turn codes back into letters; the inverse of `encode`."""
    text = _LETTERS[bases].tobytes().decode()
    bounds = offsets.tolist()
    return [text[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def take(
    bases: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Take some sequences, in the order of `rows`.

    Returns
    -------
    bases, offsets
        As in `encode`, of these sequences alone.
    """
    lengths = (offsets[1:] - offsets[:-1])[rows]
    new = np.concatenate(([0], np.cumsum(lengths)))
    index = np.arange(new[-1]) + np.repeat(offsets[rows] - new[:-1], lengths)
    return bases[index], new


def read_fasta(path: str | Path) -> list[tuple[str, str, str]]:
    """Read a FASTA file, plain or ``.gz``.

    Returns
    -------
    list of (name, rest of the header, sequence)
        Sequences upper case with T for U, in the file's order.

    Raises
    ------
    UserError
        One line with file, row and value: no record, a name given twice, a record without a
        sequence, letters that are no nucleotide, text before the first header, a damaged file.
    """
    name, rest, parts = "", "", [""]
    records: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    for row, line in enumerate(_lines(path), start=1):
        if line.startswith(">"):
            if seen:
                records.append(_record(path, name, rest, parts))
            name, rest = [*line[1:].split(None, 1), "", ""][:2]
            if not name or name in seen:
                fault = f"the name {name!r} is given twice" if name else "a header without a name"
                raise UserError(f"{path}: line {row}: {fault}")
            seen.add(name)
            parts = []
        elif line:
            if not seen:
                raise UserError(f"{path}: line {row}: not FASTA, a header begins with '>'")
            if not _NUCLEOTIDES.issuperset(line):
                raise UserError(f"{path}: line {row}: not a nucleotide sequence, got {line[:30]!r}")
            parts.append(line)
    if not seen:
        raise UserError(f"{path}: holds no FASTA record")
    return [*records, _record(path, name, rest, parts)]


def _record(path: str | Path, name: str, rest: str, parts: list[str]) -> tuple[str, str, str]:
    sequence = "".join(parts).upper().replace("U", "T")
    if not sequence:
        raise UserError(f"{path}: {name!r} has no sequence")
    return name, rest.strip(), sequence


def read_text(path: str | Path) -> str:
    """Read text, plain or gzip by its first bytes.

    Raises
    ------
    UserError
        If the file is missing, cut off, or no UTF-8.
    """
    try:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: is damaged or cut off ({error})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text") from None


def _lines(path: str | Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines()]
