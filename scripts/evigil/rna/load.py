"""From a folder of reference files to a `Bundle`."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError
from evigil.rna.bundle import HAIRPIN, LONGEST, SHORTEST, Bundle, typed
from evigil.rna.classes import order_classes
from evigil.rna.paths import MANIFEST
from evigil.rna.seeds import index_words
from evigil.rna.sequences import SEPARATOR, encode, read_fasta
from evigil.rna.spike_ins import read_spike_ins
from evigil.tables import read_table

MANIFEST_COLUMNS = ["file", "name", "class", "accession", "source", "version", "licence", "sha256"]
#: Class in the manifest of the file that lists matures of clade-specific families.
CLADES = "clades"
FORMAT = "1"

Record = dict[str, object]


def load_reference(
    folder: str | Path,
    fasta: dict[str, str] | None = None,
    spike_ins: str | Path | None = None,
    class_order: list[str] | None = None,
) -> Bundle:
    """Read a reference folder, with the further classes and the spike-ins of a study.

    Parameters
    ----------
    folder
        Files and their ``manifest.tsv``: FASTA per class, ``matures.tsv.gz`` (``hairpin, mature,
        accession, start, end``; 1-based, inclusive) and ``clades.tsv.gz``.
    fasta
        Further classes: name and FASTA file; none that the folder has sequences of.
    spike_ins
        Sheet read by `evigil.rna.spike_ins.read_spike_ins`.
    class_order
        Order in which classes claim a read, see `evigil.rna.classes.order_classes`.

    Returns
    -------
    Bundle
        The same for any order of the records in a file.

    Raises
    ------
    UserError
        One line: a file that is missing or differs from the manifest, or a fault in one.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    refuse_taken(fasta or {}, manifest)
    contents = hashlib.sha256(FORMAT.encode())
    records: list[Record] = []
    matures = pd.DataFrame(columns=["hairpin", "mature", "accession", "start", "end"])
    clades = pd.DataFrame(columns=["clade", "family", "name", "sequence"])
    for row in manifest.itertuples():
        contents.update(f"{row[3]}\t{row.sha256}\n".encode())
        path, biotype = folder / str(row.file), str(row[3])
        if biotype == CLADES:
            clades = read_table(path, text=("clade", "family", "name"))
        elif path.name.startswith("matures"):
            matures = read_table(path, text=("hairpin", "mature", "accession"))
        else:
            records += _records(path, biotype)
    for biotype, given in sorted((fasta or {}).items()):
        contents.update(f"{biotype}\t{_sha256(Path(given))}\n".encode())
        records += _records(Path(given), biotype)
    if spike_ins is not None:
        table = read_spike_ins(spike_ins)
        contents.update(f"spike_in\t{_sha256(Path(spike_ins))}\n".encode())
        pairs = zip(table["name"], table["sequence"], strict=True)
        records += [_record(name, "spike_in", sequence, "") for name, sequence in pairs]
    order = order_classes((str(r["biotype"]) for r in records), class_order)
    contents.update("\t".join(order).encode())
    return _assemble(records, matures, clades, order, contents.hexdigest())


