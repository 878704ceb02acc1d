"""Peaks of the precursors in every run, found by Sage at the aligned retention time."""

from typing import Any

import pandas as pd

from evigil.proteomics.raw.fdr import q_values
from evigil.proteomics.raw.search import Found

#: Rate of wrong peaks among those that are taken, by decoy peaks beside each ion's own.
PEAK_RATE = 0.05
CHARGES = (2, 4)


def quantify(found: Found, rows: pd.Index) -> pd.DataFrame:
    """Quantify the ions of accepted matches in every run, also where no spectrum is theirs.

    Parameters
    ----------
    found
        The search.
    rows
        Rows of the accepted matches; each counts as identified.

    Returns
    -------
    pandas.DataFrame
        Intensities, shape (n_runs, n_ions), linear, NaN where no peak is; both sorted.
    """
    from sagepy.core.lfq import LfqSettings, build_feature_map
    from sagepy.core.ml.retention_alignment import global_alignment

    features = [found.features[row] for row in rows]
    aligned = global_alignment([_accepted(f, f.rt) for f in features], len(found.runs))
    by_run = {run.file_id: run for run in aligned}
    accepted = [_accepted(f, _place(f.rt, by_run[f.file_id])) for f in features]
    names = _names(found, rows)
    settings = LfqSettings(combine_charge_states=False)
    peaks = build_feature_map(accepted, CHARGES, settings).quantify(
        found.database, found.surveys, aligned
    )
    table = pd.DataFrame(
        [
            (names.get((key.peptide_id.idx, key.charge), ""), decoy, peak.score, *values)
            for (key, decoy), (peak, values) in peaks.items()
        ],
        columns=["ion", "decoy", "score", *found.runs],
    )
    taken = _taken(table[table["ion"] != ""].sort_values(["ion", "decoy"], kind="stable"))
    intensities = taken.set_index("ion")[sorted(found.runs)].T
    return intensities.where(intensities > 0).rename_axis(index="run", columns="feature")


def _taken(table: pd.DataFrame) -> pd.DataFrame:
    """Return the peaks that stand out from the decoy peaks beside them."""
    q = q_values(table["score"].to_numpy(float), table["decoy"].to_numpy(bool), more=0)
    return table[(q <= PEAK_RATE) & ~table["decoy"].to_numpy(bool)]


def _names(found: Found, rows: pd.Index) -> dict[tuple[int, int], str]:
    ions = found.matches["ion"]
    keys = [(f.peptide_idx.idx, f.charge) for f in (found.features[row] for row in rows)]
    return dict(zip(keys, ions.loc[rows], strict=True))


def _place(minutes: float, run: Any) -> float:
    """Give the place of a retention time in the aligned gradient, from 0 to 1."""
    return float(minutes / run.max_rt * run.slope + run.intercept)


def _accepted(feature: Any, aligned: float) -> Any:
    """Copy a record with q-values of 0: Sage quantifies what it takes for identified."""
    from sagepy.core.scoring import Feature
    from sagepy_connector import py_scoring

    told = {name: getattr(feature, name) for name in TOLD}
    made = py_scoring.PyFeature(
        peptide_idx=feature.peptide_idx.get_py_ptr(),
        label=1,
        spectrum_q=0.0,
        peptide_q=0.0,
        protein_q=0.0,
        aligned_rt=aligned,
        **told,
    )
    return Feature.from_py_feature(made)


TOLD = (
    *("psm_id", "peptide_len", "spec_id", "file_id", "rank", "expmass", "calcmass", "charge"),
    *("delta_mass", "isotope_error", "average_ppm", "hyperscore", "delta_next", "delta_best"),
    *("matched_peaks", "longest_b", "longest_y", "longest_y_pct", "missed_cleavages"),
    *("matched_intensity_pct", "scored_candidates", "poisson", "discriminant_score"),
    *("posterior_error", "ms2_intensity", "rt", "predicted_rt", "delta_rt_model"),
    *("ims", "predicted_ims", "delta_ims_model"),
)
