"""What the overview shows of the study's quality: blanks, claims about vesicles, pictures."""

import base64
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evigil.reports import sentences
from evigil.tables import read_table

#: Blank-only features that are named; of more, how many.
NAMED = 10
STUDY = "ALL"
ALLOWED = {"allowed": "yes", "partly": "partly", "not_allowed": "no"}
PICTURES = {
    "gates": "gates",
    "variance": "what the variance goes with",
    "control_charts": "batch to batch",
    "pca": "components",
    "umap": "UMAP",
    "identifications": "proteins found",
    "missingness": "what is missing",
    "character": "what the proteins are of",
    "plasma_quality": "blood cells and clotting",
    "intensities": "intensities",
}


@dataclass(frozen=True)
class Claim:
    """What a study may say of its vesicles: a claim, if it may, of how many, and why not."""

    name: str
    allowed: str
    samples: str
    why: str


@dataclass(frozen=True)
class Quality:
    """What else the overview says of quality.

    Attributes
    ----------
    blanks
        A sentence for each layer that blanks were measured in.
    claims
        Of the study, by MISEV2023.
    gates
        The picture of every verdict, as a data URL.
    pictures
        What a link says, and where it leads from ``reports/``.
    """

    blanks: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    gates: str = ""
    pictures: tuple[tuple[str, str], ...] = ()


def read_quality(results: str | Path) -> Quality:
    """Read what the overview shows of ``quality/``.

    Parameters
    ----------
    results
        Folder of the results.
    """
    folder = Path(results) / "quality"
    gates = base64.b64encode((folder / "figures" / "gates.png").read_bytes()).decode("ascii")
    return Quality(
        blanks=blanks_said(read_table(folder / "blanks.tsv")),
        claims=claims_of(read_table(folder / "misev.tsv")),
        gates=f"data:image/png;base64,{gates}",
        pictures=tuple(
            (_named(path.stem), f"../{stage}/figures/{path.name}")
            for stage in ("quality", "proteomics")
            for path in sorted((Path(results) / stage / "figures").glob("*.png"))
        ),
    )


def blanks_said(blanks: pd.DataFrame) -> tuple[str, ...]:
    """Say, for each layer, what its blanks hold and what was left out for it.

    Parameters
    ----------
    blanks
        ``quality/blanks.tsv``.
    """
    said = []
    for layer, rows in blanks.groupby("layer"):
        held = rows[rows["detected"] > 0]
        only = sorted(rows["feature"][rows["blank_only"] == 1])
        n = sentences.count(int(rows["blanks"].max()), "blank holds", "blanks hold")
        features = sentences.count(len(held), "feature", "features")
        name = sentences.LAYERS.get(str(layer), str(layer))
        text = f"{name[:1].upper()}{name[1:]}: {n} {features}"
        if only:
            more = f" and {len(only) - NAMED} more" if len(only) > NAMED else ""
            names = ", ".join(only[:NAMED])
            text += f"; not above the blanks in any sample, and left out: {names}{more}"
        said.append(f"{text}.")
    return tuple(said)


def claims_of(misev: pd.DataFrame) -> tuple[Claim, ...]:
    """Return the claims of the study.

    Parameters
    ----------
    misev
        ``quality/misev.tsv``.
    """
    own = misev[(misev["sample"] == STUDY) & (misev["section"] == "claims")].fillna("")
    return tuple(
        Claim(
            _spaced(row.item).capitalize(), ALLOWED[str(row.status)], str(row.value), str(row.note)
        )
        for row in own.itertuples()
    )


def _named(stem: str) -> str:
    """Name a picture: of the study, or of a layer."""
    *layer, what = stem.rsplit(".", 1)
    said = PICTURES.get(what, _spaced(what))
    return f"{said} of {sentences.LAYERS.get(layer[0], layer[0])}" if layer else said


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")
