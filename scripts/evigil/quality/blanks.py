"""Blanks: what water brings, feature by feature, and what of a sample is no more than that."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.gating import BLANK
from evigil.quality.assay_limits import Layer
from evigil.quality.detection import Z

Floats = NDArray[np.float64]

# With fewer blanks than these a mean and a spread say less than the largest of them (methods §1).
ENOUGH_BLANKS = 5
# Features that a sample's row names, the highest first.
NAMED = 20
FEATURES = (
    *("layer", "feature", "unit", "blanks", "detected", "mean", "maximum", "limit", "rule"),
    *("samples", "at_or_below", "above", "blank_only"),
)
"""Columns of ``quality/blanks.tsv``."""
SAMPLES = ("layer", "sample", "unit", "blanks", "detected", "flagged", "flagged_share", "features")
"""Columns of ``quality/blank_samples.tsv``."""
NUMBERS = ("mean", "maximum", "limit", "flagged_share")
WHOLE = ("blanks", "detected", "samples", "at_or_below", "above", "flagged")


class Blanks(NamedTuple):
    """What blanks hold, and what of each sample is not above it."""

    features: pd.DataFrame
    samples: pd.DataFrame


def blank_samples(samples: pd.DataFrame) -> set[str]:
    """Return the samples of role blank; none in a sheet without roles."""
    if "role" not in samples:
        return set()
    return set(samples.loc[samples["role"] == "blank", "sample"])


def spare_blanks(gates: pd.DataFrame, blanks: set[str]) -> pd.DataFrame:
    """Take the verdicts off the metrics of blanks: water is meant to be poor in everything.

    Parameters
    ----------
    gates
        As `evigil.quality.gates.judge` returns it.
    blanks
        Samples of role blank.
    """
    spared = gates["sample"].isin(blanks) & (gates["verdict"] != "not_supplied")
    told = gates.assign(
        verdict=gates["verdict"].mask(spared, ""), reason=gates["reason"].mask(spared, BLANK)
    )
    return told.assign(limit=told["limit"].mask(spared))


def set_apart(quality_samples: pd.DataFrame, blanks: set[str]) -> pd.DataFrame:
    """Give blanks the gate of what is not judged, which nothing is fitted on.

    Parameters
    ----------
    quality_samples
        As `evigil.quality.gates.summarise` returns it.
    blanks
        Samples of role blank.
    """
    own = quality_samples["sample"].isin(blanks) & (quality_samples["gate"] != "not_supplied")
    return quality_samples.assign(
        gate=quality_samples["gate"].mask(own, "not_evaluable"),
        reasons=quality_samples["reasons"].mask(own, BLANK),
    )


def blank_limits(layers: Mapping[str, Layer], samples: pd.DataFrame) -> Blanks:
    """Set the upper limit of what blanks hold of each feature, and compare the samples with it.

    Never by counts per million: a blank has a million of them too. Counts become copies where every
    blank has spike-ins; without, they stay as they are: molecules where there are UMIs, else reads,
    whose limits hold for libraries that were sequenced as deeply as the blanks. With five blanks
    the limit is their mean and 1.645 SD (limit of blank, CLSI EP17), with fewer the largest.

    Parameters
    ----------
    layers
        Values as they were measured, by name.
    samples
        ``sample, role``.

    Returns
    -------
    Blanks
        ``features``: `FEATURES`, a row for each that a blank holds, sorted by layer and feature.
        ``samples`` and ``above`` count samples of role sample, ``at_or_below`` those of them that
        hold the feature and are not above; ``blank_only`` is 1 where none is above, and 0 where no
        sample could be compared. ``samples``: `SAMPLES`, a row for each sample and layer that has
        blanks: features that it holds, those of them at or below the limit, their share of what it
        holds, and the names of the 20 highest.
    """
    empty = _empty()
    parts = [_of_layer(name, layers[name], samples) for name in sorted(layers)]
    found = [part for part in parts if part is not None]
    if not found:
        return empty
    return Blanks(
        pd.concat([part.features for part in found], ignore_index=True),
        pd.concat([part.samples for part in found], ignore_index=True),
    )


def _empty() -> Blanks:
    def table(columns: tuple[str, ...]) -> pd.DataFrame:
        kind = dict.fromkeys(NUMBERS, float) | dict.fromkeys(WHOLE, int)
        return pd.DataFrame({c: pd.Series(dtype=kind.get(c, object)) for c in columns})

    return Blanks(table(FEATURES), table(SAMPLES))


def _of_layer(name: str, layer: Layer, samples: pd.DataFrame) -> Blanks | None:
    values = layer.values.sort_index(axis=1)
    role = samples.drop_duplicates("sample").set_index("sample")["role"].reindex(values.index)
    is_blank = (role == "blank").to_numpy()
    own = values[(role == "sample").to_numpy()].sort_index()
    if not is_blank.any():
        return None
    unit, factors = _unit(layer, values.index[is_blank])
    blanks = _amounts(layer, values[is_blank], factors)
    held = (blanks > 0).sum(axis=0)
    some = held > 0
    blanks, features = blanks[:, some], values.columns[some].astype(str)
    limit, rule = _limit(blanks)
    amounts = _amounts(layer, own, factors)
    x = amounts[:, some]
    with np.errstate(invalid="ignore"):
        above, below = x > limit, (x > 0) & (x <= limit)
    compared = (~np.isnan(x)).sum(axis=0)
    table = pd.DataFrame(
        {
            "layer": name,
            "feature": features,
            "unit": unit,
            "blanks": (~np.isnan(blanks)).sum(axis=0),
            "detected": held[some],
            "mean": np.nanmean(blanks, axis=0),
            "maximum": np.nanmax(blanks, axis=0),
            "limit": limit,
            "rule": rule,
            "samples": compared,
            "at_or_below": below.sum(axis=0),
            "above": above.sum(axis=0),
            "blank_only": ((compared > 0) & ~above.any(axis=0)).astype(int),
        }
    )
    flagged = np.where(below, x, 0.0)
    total = np.nansum(amounts, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, flagged.sum(axis=1) / total, np.nan)
    rows = pd.DataFrame(
        {
            "layer": name,
            "sample": own.index,
            "unit": unit,
            "blanks": int(is_blank.sum()),
            "detected": (amounts > 0).sum(axis=1),
            "flagged": below.sum(axis=1),
            "flagged_share": share,
            "features": [_names(row, features) for row in flagged],
        }
    )
    return Blanks(table[[*FEATURES]], rows[[*SAMPLES]])


def _unit(layer: Layer, blanks: pd.Index) -> tuple[str, pd.Series | None]:
    """Choose what limits are in: copies if every blank's reads can be brought to them."""
    if layer.scale != "counts":
        return "intensity", None
    copies = layer.copies_per_read
    if copies is not None and np.isfinite(copies.reindex(blanks)).all():
        return "copies", copies
    return "reads", None


