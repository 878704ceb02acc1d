"""Over-representation of gene sets among the features that a contrast found."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evigil.differential.outputs import SIGNIFICANT
from evigil.stats.multiple import benjamini_hochberg

COLUMNS = (
    "direction",
    "set",
    "overlap",
    "set_size",
    "query_size",
    "background_size",
    "odds_ratio",
    "p_value",
    "q_value",
    "members",
)
Sets = Mapping[str, frozenset[str]]


def enrichment(table: pd.DataFrame, gene_sets: Sets | None, targets: Sets | None) -> pd.DataFrame:
    """Test which sets hold more of what a contrast found than chance gives (hypergeometric).

    With targets and gene sets, what is tested are the genes that the miRNAs found are known to
    target, among the targets of all miRNAs tested. With targets alone, a gene's set is the miRNAs
    that target it; with gene sets alone, they hold the names of features.

    Parameters
    ----------
    table
        ``<layer>.tsv``. Found are the features with q < .05, each direction apart where there are
        fold changes; the background are those with a p-value.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, sorted by ``p_value``, ``direction``, ``set``: every set with a member in the
        background. q-values are over all rows.

    Notes
    -----
    A gene that many miRNAs target is a hit more often by chance than the test assumes; sets of such
    genes come out too well (Bleazard et al. 2015, doi:10.1093/bioinformatics/btv023).
    """
    tested = table[table["p_value"].notna()]
    sets = gene_sets if gene_sets is not None else _by_gene(targets or {})
    through = targets if gene_sets is not None else None
    background = _names(tested["feature"], through)
    queries = {
        direction: _names(found["feature"], through) for direction, found in _found(tested).items()
    }
    rows: list[dict[str, Any]] = []
    for direction, query in queries.items():
        rows += _rows(direction, query, sets, background)
    found_rows = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "q_value"])
    found_rows["q_value"] = benjamini_hochberg(found_rows["p_value"].astype(float))
    order = ["p_value", "direction", "set"]
    return found_rows[list(COLUMNS)].sort_values(order, ignore_index=True)


def _found(tested: pd.DataFrame) -> dict[str, pd.DataFrame]:
    hits = tested[tested["q_value"] < SIGNIFICANT]
    if tested["log2_fold_change"].isna().all():
        return {"any": hits}
    return {
        "down": hits[hits["log2_fold_change"] < 0],
        "up": hits[hits["log2_fold_change"] > 0],
    }


def _names(features: pd.Series, targets: Sets | None) -> set[str]:
    """Return names of features, identical matures each by its own, or what they target."""
    single = {name for feature in features for name in str(feature).split("/")}
    if targets is None:
        return single
    return {gene for name in single for gene in targets.get(name, ())}


def _by_gene(targets: Sets) -> dict[str, frozenset[str]]:
    genes: dict[str, set[str]] = {}
    for mirna, targeted in targets.items():
        for gene in targeted:
            genes.setdefault(gene, set()).add(mirna)
    return {gene: frozenset(mirnas) for gene, mirnas in genes.items()}


def _rows(
    direction: str, query: set[str], sets: Sets, background: set[str]
) -> list[dict[str, Any]]:
    """Test every set; gseapy leaves out those without an overlap, whose p-value is 1.

    A direction in which nothing was found has no rows: there is nothing to ask.
    """
    from gseapy.stats import calc_pvalues

    shared = {name: members & background for name, members in sets.items()}
    within = {name: sorted(members) for name, members in shared.items() if members}
    if not query:
        return []
    found = calc_pvalues(query, within, background=background)
    tests = {name: (p, odds, hits) for name, p, odds, _, _, hits in zip(*found, strict=True)}
    rows = []
    for name, members in sorted(within.items()):
        p, odds, hits = tests.get(name, (1.0, np.nan, set()))
        rows.append(
            {
                "direction": direction,
                "set": name,
                "overlap": len(hits),
                "set_size": len(members),
                "query_size": len(query),
                "background_size": len(background),
                "odds_ratio": odds,
                "p_value": float(p),
                "members": ";".join(sorted(hits)),
            }
        )
    return rows
