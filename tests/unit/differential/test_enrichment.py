"""Over-representation against the hypergeometric distribution, through miRNA targets or not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from evigil.differential.enrichment import COLUMNS, enrichment
from evigil.differential.gene_sets import read_gene_sets, read_targets
from evigil.errors import UserError


def table(n=40, found=8) -> pd.DataFrame:
    """`n` tested features of which the first `found` have q < .05, in turn up and down."""
    q = np.where(np.arange(n) < found, 0.01, 0.5)
    return pd.DataFrame(
        {
            "feature": [f"m{i}" for i in range(n)] + ["untested"],
            "p_value": np.append(np.linspace(0.001, 1, n), np.nan),
            "q_value": np.append(q, np.nan),
            "log2_fold_change": np.append(np.where(np.arange(n) % 2, -1.0, 1.0), np.nan),
        }
    )


def test_sets_of_features():
    sets = {
        "hit": frozenset({"m0", "m2", "m4", "m30", "untested", "elsewhere"}),
        "missed": frozenset({"m20", "m21"}),
        "unknown": frozenset({"elsewhere"}),
    }
    found = enrichment(table(), sets, None)
    assert list(found) == list(COLUMNS)
    assert found["set"].tolist() == ["hit", "hit", "missed", "missed"]
    first = found.iloc[0]
    assert (first["direction"], first["members"]) == ("up", "m0;m2;m4")
    numbers = first[["overlap", "set_size", "query_size", "background_size"]]
    assert numbers.tolist() == [3, 4, 4, 40]
    assert first["p_value"] == pytest.approx(hypergeom.sf(2, 40, 4, 4), rel=1e-12)
    # what has no overlap counts as a test: four of them
    assert first["q_value"] == pytest.approx(4 * first["p_value"], rel=1e-12)
    assert (found["p_value"].iloc[1:] == 1).all()


def test_through_targets_the_background_is_what_tested_mirnas_target():
    targets = {f"m{i}": frozenset({f"G{i}", f"G{i + 1}"}) for i in range(40)}
    targets["untested"] = frozenset({"G99"})
    sets = {"pathway": frozenset({"G0", "G1", "G2", "G3", "G99"})}
    found = enrichment(table(), sets, targets)
    up = found[found["direction"] == "up"].iloc[0]
    assert up[["set_size", "query_size", "background_size"]].tolist() == [4, 8, 41]
    assert up["p_value"] == pytest.approx(hypergeom.sf(3, 41, 4, 8), rel=1e-12)


def test_targets_alone_ask_which_genes_are_hit():
    targets = {"m0": frozenset({"A"}), "m2": frozenset({"A"}), "m9": frozenset({"B"})}
    found = enrichment(table(), None, targets)
    assert found.iloc[0][["set", "members"]].tolist() == ["A", "m0;m2"]


def test_identical_matures_count_by_their_names():
    merged = table()
    merged.loc[0, "feature"] = "m0/m0b"
    found = enrichment(merged, {"s": frozenset({"m0", "m0b"})}, None)
    assert found.iloc[0]["overlap"] == 2


def test_without_a_finding_there_is_nothing_to_ask():
    found = enrichment(table(found=0), {"s": frozenset({"m0"})}, None)
    assert found.empty and list(found) == list(COLUMNS)


def test_without_fold_changes_there_is_one_direction():
    lrt = table().assign(log2_fold_change=np.nan)
    found = enrichment(lrt, {"s": frozenset({"m0", "m1"})}, None)
    assert found["direction"].tolist() == ["any"] and found["overlap"].tolist() == [2]


def test_files(tmp_path):
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("one\thttp://x\tA\tB\t\n\ntwo\t\tC\n", encoding="utf-8-sig")
    assert read_gene_sets(gmt) == {"one": frozenset("AB"), "two": frozenset("C")}
    csv = tmp_path / "targets.csv"
    csv.write_text("gene,evidence,mirna\nTP53,strong,m1\nKRAS,weak,m1\nTP53,weak,m2\n")
    assert read_targets(csv) == {"m1": frozenset({"TP53", "KRAS"}), "m2": frozenset({"TP53"})}
    gmt.write_bytes(b"one\t\xff\tA\n")
    with pytest.raises(UserError, match="not UTF-8"):
        read_gene_sets(gmt)
