"""Samples put together; a count table beside them."""

import json
from types import SimpleNamespace

import anndata
import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.reads.digest import digest
from evigil.reads.library import Library
from evigil.reads.protocols import load_protocols
from evigil.rna.classes import FATES
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.reads import LibraryDesign, sequence_library
from evigil.smallrna.assign import assign
from evigil.smallrna.cohort import join_parts
from evigil.smallrna.counts import join_table, library_metrics
from evigil.smallrna.part import describe, read_part, write_part
from evigil.tables import read_matrix, write_sparse

MIRNAS = pd.Series({"hsa-miR-486-5p": 5.0, "hsa-miR-21-5p": 2.0, "hsa-let-7a-5p": 1.0})


@pytest.fixture(scope="module")
def bundle():
    return load_reference(BUNDLED)


@pytest.fixture(scope="module")
def parts(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    for seed, sample in enumerate(("b", "a")):
        made = sequence_library(
            MIRNAS, bundle, LibraryDesign(reads=2000), np.random.default_rng(seed)
        )
        fastq = folder / f"{sample}.fastq"
        fastq.write_bytes(made.fastq)
        digested = digest([Library(str(fastq))], load_protocols())
        part = describe(digested, assign(digested, bundle), bundle)
        write_part(part, folder / f"{sample}.json")
    return [folder / "b.json", folder / "a.json"]


def test_cohort_adds_up(parts, bundle):
    cohort = join_parts(parts, bundle)
    x = cohort.counts.layers["X"]
    assert cohort.counts.samples == ["a", "b"]
    assert x.shape == (2, len(bundle.features))
    assert cohort.counts.var.index.is_monotonic_increasing
    fates = cohort.ledger.drop(columns=["sample", "reads"])
    assert fates.sum(axis=1).tolist() == cohort.ledger["reads"].tolist() == [2000, 2000]
    assigned = cohort.ledger[list(FATES[:13])].sum(axis=1)
    assert x.sum(axis=1).A1.tolist() == assigned.tolist()
    np.testing.assert_allclose(cohort.counts.layers["exact"].sum(axis=1).A1, assigned)
    assert (cohort.counts.layers["exclusive"] > x).nnz == 0
    top = library_metrics(cohort)["top_feature"]
    assert top.tolist() == ["hsa-miR-486-5p"] * 2
    again = join_parts(parts[::-1], bundle)
    assert (again.counts.layers["X"] != x).nnz == 0
    pd.testing.assert_frame_equal(again.metrics, cohort.metrics)
    lengths = cohort.tables["lengths"].groupby("sample")["molecules"].sum()
    assert lengths.tolist() == cohort.metrics["inserts"].tolist()


def test_what_a_source_lacks_is_missing_and_not_0(parts, bundle, tmp_path):
    table = tmp_path / "counts.tsv"
    table.write_text("feature\tc\nhsa-miR-21-5p\t7\nspecial\t3\n")
    cohort = join_parts(parts, bundle)
    counts, metrics, _ = join_table(cohort, str(table), ["a", "b", "c"])
    assert counts.samples == ["a", "b", "c"] == metrics["sample"].tolist()
    obs = metrics.set_index("sample")[["transcriptome_reads"]]
    write_sparse(counts.layers, tmp_path / "x", obs, counts.var)
    values = read_matrix(tmp_path / "x.h5ad")
    assert values.at["c", "hsa-miR-21-5p"] == 7 and values.at["c", "special"] == 3
    assert values.loc[["a", "b"], "special"].isna().all()
    assert np.isnan(values.at["c", "hsa-let-7a-5p"])
    assert values.loc["a"].notna().sum() == len(bundle.features)
    line = (tmp_path / "x.tsv").read_text().splitlines()
    assert line[0] == "feature\ta\tb\tc"
    assert "special\t\t\t3" in line
    exclusive = anndata.read_h5ad(tmp_path / "x.h5ad").layers["exclusive"].toarray()
    assert np.isnan(exclusive[2]).all()  # a table does not say what it shared out
    of_c = metrics.set_index("sample").loc["c"]
    assert (of_c["transcriptome_reads"], of_c["features_detected"]) == (10, 2)
    assert np.isnan(of_c["adapter_dimer_share"])


def test_a_read_with_two_fates_is_a_fault_of_ours(bundle):
    digested = SimpleNamespace(fates={"too_short": 3}, total=9)
    with pytest.raises(ValueError, match="9 reads, but fates of 10"):
        describe(digested, SimpleNamespace(ledger={"miRNA": 7}), bundle)


def test_a_damaged_part_is_named(parts, tmp_path):
    cut = tmp_path / "a.json"
    cut.write_text(parts[1].read_text()[:-40])
    with pytest.raises(UserError, match=r"a\.json: is damaged"):
        read_part(cut)
    assert json.loads(parts[1].read_text())["facts"]["sequenced_reads"] == 2000