def _amounts(layer: Layer, values: pd.DataFrame, factors: pd.Series | None) -> Floats:
    numbers = values.to_numpy(float)
    if layer.scale == "log2":
        return np.exp2(numbers)
    if factors is None:
        return numbers
    return numbers * factors.reindex(values.index).to_numpy(float)[:, None]


def _limit(blanks: Floats) -> tuple[Floats, NDArray[np.str_]]:
    """Return the limit of each feature that a blank holds, and by what rule."""
    n = (~np.isnan(blanks)).sum(axis=0)
    largest = np.nanmax(blanks, axis=0)
    many = n >= ENOUGH_BLANKS
    spread = np.zeros(blanks.shape[1])
    spread[many] = np.nanstd(blanks[:, many], axis=0, ddof=1)
    limit = np.where(many, np.nanmean(blanks, axis=0) + Z * spread, largest)
    return limit, np.where(many, "limit of blank", "maximum")


def _names(flagged: Floats, features: pd.Index) -> str:
    """Name the highest of a sample's flagged features."""
    order = np.lexsort((features.to_numpy(str), -flagged))
    kept = order[: min(NAMED, int((flagged > 0).sum()))]
    more = int((flagged > 0).sum()) - len(kept)
    return ", ".join(features[kept]) + (f" and {more:,} more" if more else "")
