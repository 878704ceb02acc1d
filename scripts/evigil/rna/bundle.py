"""A reference in memory: sequences, matures, features and seeds, and the file that holds them."""

import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError
from evigil.rna.classes import CLASSES, FATES
from evigil.rna.sequences import decode
from evigil.tables import whole

#: Columns of each table and whether a column is text.
TABLES: dict[str, dict[str, type]] = {
    "references": {
        "name": str,
        "biotype": str,
        "accession": str,
        "members": str,
        "length": np.int32,
        "lead": np.int32,
        "tail": np.int32,
        "feature": np.int32,
    },
    "matures": {
        "name": str,
        "accession": str,
        "reference": np.int32,
        "start": np.int32,
        "end": np.int32,
        "feature": np.int32,
    },
    "features": {"name": str, "biotype": str, "sequence": str, "members": str},
    "clades": {"clade": str, "family": str, "name": str, "sequence": str},
}
HAIRPIN = "miRNA_hairpin"
#: Words of these lengths are indexed; a body of 2 k nucleotides is searched by two of k.
SHORTEST, LONGEST = 8, 10


@dataclass(frozen=True)
class Bundle:
    """Everything that reads are assigned against.

    Attributes
    ----------
    references
        One row per sequence, miRNA hairpins first: ``name, biotype`` (its class), ``accession``,
        ``members`` (names that share the sequence, ``;``), ``length``, ``lead`` and ``tail``
        (nucleotides of the sequence that processing adds and the gene lacks: G−1 of tRNA-His,
        CCA), ``feature`` (row of `features`; of a hairpin: for reads away from its matures).
    matures
        One row per place of a mature miRNA, sorted by ``reference, start, name``: ``name,
        accession, reference`` (row of the hairpin), ``start, end`` (0-based, half open),
        ``feature``.
    features
        What is counted: ``name, biotype, sequence, members``; matures of one sequence are one.
    clades
        Matures of clade-specific families: ``clade, family, name, sequence``.
    codes
        All references end to end, a separator before, between and after, shape (n,).
    starts
        Where each reference begins in `codes`.
    seeds
        For each word length `(first, positions)` of `evigil.rna.seeds.index_words`.
    classes
        Biotypes in the order in which they claim a read that fits several equally well.
    key
        sha256 of everything that the bundle was made from.
    """

    references: pd.DataFrame
    matures: pd.DataFrame
    features: pd.DataFrame
    clades: pd.DataFrame
    codes: NDArray[np.uint8]
    starts: NDArray[np.int64]
    seeds: dict[int, tuple[NDArray[np.int32], NDArray[np.int32]]]
    classes: list[str]
    key: str

    fates = FATES

    @cached_property
    def reference_of(self) -> NDArray[np.int32]:
        """Return the reference at each position of `codes`; a separator belongs to the one before.

        The first separator belongs to reference 0.
        """
        bounds = np.append(self.starts[1:], len(self.codes))
        spans = np.diff(np.concatenate(([0], bounds)))
        return np.repeat(np.arange(len(self.starts), dtype=np.int32), spans)

    @cached_property
    def fate_of(self) -> NDArray[np.int16]:
        """Return the row of `fates` that each reference's reads go to."""
        column = {c: i for i, c in enumerate(CLASSES)}
        other = column["other"]
        return np.array([column.get(c, other) for c in self.references["biotype"]], dtype=np.int16)

    @cached_property
    def feature_fates(self) -> NDArray[np.int16]:
        """Return the row of `fates` that each feature's reads go to."""
        fates = np.full(len(self.features), FATES.index("miRNA"), dtype=np.int16)
        fates[self.references["feature"]] = self.fate_of
        return fates

    @cached_property
    def priority(self) -> NDArray[np.int32]:
        """Return the place of each reference's class in `classes`."""
        rank = {c: i for i, c in enumerate(self.classes)}
        return np.array([rank[c] for c in self.references["biotype"]], dtype=np.int32)

    @cached_property
    def mature_rows(self) -> NDArray[np.int32]:
        """Return where the matures of each reference begin in `matures`, shape (n + 1,)."""
        rows = np.searchsorted(self.matures["reference"], np.arange(len(self.references) + 1))
        return rows.astype(np.int32)

    def sequence(self, reference: int) -> str:
        """Return the letters of a reference."""
        start = self.starts[reference]
        end = start + int(self.references["length"].iloc[reference])
        return decode(self.codes[start:end], np.array([0, end - start]))[0]

    def write(self, path: str | Path) -> None:
        """Write the bundle into one uncompressed ``.npz``; the same bundle gives the same bytes."""
        arrays = {"codes": self.codes, "starts": self.starts}
        for length, (first, positions) in self.seeds.items():
            arrays |= {f"first_{length}": first, f"positions_{length}": positions}
        for table, columns in TABLES.items():
            for column, kind in columns.items():
                values = getattr(self, table)[column]
                arrays[f"{table}.{column}"] = (
                    _text("\n".join(values)) if kind is str else values.to_numpy(kind)
                )
        arrays["about"] = _text(json.dumps({"key": self.key, "classes": self.classes}))
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]
        with whole(path) as part:
            part.write_bytes(content.getvalue())

    @classmethod
    def read(cls, path: str | Path) -> "Bundle":
        """Read what `write` wrote.

        Raises
        ------
        UserError
            If the file is cut off or damaged.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(stored["about"].tobytes())
                return cls(
                    references=_table(stored, "references"),
                    matures=_table(stored, "matures"),
                    features=_table(stored, "features"),
                    clades=_table(stored, "clades"),
                    codes=stored["codes"],
                    starts=stored["starts"],
                    seeds={
                        k: (stored[f"first_{k}"], stored[f"positions_{k}"])
                        for k in range(SHORTEST, LONGEST + 1)
                    },
                    classes=about["classes"],
                    key=about["key"],
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"{path}: is damaged ({error}); delete it and run again") from None


def typed(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table of the bundle its columns, in their order and types."""
    kinds = {column: object if kind is str else kind for column, kind in TABLES[table].items()}
    return frame[list(kinds)].astype(kinds).reset_index(drop=True)


def _text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _table(stored: np.lib.npyio.NpzFile, table: str) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for column, kind in TABLES[table].items():
        values = stored[f"{table}.{column}"]
        lines = values.tobytes().decode().split("\n") if kind is str else values
        columns[column] = lines if len(values) or kind is not str else []
    return typed(table, pd.DataFrame(columns))
