"""One table of proteins as the cohort takes it: its quantities, and which run is which sample."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from evigil.proteomics.quantities import LEDGER, Quantities
from evigil.tables import read_annotated, write_annotated

RUN_FACTS = ("kind", "plate", "qc", "note")


class Part(NamedTuple):
    """A table of the sheet, read.

    Attributes
    ----------
    table
        Path of the file, as the sheet has it.
    batch
        Its batch in the sheet, empty if none.
    quantities
        What it holds, of every run.
    samples
        Sample of each run, indexed by run; empty of a run that is none (controls, calibrators).
    """

    table: str
    batch: str
    quantities: Quantities
    samples: pd.Series


def write_part(
    path: str | Path, table: str, batch: str, quantities: Quantities, sample_of: Mapping[str, str]
) -> None:
    """Write what a table holds as an ``.h5ad`` that lives until the cohort has read it.

    Parameters
    ----------
    table, batch
        As in the sheet.
    sample_of
        Sample of each run that is one.
    """
    import anndata

    runs = quantities.values.index
    samples = pd.Series([sample_of.get(run, "") for run in runs], runs, name="sample")
    obs = quantities.runs.reindex(runs)[list(RUN_FACTS)].fillna("").astype(str)
    obs = obs.join(samples).join(quantities.ledger.reindex(runs).astype("int64"))
    layers = {"censored": quantities.censored, "limit": quantities.limit}
    data = anndata.AnnData(
        X=quantities.values.to_numpy(np.float64),
        obs=obs.set_axis(runs.astype(str)),
        var=quantities.features.set_axis(quantities.values.columns.astype(str)),
        layers={name: layer.to_numpy() for name, layer in layers.items() if layer is not None},
        uns={
            "table": table,
            "batch": batch,
            "format": quantities.format,
            "layout": quantities.layout,
            "level": quantities.level,
        },
    )
    write_annotated(data, path, compression="lzf")


def read_part(path: str | Path) -> Part:
    """Read what `write_part` wrote."""
    data = read_annotated(path)
    obs = data.obs.astype(dict.fromkeys([*RUN_FACTS, "sample"], object))
    features = data.var.copy()
    for column in features.select_dtypes("category"):
        features[column] = features[column].astype(object)
    limit, censored = (
        data.to_df(name) if name in data.layers else None for name in ("limit", "censored")
    )
    quantities = Quantities(
        format=str(data.uns["format"]),
        layout=str(data.uns["layout"]),
        level=str(data.uns["level"]),
        values=data.to_df(),
        features=features,
        censored=None if censored is None else censored.astype(bool),
        limit=limit,
        runs=obs[list(RUN_FACTS)],
        ledger=obs[[column for column in LEDGER if column in obs]],
    )
    return Part(str(data.uns["table"]), str(data.uns["batch"]), quantities, obs["sample"])
