"""FASTQ files as blocks of bytes: plain or gzip (also of several members, and BGZF), any line ends.

What only a full read can show is a `UserError` in one line; `peek_fastq` says what opening shows.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO, NoReturn, Self, cast

import numpy as np
from isal import igzip
from isal.igzip_lib import IsalError

from evigil.errors import UserError
from evigil.reads.fates import BAD_LETTER, MORE, NO_HEADER, NO_PLUS, UNEQUAL, WRONG_QUALITY

GZIP = b"\x1f\x8b"
PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
PEEK = 1 << 16
#: The first bytes of a block of BGZF: a gzip member that holds its length as an extra field.
BLOCK = re.compile(rb"\x1f\x8b\x08\x04.{6}\x06\x00BC\x02\x00(..)", re.DOTALL)
#: The empty block that ends a BGZF file (SAM specification, 4.1.2).
LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
#: Line ends that are put behind a file: it may lack its last one, and that of an empty last line.
ADDED = 2
DAMAGED = (EOFError, OSError, cast(type[Exception], IsalError))

CUT_OFF = "the gzip file is cut off; copy or download it again"
FAULTS = {
    MORE: "is cut off",
    NO_HEADER: "does not start with @",
    NO_PLUS: "has a third line that does not start with +",
    UNEQUAL: "has a sequence and qualities of different lengths",
    WRONG_QUALITY: "has a quality that is no printable character",
}


def letter_table() -> np.ndarray:
    """Code every byte of a sequence line: A0 C1 G2 T3, other nucleotide codes 4, not one 15."""
    table = np.full(256, 15, np.uint8)
    for code, letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu", b"NnRrYyKkMmSsWwBbDdHhVv.")):
        table[list(letters)] = code
    return table


def open_fastq(path: str) -> BinaryIO:
    """Open a FASTQ for reading its bytes, decompressed if its first bytes say that it must be.

    Raises
    ------
    UserError
        If it cannot be opened, is empty, or is packed in another way.
    """
    try:
        file = open(path, "rb")
        magic = file.read(6)
        file.seek(0)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise UserError(
            f"{path}: {'no such file' if missing else str(error.strerror).lower()}"
        ) from None
    fault = _format_fault(path, magic)
    if fault:
        file.close()
        raise UserError(f"{path}: {fault}")
    if not magic.startswith(GZIP):
        return file
    cut_off = _lacks_blocks(file)
    file.close()
    if cut_off:
        raise UserError(f"{path}: {CUT_OFF}")
    return cast(BinaryIO, igzip.open(path, "rb"))


def _lacks_blocks(file: BinaryIO) -> bool:
    """Whether a BGZF file was cut off between two blocks, which no gzip reader sees.

    All blocks but the last hold the same number of bytes, and an empty one ends the file.
    bcl2fastq2 leaves that out (https://github.com/statgen/fastQValidator/issues/5): without it a
    file is whole if its last block holds another number of bytes than the first.
    """
    first = BLOCK.match(file.read(18))
    if first is None or _ends_with_block(file):
        return False
    size = file.seek(0, os.SEEK_END)
    behind_first = int.from_bytes(first[1], "little") + 1
    if size <= behind_first:
        return False
    held = []
    for behind in (behind_first, size):
        file.seek(behind - 4)
        held.append(file.read(4))
    return held[0] == held[1]


def _ends_with_block(file: BinaryIO) -> bool:
    file.seek(max(0, file.seek(0, os.SEEK_END) - len(LAST_BLOCK)))
    return file.read() == LAST_BLOCK


def lacks_end(path: str) -> bool:
    """Whether a file that can be opened is BGZF without the empty block at its end."""
    with open(path, "rb") as file:
        return BLOCK.match(file.read(18)) is not None and not _ends_with_block(file)


def _format_fault(path: str, magic: bytes) -> str:
    if not magic:
        return "is empty"
    if magic.startswith(GZIP):
        return ""
    kind = next((name for start, name in PACKED.items() if magic.startswith(start)), "")
    if kind:
        return f"is {kind}, not gzip; unpack it, or pack it with gzip"
    if Path(path).suffix == ".gz":
        return "is not a gzip file, though its name ends in .gz"
    return ""


def peek_fastq(path: str) -> str | None:
    """Say in one line what opening a FASTQ shows to be wrong with it, or None.

    Missing, a folder, empty, packed but not with gzip, not a gzip though named so, cut off in the
    header, or a first record that is none.
    """
    if Path(path).is_dir():
        return f"{path}: is a folder"
    try:
        with open_fastq(path) as file:
            head = file.read(PEEK)
    except UserError as error:
        return str(error)
    except DAMAGED as error:
        return f"{path}: {damage(error)}"
    lines = head.lstrip(b"\r\n").split(b"\n", 4)
    if 1 < len(lines) < 5 and not lines[-1]:
        del lines[-1]
    if not lines[0]:
        return f"{path}: is empty" if len(head) < PEEK else f"{path}: starts with blank lines"
    if lines[0].startswith(b">"):
        return f"{path}: is FASTA, not FASTQ"
    if len(lines) < 4 and len(head) == PEEK:
        return None  # a record longer than what was looked at
    fault = _record_fault([line.removesuffix(b"\r") for line in lines])
    return f"{path}: read 1 {fault}" if fault else None


def _record_fault(lines: list[bytes]) -> str:
    table = letter_table()
    if not lines[0].startswith(b"@"):
        return FAULTS[NO_HEADER]
    if len(lines) > 1:
        codes = table[np.frombuffer(lines[1], np.uint8)]
        if (codes > 4).any():
            return _words(BAD_LETTER, lines[1])
    if len(lines) > 2 and not lines[2].startswith(b"+"):
        return FAULTS[NO_PLUS]
    if len(lines) < 4 and not (len(lines) == 3 and not lines[1]):
        return FAULTS[MORE]
    if len(lines) > 3 and len(lines[1]) != len(lines[3]):
        return FAULTS[UNEQUAL]
    return ""


def damage(error: Exception) -> str:
    """Say what a failed decompression means."""
    if isinstance(error, EOFError):
        return CUT_OFF
    return f"the gzip file is damaged ({error}); copy or download it again"


class Blocks:
    """One or several FASTQ files after another, as a buffer that is refilled.

    Attributes
    ----------
    buffer
        uint8; what is to be parsed is ``buffer[start:stop]``.
    path
        The file that it comes from.
    """

    def __init__(self, path: str, size: int):
        self.path = path
        self.buffer = np.empty(size, np.uint8)
        self.start = self.stop = 0
        self.ended = False
        self._file = open_fastq(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def refill(self) -> None:
        """Move what is left to the front and read on; a record that fills the buffer doubles it.

        Raises
        ------
        UserError
            If the file is cut off or damaged.
        """
        left = self.stop - self.start
        if left == len(self.buffer):
            self.buffer = np.concatenate([self.buffer, np.empty_like(self.buffer)])
        self.buffer[:left] = self.buffer[self.start : self.stop].copy()
        self.start, self.stop = 0, left
        try:
            read = self._file.readinto(self.buffer.data[left:])  # type: ignore[attr-defined]
        except DAMAGED as error:
            raise UserError(f"{self.path}: {damage(error)}") from None
        if read == 0:
            self.ended = True
            self.buffer = np.concatenate([self.buffer[:left], np.full(ADDED, 10, np.uint8)])
            read = ADDED
        self.stop += read

    @property
    def blank(self) -> bool:
        """Whether nothing but line ends is left in the buffer."""
        rest = self.buffer[self.start : self.stop]
        return bool(np.isin(rest, (10, 13)).all())


def refuse(blocks: Blocks, number: int, status: int) -> NoReturn:
    """Say what is wrong with the record that the buffer of a file starts with.

    Parameters
    ----------
    number
        Of the record, from 1.
    status
        Of the kernel that stopped at it.

    Raises
    ------
    UserError
        Always: a gzip file that is damaged, which shows at its end, or the record.
    """
    rest = bytes(blocks.buffer[blocks.start : blocks.stop]).lstrip(b"\r\n")
    if blocks.ended:
        ends = rest.count(b"\n") - ADDED
        cut_off = (status == NO_PLUS and ends < 3) or (status == UNEQUAL and ends < 4)
        status = MORE if cut_off else status
    line = rest.split(b"\n", 2)[1] if status == BAD_LETTER else b""
    while not blocks.ended:
        blocks.start = blocks.stop
        blocks.refill()
    raise UserError(f"{blocks.path}: read {number} {_words(status, line)}")


def _words(status: int, line: bytes = b"") -> str:
    if status != BAD_LETTER:
        return FAULTS[status]
    codes = letter_table()[np.frombuffer(line, np.uint8)]
    letter = chr(line[int(np.argmax(codes > 4))])
    return f"has {letter!r} in its sequence; A, C, G, T and N are allowed"
