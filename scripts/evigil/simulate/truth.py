"""What the simulator knows and no stage may see: one table each, for tests and for the curious."""

import numpy as np
import pandas as pd

from evigil.simulate.counts import LOW_LIBRARY, tumour_effect
from evigil.simulate.proteins import Proteome


def truth_tables(
    people: pd.DataFrame,
    draws: pd.DataFrame,
    libraries: pd.DataFrame,
    features: pd.DataFrame,
    batches: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Assemble the truth.

    Returns
    -------
    dict
        ``features`` (abundance, dispersion, effect), ``batches`` (log2 factor per batch and
        feature), ``samples`` (burden, signal, library, expected gate and group) and ``patients``
        (onset and detection of a recurrence), each sorted and rounded to 6 decimals.
    """
    tables = {
        "features": features.assign(affected=features["affected"].astype(int)),
        "batches": _batches(batches),
        "samples": _samples(people, draws, libraries, features),
        "patients": _patients(people),
    }
    return {name: table.round(6) for name, table in tables.items()}


def proteome_tables(proteome: Proteome, faults: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Assemble the truth of the proteins.

    Returns
    -------
    dict
        ``proteins`` (class, level, effect), ``precursors`` (offsets), ``proteomes`` (loading and
        doses of each sample), and ``faults`` with the samples that carry over too much.
    """
    proteins = proteome.proteins
    poor = proteome.samples.query("coisolated > 0")
    rows = pd.DataFrame(
        {"fault": "coisolated", "sample": poor["sample"], "dose": poor["coisolated"]}
    )
    rows = rows.reindex(columns=faults.columns).fillna({"partner": "", "feature": ""})
    both = pd.concat([faults, rows]) if len(rows) else faults
    return {
        "proteins": proteins.assign(affected=proteins["affected"].astype(int)).round(6),
        "precursors": proteome.precursors.round(6),
        "proteomes": proteome.samples.round(6),
        "faults": both.sort_values(list(faults.columns[:4]), ignore_index=True),
    }


def _batches(batches: pd.DataFrame) -> pd.DataFrame:
    log2 = batches / np.log(2)
    long = log2.T.rename_axis("batch").reset_index().melt("batch", value_name="log2_factor")
    return long.sort_values(["batch", "feature"], ignore_index=True)


def _samples(
    people: pd.DataFrame, draws: pd.DataFrame, libraries: pd.DataFrame, features: pd.DataFrame
) -> pd.DataFrame:
    change = features.loc[features["affected"], "log2_fold_change"].to_numpy()
    effect = np.abs(tumour_effect(draws["burden"].to_numpy(), change)) / np.log(2)
    signal = effect.mean(axis=1) if change.size else np.zeros(len(draws))
    recurrence = people.set_index("patient")["recurrence"].reindex(draws["patient"]).to_numpy()
    return pd.DataFrame(
        {
            "sample": draws["sample"],
            "patient": draws["patient"],
            "group": draws["group"],
            "visit": draws["visit"],
            "day": draws["day"],
            "tumour_burden": draws["burden"],
            # Mean |log2 fold change| over the affected features on that day.
            "signal": signal,
            "expected_group": np.where(draws["burden"] > 0, "cancer", "no_cancer"),
            "days_to_detection": recurrence - draws["day"].to_numpy(),
            "batch": draws["batch"],
            "library_size": libraries["library_size"].round().astype(int),
            "planted_low_library": libraries["expected_gate"].isin(list(LOW_LIBRARY)).astype(int),
            "expected_gate": libraries["expected_gate"],
        }
    )


def _patients(people: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": people["patient"],
            "group": people["group"],
            "followed": people["followed"].astype(int),
            "recurs": people["recurs"].astype(int),
            "burden_at_diagnosis": people["burden"],
            "burden_at_detection": people["detected_burden"],
            "surgery_day": people["surgery"],
            "onset_day": people["onset"],
            "detection_day": people["recurrence"],
        }
    )
