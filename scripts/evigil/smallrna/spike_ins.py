"""Spike-ins: do reads follow what was added, and how many copies does a read stand for."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Molecules in an amol, from the Avogadro constant (SI, 2019).
COPIES_PER_AMOL = 602_214.076
#: Spike-ins that a line with a slope needs at least.
FEWEST = 3


def fit_spike_ins(
    reads: pd.DataFrame, amounts: pd.DataFrame, samples: pd.DataFrame
) -> pd.DataFrame:
    """Fit reads to the amounts added, on logarithms, for each sample.

    log10 reads = intercept + slope · log10 amount, by least squares over the spike-ins that have
    an amount and a read. Copies per read come from the line of slope 1 instead, the geometric
    mean of copies over reads: a factor that keeps ratios between features.

    Parameters
    ----------
    reads
        ``sample, name, reads``; a pair that is not there has none.
    amounts
        ``name, amount`` (amol added per sample; NaN where unknown).
    samples
        ``sample``, and ``input_volume_ml`` where the sheet has it.

    Returns
    -------
    pandas.DataFrame
        One row per sample and spike-in, sorted: ``sample, spike_in, amount, reads,
        expected_reads`` (by the fit), and of the sample ``spike_ins_used, slope, intercept,
        r_squared`` (NaN with fewer than 3 spike-ins or one amount only), ``copies_per_read``,
        ``copies_per_read_per_ml`` (of the input; NaN without a volume).
    """
    names = sorted(amounts["name"])
    amount = amounts.set_index("name")["amount"].reindex(names).to_numpy(float)
    samples = samples.sort_values("sample", ignore_index=True)
    counted = reads.groupby(["sample", "name"])["reads"].sum().unstack(fill_value=0)
    counts = counted.reindex(index=samples["sample"], columns=names, fill_value=0).to_numpy()
    used = (counts > 0) & ~np.isnan(amount)
    x = np.where(used, np.log10(np.where(used, amount, 1.0)), 0.0)
    y = np.where(used, np.log10(np.where(used, counts, 1)), 0.0)
    fit = _lines(x, y, used)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (x - y).sum(axis=1) / used.sum(axis=1)
    fit["copies_per_read"] = COPIES_PER_AMOL * 10.0**ratio
    volume = samples.get("input_volume_ml", pd.Series(np.nan, samples.index)).to_numpy(float)
    fit["copies_per_read_per_ml"] = fit["copies_per_read"] / volume
    expected = 10.0 ** (fit["intercept"][:, None] + fit["slope"][:, None] * np.log10(amount))
    return pd.DataFrame(
        {
            "sample": np.repeat(samples["sample"].to_numpy(), len(names)),
            "spike_in": np.tile(np.array(names, dtype=object), len(samples)),
            "amount": np.tile(amount, len(samples)),
            "reads": counts.ravel(),
            "expected_reads": expected.ravel(),
        }
        | {column: np.repeat(values, len(names)) for column, values in fit.items()}
    )


def _lines(
    x: NDArray[np.float64], y: NDArray[np.float64], used: NDArray[np.bool_]
) -> dict[str, NDArray[np.number]]:
    """Fit a line to each row's used points; NaN where they do not make one."""
    n = used.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre_x, centre_y = x.sum(axis=1) / n, y.sum(axis=1) / n
        dx = np.where(used, x - centre_x[:, None], 0.0)
        dy = np.where(used, y - centre_y[:, None], 0.0)
        spread = (dx**2).sum(axis=1)
        # equal amounts leave the rounding errors of their mean
        enough = (n >= FEWEST) & (spread > 1e-12)
        slope = np.where(enough, (dx * dy).sum(axis=1) / spread, np.nan)
        r_squared = (dx * dy).sum(axis=1) ** 2 / (spread * (dy**2).sum(axis=1))
    return {
        "spike_ins_used": n,
        "slope": slope,
        "intercept": centre_y - slope * centre_x,
        "r_squared": np.where(enough, r_squared, np.nan),
    }
