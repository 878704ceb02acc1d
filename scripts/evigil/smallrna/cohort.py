"""Parts of the samples, and a count table where there is one, put together: sparse throughout."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from evigil.rna.bundle import Bundle
from evigil.rna.classes import FATES
from evigil.smallrna.part import OF_THE_SPECIES, TRANSCRIPTOME, read_part

LAYERS = ("X", "exact", "exclusive")
#: Rows of a count table that are brought into sparse form at once.
CHUNK = 100
ENOUGH = 5


@dataclass(frozen=True)
class Counts:
    """Counts of samples.

    Attributes
    ----------
    layers
        ``X, exact, exclusive``: sparse, shape (n_samples, n_features); NaN is stored where a
        feature was not supplied.
    samples, var
        Names of the rows, sorted; what is known of the columns, indexed by name and sorted.
    """

    layers: dict[str, sparse.csr_matrix]
    samples: list[str]
    var: pd.DataFrame


@dataclass(frozen=True)
class Cohort:
    """All sequenced samples.

    Attributes
    ----------
    counts
        Their counts over every feature of the reference.
    metrics
        What was measured of each, as in ``smallrna/samples.tsv``, the blood metrics apart.
    ledger
        ``sample, reads`` and each fate.
    tables
        The other tables of the parts, ``sample`` in front, sorted by it.
    """

    counts: Counts
    metrics: pd.DataFrame
    ledger: pd.DataFrame
    tables: dict[str, pd.DataFrame]


def join_parts(parts: Iterable[str | Path], bundle: Bundle) -> Cohort:
    """Put samples together, one file after the other.

    Parameters
    ----------
    parts
        Files of `evigil.smallrna.part.write_part`, each named after its sample.
    bundle
        The reference that they were assigned to.
    """
    files = sorted(map(Path, parts), key=lambda file: file.stem)
    order = np.argsort(bundle.features["name"].to_numpy(str), kind="stable")
    column = np.argsort(order)
    entries: dict[str, list[np.ndarray]] = {name: [] for name in (*LAYERS, "column")}
    sizes, metrics, ledger = [0], [], []
    tables: dict[str, list[pd.DataFrame]] = {}
    for file in files:
        part = read_part(file)
        counts = part.tables.pop("counts")
        at = column[counts["feature"].to_numpy(np.int64)]
        entries["column"].append(at)
        for name in LAYERS:
            entries[name].append(counts[name].to_numpy(float if name == "exact" else np.int64))
        sizes.append(sizes[-1] + len(at))
        clades = part.tables.pop("clades")
        metrics.append({"sample": file.stem, **part.facts, **_of_sample(part.ledger, clades)})
        metrics[-1] |= _of_counts(counts, bundle)
        ledger.append({"sample": file.stem, "reads": part.facts["sequenced_reads"], **part.ledger})
        for name, table in part.tables.items():
            tables.setdefault(name, []).append(table.assign(sample=file.stem))
    shape = (len(files), len(order))
    layers = {
        name: _sparse(
            np.concatenate(entries[name]), np.concatenate(entries["column"]), sizes, shape
        )
        for name in LAYERS
    }
    var = bundle.features.iloc[order].set_index("name").rename_axis(None)
    return Cohort(
        Counts(layers, [file.stem for file in files], var[["biotype", "sequence", "members"]]),
        pd.DataFrame(metrics),
        pd.DataFrame(ledger),
        {name: _stacked(found) for name, found in tables.items()},
    )


def _sparse(
    values: np.ndarray, columns: np.ndarray, sizes: list[int], shape: tuple[int, int]
) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((values, columns, np.array(sizes)), shape=shape)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below each other; a column without a value in one takes the others' type."""
    columns = ["sample", *tables[0].columns.drop("sample")]
    return pd.DataFrame({c: [v for t in tables if len(t) for v in t[c]] for c in columns})


def _of_sample(ledger: dict[str, int], clades: pd.DataFrame) -> dict[str, object]:
    """Summarise the fates of a sample's reads and what looks like another species."""
    totals = {
        "inserts": sum(ledger[name] for name in FATES),
        "assigned_reads": sum(ledger[name] for name in OF_THE_SPECIES),
        "transcriptome_reads": sum(ledger[name] for name in TRANSCRIPTOME),
        "mirna_reads": ledger["miRNA"],
        "adapter_dimers": ledger["adapter_dimer"],
    }
    by_clade = clades.groupby("clade")["reads"].sum() if len(clades) else pd.Series(dtype=int)
    told = [f"{clade} {reads:,}" for clade, reads in by_clade.items()]
    return totals | {
        "clade_reads": int(by_clade.sum()),
        "foreign_clade": ", ".join(told),
    }


def _of_counts(counts: pd.DataFrame, bundle: Bundle) -> dict[str, object]:
    """Summarise the features of a sample."""
    feature, reads = counts["feature"].to_numpy(np.int64), counts["X"].to_numpy(np.int64)
    kept = np.isin(bundle.feature_fates[feature], [FATES.index(name) for name in TRANSCRIPTOME]) & (
        reads > 0
    )
    feature, reads = feature[kept], reads[kept]
    mature = (bundle.features["biotype"].to_numpy()[feature] == "miRNA") & (reads >= ENOUGH)
    # of several with as many reads the first by name
    names = bundle.features["name"].to_numpy(str)[feature]
    top = np.lexsort((names, -reads))[:1]
    return {
        "features_detected": len(feature),
        "mirnas_detected": int(mature.sum()),
        "top_feature": str(names[top][0]) if len(top) else "",
        "top_feature_reads": int(reads[top][0]) if len(top) else 0,
    }


def with_table(counts: Counts, values: pd.DataFrame, var: pd.DataFrame) -> Counts:
    """Join a count table: features by name; one that a source lacks is missing there, not 0.

    Parameters
    ----------
    counts
        Of the sequenced samples.
    values, var
        The table: reads, shape (n_samples, n_features), no sample of `counts`; its features.
    """
    names = counts.var.index.union(values.columns).sort_values()
    known = counts.var.reindex(names)
    own = var.reindex(names)
    joined = known.join(own[own.columns.difference(known.columns, sort=False)]).fillna("")
    samples = [*counts.samples, *values.index]
    order = np.argsort(np.array(samples, dtype=str), kind="stable")
    layers = {}
    for name in LAYERS:
        # what a table counted is as exact as it is; what is exclusive it does not say
        given = values if name != "exclusive" else values[[]]
        blocks = [_widened(counts.layers[name], counts.var.index, names)]
        for start in range(0, len(values), CHUNK):
            rows = given.iloc[start : start + CHUNK].reindex(columns=names)
            blocks.append(sparse.csr_matrix(rows.to_numpy(float)))
        layers[name] = sparse.vstack(blocks, format="csr")[order]
    return Counts(layers, [samples[i] for i in order], joined)


def _widened(matrix: sparse.csr_matrix, columns: pd.Index, names: pd.Index) -> sparse.csr_matrix:
    """Bring a matrix to more columns; NaN in those that it lacks."""
    lacking = sparse.csr_matrix(np.full((matrix.shape[0], len(names.difference(columns))), np.nan))
    wide = sparse.hstack([matrix.astype(float), lacking], format="csr")
    order = columns.append(names.difference(columns)).get_indexer(names)
    return wide[:, order]
