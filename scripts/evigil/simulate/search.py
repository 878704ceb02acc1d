"""What a search engine reports of a simulated proteome: what is there, and what filters remove.

Every row fails for one reason at most, so that the reasons can be counted.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from evigil.simulate.proteins import Proteome

#: Real entries of lists of contaminants: porcine trypsin, keratin 1, bovine albumin.
CONTAMINANTS = {"Cont_P00761": "TRYP", "Cont_P04264": "KRT1", "Cont_P02769": "ALB"}
#: Groups that are not there, with the q-value over all runs that says so, and one decoy of each.
FALSE_GROUPS = 6
#: Shares of the cells that are reported with a q-value too high: of those seen, and of those not.
DOUBTFUL_SEEN, DOUBTFUL_MISSING = 0.01, 0.05
DOUBTFUL_GROUPS, DOUBTFUL_PRECURSORS, WITHOUT_QUANTITY = 0.003, 0.01, 0.002
#: What stands in a row that is no protein of the sample: level and spread on log2.
FALSE_LEVEL = (19.0, 1.0)


class Searched(NamedTuple):
    """A search engine's results.

    Attributes
    ----------
    rows
        One per precursor and run, sorted by run and precursor: ``run, sample, precursor, sequence,
        charge, protein_group, gene, quantity, normalised`` (linear, 0 is none), ``decoy, q_value,
        global_q_value, group_q_value, global_group_q_value``, ``reason`` (why a filter removes
        it; empty: kept).
    quantities
        The engine's own protein quantities: log2, samples × protein groups; NaN is missing.
    peptides
        Precursors with a quantity, samples × protein groups.
    genes
        By protein group.
    runs
        ``run, sample, path`` (that of the raw file), in order of measurement.
    """

    rows: pd.DataFrame
    quantities: pd.DataFrame
    peptides: pd.DataFrame
    genes: pd.Series
    runs: pd.DataFrame


def search(proteome: Proteome, rng: np.random.Generator) -> Searched:
    """Report the precursors of a proteome as an engine with match between runs does."""
    runs = _runs(proteome.samples, rng)
    rows = pd.concat([_found(proteome, rng), _false_groups(proteome, rng)], ignore_index=True)
    rows = rows.merge(runs[["sample", "run"]], on="sample")
    rows = rows.sort_values(["run", "precursor"], ignore_index=True)
    kept = rows[rows["reason"] == ""]
    offset = proteome.precursors.set_index("precursor")["offset"]
    level = np.log2(kept["normalised"]) - offset[kept["precursor"]].to_numpy()
    cells = level.groupby([kept["sample"], kept["protein_group"]])
    axes = {"index": proteome.ions.index, "columns": proteome.abundance.columns}
    quantities = np.log2(np.rint(np.exp2(cells.median().unstack().reindex(**axes))))
    peptides = cells.size().unstack().reindex(**axes).fillna(0).astype(int)
    genes = proteome.proteins.set_index("protein_group")["gene"]
    return Searched(rows, quantities, peptides, genes, runs)


def _runs(samples: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Name the runs as a core facility does: date, project, batch and place on the plate."""
    order = samples[["sample", "batch"]].assign(random=rng.random(len(samples)))
    order = order.sort_values(["batch", "random"], ignore_index=True)
    place = order.groupby("batch").cumcount() + 1
    week = pd.factorize(order["batch"])[0]
    day = np.datetime64("2024-03-04") + 7 * week.astype("timedelta64[D]")
    date = pd.Series(day.astype(str)).str.replace("-", "")
    run = date + "_EV_" + order["batch"] + "_" + place.astype(str).str.zfill(3)
    path = "D:\\Data\\EV_study\\" + run + ".raw"
    return pd.DataFrame({"run": run, "sample": order["sample"], "path": path})


def _found(proteome: Proteome, rng: np.random.Generator) -> pd.DataFrame:
    """Report the precursors of the proteome; a reason leaves what an earlier one took."""
    ions, precursors = proteome.ions.to_numpy(), proteome.precursors
    seen = ~np.isnan(ions)
    reason = np.where(seen, "", "missing").astype(object)
    guessed = ~seen & (rng.random(ions.shape) < DOUBTFUL_MISSING)
    reason[guessed | (seen & (rng.random(ions.shape) < DOUBTFUL_SEEN))] = "q_value"
    doubtful = rng.random(len(precursors)) < DOUBTFUL_PRECURSORS
    reason[seen & (reason == "") & doubtful] = "global_q_value"
    unsure = rng.random(proteome.abundance.shape) < DOUBTFUL_GROUPS
    group = proteome.abundance.columns.get_indexer(pd.Index(precursors["protein_group"]))
    reason[seen & (reason == "") & unsure[:, group]] = "group_q_value"
    reason[(reason == "") & (rng.random(ions.shape) < WITHOUT_QUANTITY)] = "no_quantity"
    level = np.where(seen, ions, rng.normal(*FALSE_LEVEL, ions.shape))
    at, column = np.nonzero(reason != "missing")
    table = precursors.drop(columns="offset").iloc[column].reset_index(drop=True)
    genes = proteome.proteins.set_index("protein_group")["gene"]
    table["gene"] = genes[table["protein_group"]].to_numpy()
    table["sample"] = proteome.ions.index[at]
    loading = proteome.samples["loading"].to_numpy()
    return _with_q_values(table, level[at, column], loading[at], reason[at, column], rng)


def _false_groups(proteome: Proteome, rng: np.random.Generator) -> pd.DataFrame:
    """Report contaminants, groups that are not there, and decoys, in seven of ten runs."""
    false = {f"S9SIM0P{i:03d}": f"NONE{i}" for i in range(FALSE_GROUPS)}
    kinds = {"contaminant": CONTAMINANTS, "global_group_q_value": false, "decoy": false}
    table = pd.DataFrame(
        [(reason, *entry) for reason, groups in kinds.items() for entry in groups.items()],
        columns=["reason", "protein_group", "gene"],
    )
    table["sequence"] = [f"PEPTIDE{letter}K" for letter in "ACDEFGHILMNPQSTVWY"[: len(table)]]
    table["charge"] = 2
    table["precursor"] = table["sequence"] + "2"
    at, entry = np.nonzero(rng.random((len(proteome.samples), len(table))) < 0.7)
    table = table.iloc[entry].reset_index(drop=True)
    table["sample"] = proteome.ions.index[at]
    loading = proteome.samples["loading"].to_numpy()[at]
    level = rng.normal(*FALSE_LEVEL, len(table)) + loading
    return _with_q_values(
        table.drop(columns="reason"), level, loading, table["reason"].to_numpy(), rng
    )


def _with_q_values(
    table: pd.DataFrame,
    level: np.ndarray,
    loading: np.ndarray,
    reason: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Add quantities, and q-values of which the one that is the reason is too high."""
    n = len(table)
    quantity = np.where(reason == "no_quantity", 0, np.rint(np.exp2(level)))
    factor = np.exp2(-loading)
    table = table.assign(
        quantity=quantity,
        normalised=quantity * factor,
        factor=factor,
        decoy=(reason == "decoy").astype(int),
        reason=reason,
    )
    usual = np.exp2(-rng.integers(14, 28, n) / 2)
    for name, limit in {
        "q_value": 0.01,
        "global_q_value": 0.01,
        "group_q_value": 0.05,
        "global_group_q_value": 0.01,
    }.items():
        high = limit * rng.integers(11, 40, n) / 10
        table[name] = np.where(reason == name, high, usual)
    return table