def read_manifest(folder: Path) -> pd.DataFrame:
    """Read the manifest of a reference folder and check every file against it.

    Raises
    ------
    UserError
        One line: no manifest, a column that it lacks, a file that is missing or differs.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{folder}: holds no {MANIFEST}; build it with the target reference")
    manifest = read_table(path, text=tuple(MANIFEST_COLUMNS))
    if missing := [c for c in MANIFEST_COLUMNS if c not in manifest.columns]:
        raise UserError(f"{path}: no column {missing[0]!r}")
    for row in manifest.itertuples():
        if not (folder / str(row.file)).is_file():
            raise UserError(f"{folder / str(row.file)}: no such file, though {MANIFEST} lists it")
        if _sha256(folder / str(row.file)) != row.sha256:
            raise UserError(
                f"{folder / str(row.file)}: differs from its sha256 in {MANIFEST};"
                " build the reference again"
            )
    return manifest.sort_values("file", ignore_index=True)


def refuse_taken(fasta: Iterable[str], manifest: pd.DataFrame) -> None:
    """Refuse further classes that a reference has already: two sources of one would be mixed.

    Raises
    ------
    UserError
        One line for each.
    """
    taken = sorted({*fasta}.intersection(manifest["class"]))
    if taken:
        lines = [
            f"config: smallrna.fasta.{name}: the reference has sequences of this class; choose "
            "another name"
            for name in taken
        ]
        raise UserError("\n".join(lines))


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None


def _records(path: Path, biotype: str) -> list[Record]:
    found = []
    for name, rest, sequence in read_fasta(path):
        said = dict(word.split("=", 1) for word in rest.split() if "=" in word)
        record = _record(name, biotype, sequence, said.get("accession", ""))
        if biotype == "tRNA":
            # what the cell adds to the transcript: G before position 1 of tRNA-His, CCA at the end
            lead = "G" if re.search(r"tRNA-His", name) else ""
            record |= {"sequence": f"{lead}{sequence}CCA", "lead": len(lead), "tail": 3}
        found.append(record | ({"members": said["members"]} if "members" in said else {}))
    return found


def _record(name: str, biotype: str, sequence: str, accession: str) -> Record:
    return {
        "name": name,
        "biotype": biotype,
        "accession": accession,
        "members": name,
        "sequence": sequence,
        "lead": 0,
        "tail": 0,
    }


def _assemble(
    records: list[Record],
    matures: pd.DataFrame,
    clades: pd.DataFrame,
    order: list[str],
    key: str,
) -> Bundle:
    references = _unique_references(pd.DataFrame(records), order)
    codes, starts = _concatenate(references["sequence"].tolist())
    matures = _place_matures(matures, references)
    features, of_mature, of_reference = _features(references, matures)
    references["length"] = references.pop("sequence").str.len()
    references["feature"] = of_reference
    matures["feature"] = of_mature
    clades = clades.sort_values(["clade", "family", "name", "sequence"])
    return Bundle(
        references=typed("references", references),
        matures=typed("matures", matures),
        features=typed("features", features),
        clades=typed("clades", clades),
        codes=codes,
        starts=starts,
        seeds={k: index_words(codes, k) for k in range(SHORTEST, LONGEST + 1)},
        classes=order,
        key=key,
    )


def _unique_references(records: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Join what has one sequence in one class; hairpins stay apart, since they have places."""
    records["own"] = records["name"].where(records["biotype"] == "miRNA", "")
    joined = (
        records.sort_values("name")
        .groupby(["biotype", "sequence", "own"], sort=False, as_index=False)
        .agg(
            name=("name", "/".join),
            accession=("accession", lambda a: ";".join(x for x in a if x)),
            members=("members", ";".join),
            lead=("lead", "max"),
            tail=("tail", "max"),
        )
    )
    twice = joined["name"].duplicated(keep=False)
    joined.loc[twice, "name"] += ":" + joined.loc[twice, "biotype"]
    place = {biotype: i for i, biotype in enumerate(order)} | {"miRNA": -1}
    joined["place"] = joined["biotype"].map(place)
    return joined.sort_values(["place", "name"], ignore_index=True).drop(columns=["place", "own"])


def _concatenate(sequences: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    bases, offsets = encode(["N", *(s + "N" for s in sequences)])
    starts = offsets[1:-1].copy()
    bases[offsets[1:] - 1] = SEPARATOR
    return bases, starts


def _place_matures(matures: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    hairpins = references.loc[references["biotype"] == "miRNA", ["name", "sequence"]]
    row = pd.Series(hairpins.index, index=hairpins["name"])
    unknown = matures.loc[~matures["hairpin"].isin(row.index), "hairpin"]
    if len(unknown):
        raise UserError(f"reference: matures of a hairpin that is not there: {unknown.iloc[0]!r}")
    placed = pd.DataFrame(
        {
            "name": matures["mature"].astype(str),
            "accession": matures["accession"].astype(str),
            "reference": matures["hairpin"].map(row).astype(np.int32),
            "start": matures["start"].astype(np.int32) - 1,
            "end": matures["end"].astype(np.int32),
        }
    ).sort_values(["reference", "start", "name"], ignore_index=True)
    whole = hairpins["sequence"].to_numpy()
    places = zip(placed["reference"], placed["start"], placed["end"], strict=True)
    placed["sequence"] = [whole[r][a:b] for r, a, b in places]
    return placed


def _features(
    references: pd.DataFrame, matures: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.int32], NDArray[np.int32]]:
    """Make what is counted, and say which feature each mature and each reference belongs to."""
    names = matures.groupby("sequence")["name"].agg(lambda n: sorted(set(n)))
    first = pd.DataFrame(
        {
            "name": names.map("/".join),
            "biotype": "miRNA",
            "sequence": names.index,
            "members": names.map(";".join),
        }
    ).sort_values("name", ignore_index=True)
    rest = references[["name", "biotype", "sequence", "members"]].copy()
    rest["biotype"] = rest["biotype"].replace("miRNA", HAIRPIN)
    taken = rest["name"].isin(first["name"])
    rest.loc[taken, "name"] += ":" + rest.loc[taken, "biotype"]
    features = pd.concat([first, rest], ignore_index=True)
    of_sequence = pd.Series(first.index, index=first["sequence"])
    of_mature = matures["sequence"].map(of_sequence).to_numpy(np.int32)
    of_reference = np.arange(len(first), len(features), dtype=np.int32)
    return features, of_mature, of_reference


def manifest_row(folder: Path, file: str, **said: str) -> dict[str, str]:
    """Describe a file of a reference folder for its manifest."""
    return {"file": file, **said, "sha256": _sha256(folder / file)}
