"""Blood cells in plasma: red cells that broke and platelets, told from a sample's counts alone.

Every number is of one sample and of lists that ship with the software; labels and other samples
are never seen.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.paths import PANELS
from evigil.tables import read_table

RED_CELLS, PLASMA = "hsa-miR-451a", "hsa-miR-23a-3p"
#: A panel is compared only if this share of its miRNAs is among the features (ours).
NEEDED = 0.75
#: Share of the supplied background that must have a read (ours). The plasma samples of GSE71008,
#: drawn down until they have this, keep their index within .4 (SD); at .4 within .7, and 5 of 150
#: pass the limit of 1.9 where one did.
DETECTED = 0.75
PRIOR = 1.0

COLUMNS = ["haemolysis_index", "platelet_index", "mir_451a_reads", "mir_23a_reads", "mir_451a_23a"]


def blood_metrics(counts: pd.DataFrame) -> pd.DataFrame:
    """Measure haemolysis and platelets by miRNAs.

    The index of haemolysis is the mean log2 CPM of 20 miRNAs of red cells less that of a background
    list [Smith 2022, doi:10.3390/genes13071288]. There the background and the factors that bring
    samples to one scale come from the cohort; here both are frozen: the background are the miRNAs
    with a read in all 150 plasma samples of GSE71008 and a median of 10 CPM, the blood-cell lists
    apart, and the reads of all lists together are scaled to what they have in the reference.

    Parameters
    ----------
    counts
        Reads, shape (n_samples, n_features), a column for each feature; NaN where a feature was
        not supplied.

    Returns
    -------
    pandas.DataFrame
        Indexed as `counts`: ``haemolysis_index`` (log2), ``platelet_index`` (ratio of geometric
        means), ``mir_451a_reads, mir_23a_reads, mir_451a_23a`` (log2 ratio of the two); missing
        where too little was supplied.
    """
    panels = read_table(PANELS, text=("panel", "mirna"))
    known = counts.reindex(columns=panels["mirna"]).to_numpy(float)
    factor = panels["reference_cpm"].to_numpy(float)
    supplied = ~np.isnan(known)
    reads = np.nansum(known, axis=1)
    expected = supplied @ factor
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.log2(known * (expected / reads)[:, None] + PRIOR)
    means = {
        panel: _mean(levels, supplied, (panels["panel"] == panel).to_numpy())
        for panel in ("background", "haemolysis", "platelet")
    }
    background = (panels["panel"] == "background").to_numpy()
    given = supplied[:, background].sum(axis=1)
    enough = (known[:, background] > 0).sum(axis=1) >= DETECTED * given
    table = pd.DataFrame(index=counts.index)
    above = {p: np.where(enough, means[p] - means["background"], np.nan) for p in means}
    table["haemolysis_index"] = above["haemolysis"]
    table["platelet_index"] = np.exp2(above["platelet"])
    for column, mirna in (("mir_451a_reads", RED_CELLS), ("mir_23a_reads", PLASMA)):
        table[column] = counts[mirna].astype(float) if mirna in counts else np.nan
    ratio = table["mir_451a_reads"] / table["mir_23a_reads"].where(table["mir_23a_reads"] > 0)
    table["mir_451a_23a"] = np.log2(ratio.where(ratio > 0))
    return table[COLUMNS]


def _mean(
    levels: NDArray[np.float64], supplied: NDArray[np.bool_], panel: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Average a panel over what was supplied of it; missing if that is too little."""
    there = supplied[:, panel]
    n = there.sum(axis=1)
    total = np.where(there, levels[:, panel], 0.0).sum(axis=1)
    return np.where(n >= NEEDED * panel.sum(), total / np.maximum(n, 1), np.nan)
