"""The contrasts of the differential analysis, as the overview shows them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evigil.tables import read_json, read_table

TOP = 10
SIDE_TABLES = {
    "every feature": ".tsv",
    "detected or not": ".detection.tsv",
    "other ways of looking": ".sensitivity.tsv",
    "gene sets": ".enrichment.tsv",
}


@dataclass(frozen=True)
class ContrastLayer:
    """One contrast in one layer.

    Attributes
    ----------
    question
        What was compared, in words.
    facts
        The layer's part of ``design.json``.
    confounding
        The audit's verdict, or why there is none.
    top
        The first rows of the table.
    picture
        Volcano, or the features found where there is no fold change, as a data URL.
    files
        What a link says, and where it leads from ``reports/``.
    """

    name: str
    layer: str
    question: str
    facts: Mapping[str, Any]
    confounding: Mapping[str, Any]
    top: list[dict[Any, Any]]
    picture: str
    files: list[tuple[str, str]]

    @property
    def genes(self) -> Mapping[str, str]:
        """The gene of each feature that has one."""
        found: Mapping[str, str] = self.facts["features"].get("genes", {})
        return found

    @property
    def has_fold_change(self) -> bool:
        """Whether the table has fold changes."""
        return any(pd.notna(row["log2_fold_change"]) for row in self.top)


def read_contrasts(config: Mapping[str, Any], results: str | Path) -> list[ContrastLayer]:
    """Read the contrasts of a run.

    Parameters
    ----------
    config
        The complete configuration.
    results
        Folder of the results.
    """
    block = config["differential"]
    found = []
    for name in block["contrasts"] if block is not None else ():
        folder = Path(results) / "differential" / name
        design = read_json(folder / "design.json")
        for layer, facts in sorted(design["layers"].items()):
            found.append(_layer(folder, name, layer, design, facts))
    return found


def _layer(
    folder: Path, name: str, layer: str, design: Mapping[str, Any], facts: Mapping[str, Any]
) -> ContrastLayer:
    table = read_table(folder / f"{layer}.tsv")
    tested = table[table["p_value"].notna()].head(TOP)
    shown = "features" if design["form"] == "lrt" else "volcano"
    picture = (folder / "figures" / f"{layer}.{shown}.png").read_bytes()
    return ContrastLayer(
        name=name,
        layer=layer,
        question=design["question"],
        facts=facts,
        confounding=design["confounding"],
        top=tested.to_dict("records"),
        picture=f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}",
        files=[
            (said, f"../differential/{name}/{layer}{ending}")
            for said, ending in SIDE_TABLES.items()
            if (folder / f"{layer}{ending}").is_file()
        ],
    )
