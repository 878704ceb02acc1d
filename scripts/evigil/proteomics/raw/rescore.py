"""Matches of spectra scored anew by Percolator, from what tells a right one from a wrong one."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Rate at which Percolator takes targets as right ones to learn from. At 1 %, the default of the
#: program, runs with few identified spectra teach it nothing; the rates are estimated after it.
LEARNING = 0.05


def features(matches: pd.DataFrame) -> pd.DataFrame:
    """Give what Percolator learns from, shape (n_matches, n_features).

    Nothing among it tells a target from a decoy otherwise than by how well it matches.
    """
    charge = matches["charge"]
    return pd.DataFrame(
        {
            "hyperscore": matches["hyperscore"],
            "delta_next": matches["delta_next"],
            "precursor_ppm": matches["delta_mass"].abs(),
            "fragment_ppm": matches["average_ppm"].abs(),
            "matched_peaks": matches["matched_peaks"],
            "longest_b": matches["longest_b"],
            "longest_y": matches["longest_y"],
            "longest_y_share": matches["longest_y_pct"],
            "missed_cleavages": matches["missed_cleavages"],
            "matched_intensity": matches["matched_intensity_pct"],
            "candidates": np.log1p(matches["scored_candidates"]),
            "poisson": matches["poisson"],
            "intensity": np.log1p(matches["ms2_intensity"]),
            "length": matches["length"],
            "charge_2": charge == 2,
            "charge_3": charge == 3,
            "charge_4": charge >= 4,
        }
    ).astype(float)


def rescore(matches: pd.DataFrame) -> NDArray[np.float64]:
    """Score matches by Percolator, on one thread and from one seed.

    Parameters
    ----------
    matches
        As `search.Found` has them, sorted: the folds of the cross-validation follow the rows.

    Returns
    -------
    numpy.ndarray
        Scores, shape (n_matches,); higher is better.

    References
    ----------
    .. [1] Käll et al. 2007, doi:10.1038/nmeth1113.
    """
    from pyopenms import Percolator, RescoreInput

    program = Percolator()
    settings = program.getDefaults()
    for name, value in {
        "num_threads": 1,
        "seed": 1,
        "train_fdr": LEARNING,
        "test_fdr": LEARNING,
    }.items():
        settings.setValue(name, value)
    program.setParameters(settings)
    table = features(matches)
    given = RescoreInput()
    given.set_features_np(np.ascontiguousarray(table.to_numpy()))
    given.set_is_decoy_np(matches["decoy"].to_numpy())
    given.feature_names = list(table.columns)
    return np.asarray(program.rescore(given).scores, dtype=float)
