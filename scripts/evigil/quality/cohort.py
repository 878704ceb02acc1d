"""All layers of a cohort in one file, with the sheet and the gates, for scanpy and muon."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from evigil.tables import whole

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def cohort(
    layers: Mapping[str, "AnnData"], sheet: pd.DataFrame, quality_samples: pd.DataFrame
) -> "MuData":
    """Put the layers together.

    Parameters
    ----------
    layers
        By name, at least one, as ``results/<layer>`` holds them.
    sheet
        `Study.samples`.
    quality_samples
        ``quality/samples.tsv``.

    Returns
    -------
    mudata.MuData
        A modality for each layer, its ``obs`` with ``gate`` and ``reasons`` of the layer, its
        ``var`` with ``feature``: a name that several layers have is written ``layer:name`` there.
        In ``obs`` of the cohort the sheet, and ``gate_<layer>``, ``reasons_<layer>`` of each layer
        and of the specimen. Samples that no layer has are not in it.
    """
    import mudata

    names = Counter(str(feature) for data in layers.values() for feature in data.var_names)
    parts = {}
    for name, data in sorted(layers.items()):
        part = data.copy()
        features = part.var_names.astype(str)
        part.var["feature"] = features
        part.var_names = [f"{name}:{f}" if names[f] > 1 else f for f in features]
        part.obs = _stored(part.obs.join(_gates(quality_samples, name)))
        part.var = _stored(part.var)
        parts[name] = part
    with mudata.set_options(pull_on_update=False):
        joined = mudata.MuData(parts)
        obs = sheet.set_index("sample").rename_axis(None)
        for name in ("specimen", *parts):
            obs = obs.join(_gates(quality_samples, name).add_suffix(f"_{name}"))
        joined.obs = _stored(obs.reindex(joined.obs_names))
    return joined


def write_cohort(joined: "MuData", path: str | Path) -> None:
    """Write ``cohort.h5mu``, byte-identical over runs."""
    import mudata

    with whole(path) as part, mudata.set_options(pull_on_update=False):
        mudata.write_h5mu(part, joined, compression="gzip")


def _gates(quality_samples: pd.DataFrame, layer: str) -> pd.DataFrame:
    own = quality_samples[quality_samples["layer"] == layer].set_index("sample")
    return own[["gate", "reasons"]].rename_axis(None)


def _stored(table: pd.DataFrame) -> pd.DataFrame:
    """Write text as sorted categories, which may be missing, even all of them."""
    return table.apply(_column)


def _column(column: pd.Series) -> pd.Series:
    if is_numeric_dtype(column) or is_bool_dtype(column):
        return column
    text = column.astype(object).map(str, "ignore")
    levels = sorted(text.dropna().unique())
    return pd.Series(pd.Categorical(text, np.array(levels, dtype=object)), column.index)
