"""The cohort in one file: what scanpy and muon read in it, and the same bytes every time."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from evigil.quality.cohort import cohort, write_cohort
from evigil.tables import write_matrix

# mudata and muon speak of their own future at every use
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*pull_on_update:FutureWarning"),
    pytest.mark.filterwarnings("ignore:`__version__` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning"),
    pytest.mark.filterwarnings("ignore:Cannot join columns:UserWarning"),
]

SHEET = pd.DataFrame(
    {
        "sample": ["a", "b", "c", "d"],
        "patient": ["1", "1", "2", "2"],
        "age": [60.0, np.nan, 61.5, 62.0],
        "stage": [np.nan, "2", "1", np.nan],
        "site": pd.Series([np.nan] * 4, dtype=object),
    }
)
GATES = pd.DataFrame(
    [
        [sample, layer, gate, f"{layer} {gate}"]
        for layer, given in (
            ("smallrna", ["pass", "fail", "warn", "not_supplied"]),
            ("specimen", ["not_supplied"] * 4),
            ("proteomics", ["pass", "not_supplied", "pass", "not_supplied"]),
        )
        for sample, gate in zip("abcd", given, strict=True)
    ],
    columns=["sample", "layer", "gate", "reasons"],
)


def layers() -> dict[str, anndata.AnnData]:
    obs = SHEET.set_index("sample").rename_axis(None)
    counts = csr_matrix(np.arange(6).reshape(3, 2))
    rna = anndata.AnnData(
        counts,
        obs=obs.loc[["a", "b", "c"], ["patient"]].assign(reads=[5, 6, 7]),
        var=pd.DataFrame({"biotype": ["miRNA", "tRNA"]}, index=["x", "shared"]),
        layers={"exact": counts},
    )
    values = np.array([[1.5, np.nan], [0.25, 2]])
    proteins = anndata.AnnData(
        values, obs=obs.loc[["a", "c"], []], var=pd.DataFrame(index=["shared", "CD9"])
    )
    return {"smallrna": rna, "proteomics": proteins}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "cohort.h5mu"
    write_cohort(cohort(layers(), SHEET, GATES), path)
    return path


def test_muon_reads_layers_sheet_and_gates(file):
    import muon

    data = muon.read_h5mu(file)
    assert list(data.mod) == ["proteomics", "smallrna"] and data.shape == (3, 4)
    obs = data.obs.loc[["a", "b", "c"]]
    assert obs["gate_smallrna"].tolist() == ["pass", "fail", "warn"]
    assert obs["reasons_proteomics"].tolist()[1] == "proteomics not_supplied"
    assert obs["gate_specimen"].tolist() == ["not_supplied"] * 3
    assert obs["age"].tolist() == pytest.approx([60, np.nan, 61.5], nan_ok=True)
    assert obs["stage"].tolist()[1:] == ["2", "1"] and obs["site"].isna().all()
    rna = data["smallrna"]
    assert rna.obs["gate"].tolist() == ["pass", "fail", "warn"]
    assert rna.obs["reads"].tolist() == [5, 6, 7]
    assert rna.X.toarray().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert rna.layers["exact"].shape == (3, 2)
    assert data["proteomics"].X.tolist()[1] == [0.25, 2]


def test_a_name_of_two_layers_is_told_apart(file):
    import muon

    data = muon.read_h5mu(file)
    assert data["smallrna"].var_names.tolist() == ["x", "smallrna:shared"]
    assert data["smallrna"].var["feature"].tolist() == ["x", "shared"]
    assert data["proteomics"].var_names.tolist() == ["proteomics:shared", "CD9"]


def test_scanpy_reads_a_layer_and_works_on_it(file):
    import mudata
    import scanpy

    rna = mudata.read(f"{file}/smallrna")
    scanpy.pp.calculate_qc_metrics(rna, percent_top=None, inplace=True)
    assert rna.obs["total_counts"].tolist() == [1, 5, 9]


def test_the_same_bytes_every_time(file, tmp_path):
    write_cohort(cohort(layers(), SHEET, GATES), tmp_path / "again.h5mu")
    assert (tmp_path / "again.h5mu").read_bytes() == file.read_bytes()


def test_the_input_stays_as_it_was():
    given = layers()
    cohort(given, SHEET, GATES)
    assert list(given["smallrna"].obs) == ["patient", "reads"]


def test_a_layer_as_the_workflow_wrote_it(tmp_path):
    counts = pd.DataFrame([[1, 2]], ["a"], ["x", "y"])
    write_matrix(counts, tmp_path / "counts", obs=SHEET.set_index("sample"))
    one = anndata.read_h5ad(tmp_path / "counts.h5ad")
    joined = cohort({"smallrna": one}, SHEET.iloc[:1], GATES)
    write_cohort(joined, tmp_path / "cohort.h5mu")
    assert joined.obs["patient"].tolist() == ["1"] and joined.shape == (1, 2)
