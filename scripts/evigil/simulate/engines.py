"""One search, written as DIA-NN, MaxQuant and a plain table write it."""

import io

import numpy as np
import pandas as pd

from evigil.simulate.files import table_bytes
from evigil.simulate.search import Searched

#: Small, so that a small report has several.
ROW_GROUP = 50_000


def diann_report(searched: Searched) -> bytes:
    """Render `report.parquet` of DIA-NN 2: a row for each precursor and run.

    Of its columns those that say what a row is, how much of it there is and how sure that is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = searched.rows
    group = _maxlfq(searched)
    names = rows["gene"].str.replace(";", "_HUMAN;") + "_HUMAN"
    report = pd.DataFrame(
        {
            "Run.Index": pd.factorize(rows["run"], sort=True)[0],
            "Run": rows["run"],
            "Channel": "",
            "Precursor.Id": rows["precursor"],
            "Modified.Sequence": rows["sequence"],
            "Stripped.Sequence": rows["sequence"],
            "Precursor.Charge": rows["charge"],
            "Precursor.Lib.Index": pd.factorize(rows["precursor"], sort=True)[0],
            "Decoy": rows["decoy"],
            "Proteotypic": (~rows["protein_group"].str.contains(";")).astype(int),
            "Protein.Ids": rows["protein_group"],
            "Protein.Group": rows["protein_group"],
            "Protein.Names": names,
            "Genes": rows["gene"],
            "Precursor.Quantity": rows["quantity"],
            "Precursor.Normalised": rows["normalised"],
            "Normalisation.Factor": rows["factor"],
            "PG.MaxLFQ": group,
            "Genes.MaxLFQ": group,
            "Q.Value": rows["q_value"],
            "PEP": rows["q_value"].clip(upper=0.25) * 4,
            "Global.Q.Value": rows["global_q_value"],
            "Lib.Q.Value": rows["global_q_value"],
            "PG.Q.Value": rows["group_q_value"],
            "Global.PG.Q.Value": rows["global_group_q_value"],
            "Lib.PG.Q.Value": rows["global_group_q_value"],
        }
    )
    floats = report.select_dtypes("float64").columns
    table = pa.Table.from_pandas(
        report.astype(dict.fromkeys(floats, "float32")), preserve_index=False
    )
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(), buffer, row_group_size=ROW_GROUP, compression="zstd"
    )
    return buffer.getvalue()


def diann_groups(searched: Searched) -> bytes:
    """Render `report.pg_matrix.tsv` of DIA-NN: its columns are the raw files' paths."""
    paths = dict(zip(searched.runs["sample"], searched.runs["path"], strict=True))
    wide = _linear(searched).rename(columns=paths)[sorted(paths.values())]
    genes = searched.genes
    names = genes.str.replace(";", "_HUMAN;") + "_HUMAN"
    head = pd.DataFrame(
        {
            "Protein.Group": wide.index,
            "Protein.Ids": wide.index,
            "Protein.Names": names.to_numpy(),
            "Genes": genes.to_numpy(),
            "First.Protein.Description": "",
        }
    )
    return table_bytes(pd.concat([head, wide.reset_index(drop=True)], axis=1))


def maxquant_groups(searched: Searched) -> bytes:
    """Render `proteinGroups.txt` of MaxQuant: 0 is missing, and marked rows are for a filter.

    Its experiments are called as the samples are.
    """
    wide = _linear(searched).fillna(0).astype(np.int64)
    kept = searched.rows[searched.rows["reason"] == ""]
    sums = kept.groupby(["protein_group", "sample"])["quantity"].sum().unstack()
    sums = sums.reindex(index=wide.index, columns=wide.columns).fillna(0).astype(np.int64)
    peptides = searched.peptides.T
    n = len(wide)
    total = peptides.max(axis=1).to_numpy()
    parts = [
        pd.DataFrame(
            {
                "Protein IDs": wide.index,
                "Majority protein IDs": wide.index,
                "Protein names": "",
                "Gene names": searched.genes.to_numpy(),
                "Peptides": total,
                "Razor + unique peptides": total,
                "Unique peptides": total,
            }
        ),
        peptides.add_prefix("Peptides ").reset_index(drop=True),
        pd.DataFrame({"Q-value": np.zeros(n), "Score": 323.31, "Intensity": sums.sum(axis=1)}),
        sums.add_prefix("Intensity "),
        wide.add_prefix("LFQ intensity "),
        pd.DataFrame({"MS/MS count": 2 * total}),
    ]
    table = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    marks = ["Only identified by site", "Reverse", "Potential contaminant"]
    marked = table.iloc[np.arange(len(marks)) % len(table)].copy()
    for column in ("Protein IDs", "Majority protein IDs"):
        marked[column] = ["S9SIM0P999", "REV__S9SIM0P998", "CON__P00761"]
    marked["Gene names"] = ""
    table[marks] = ""
    marked[marks] = np.where(np.eye(len(marks), dtype=bool), "+", "")
    table = pd.concat([table, marked], ignore_index=True)
    return table_bytes(table.assign(id=range(len(table))))


def plain_matrix(searched: Searched) -> bytes:
    """Render protein group × sample, linear, empty where missing; genes stand beside the groups."""
    wide = _linear(searched)
    head = pd.DataFrame({"protein_group": wide.index, "gene": searched.genes.to_numpy()})
    return table_bytes(pd.concat([head, wide.reset_index(drop=True)], axis=1))


def run_sheet(searched: Searched) -> pd.DataFrame:
    """Return `runs.tsv`: which run is which sample."""
    return searched.runs[["run", "sample"]]


def _linear(searched: Searched) -> pd.DataFrame:
    """Protein groups × samples; whole numbers, and NaN."""
    groups = searched.quantities.T.rename_axis(index=None, columns=None)
    return groups.transform(lambda column: np.rint(np.exp2(column)))


def _maxlfq(searched: Searched) -> np.ndarray:
    """Return the protein quantity of each row; where there is none, that of the row."""
    rows, quantities = searched.rows, searched.quantities
    at = quantities.index.get_indexer(pd.Index(rows["sample"]))
    column = quantities.columns.get_indexer(pd.Index(rows["protein_group"]))
    value = np.exp2(np.where(column < 0, np.nan, quantities.to_numpy()[at, column]))
    return np.where(np.isnan(value), rows["normalised"], value)
