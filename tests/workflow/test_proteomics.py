"""Studies of proteins and of other tables, through every stage."""

import re
import shutil
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml

from evigil.config_file import load_yaml
from evigil.plan import Plan
from evigil.study import Study

TESTS = Path(__file__).parents[1]
CHANGED = 12
CONTRAST = {
    "column": "condition",
    "case": "CRC",
    "control": "healthy",
    "select": {"visit": "diagnosis"},
}
CLASSIFIER = {
    "column": "condition",
    "case": "CRC",
    "control": "healthy",
    "train": {"visit": "diagnosis"},
    "repeats": 1,
}
BLOCKS = {
    "smallrna": {"counts": "counts.tsv"},
    "proteomics": {"tables": "proteomics.tsv"},
    "layers": {"lipids": {"table": "lipids.tsv", "scale": "linear"}},
}


def write_study(folder: Path, *blocks: str, **others) -> Path:
    """Two plates of a plain matrix of proteins, and lipids.

    In cases the first proteins rise and fall in turn, so that medians stay where they are.
    """
    (folder / "config").mkdir(parents=True)
    for name in ("samples.tsv", "patients.tsv", "counts.tsv", "lipids.tsv"):
        shutil.copy(TESTS / "valid_study" / name, folder / name)
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t")
    rng = np.random.default_rng(5)
    proteins = [f"P{10000 + i}" for i in range(120)]
    values = rng.uniform(16, 26, (120, 1)) + rng.normal(0, 0.4, (120, len(sheet)))
    signs = np.resize([2.0, -2.0], (CHANGED, 1))
    values[:CHANGED] += signs * (sheet["condition"] == "CRC").to_numpy()
    values += rng.normal(0, 1, len(sheet))  # loading
    values[values < 17] = np.nan
    table = pd.DataFrame(2**values, pd.Index(proteins, name="protein"), sheet["sample"])
    plates = {"B1": sheet["batch"] == 1, "B2": sheet["batch"] == 2}
    rows = []
    for plate, own in plates.items():
        table.loc[:, own.to_numpy()].to_csv(folder / f"{plate}.tsv", sep="\t")
        rows.append({"path": f"{plate}.tsv", "format": "matrix", "batch": plate, "scale": "linear"})
    pd.DataFrame(rows).to_csv(folder / "proteomics.tsv", sep="\t", index=False)
    config = {"project": "p", "samples": "samples.tsv", "patients": "patients.tsv"}
    config |= {block: BLOCKS[block] for block in blocks} | others
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


def planned(folder: Path) -> dict[str, int]:
    return Plan(Study.from_config(load_yaml(folder / "config/config.yaml"), folder)).jobs()


def test_a_study_of_proteins_and_lipids_alone_goes_through_every_stage(tmp_path, run):
    folder = write_study(
        tmp_path / "study",
        "proteomics",
        "layers",
        differential={"contrasts": {"crc": CONTRAST}},
        classifiers={"crc": CLASSIFIER},
    )
    done = run(folder, "--cores", "2", "all", "predict")
    assert done.returncode == 0, done.stderr
    results = folder / "results"
    assert "proteomics: 32 pass" in done.stdout and "lipids: 32 pass" in done.stdout

    # two plates are one matrix; the loading is taken out, and what is missing stays missing
    data = anndata.read_h5ad(results / "proteomics" / "intensities.h5ad")
    raw = pd.concat(
        [pd.read_csv(folder / f"B{i}.tsv", sep="\t", index_col=0) for i in (1, 2)], axis=1
    )
    measured = data.to_df("measured")
    expected = np.log2(raw.T.loc[measured.index, measured.columns])
    np.testing.assert_allclose(measured, expected, rtol=1e-12)
    np.testing.assert_array_equal(data.to_df().isna(), expected.isna())
    shifts = measured - data.to_df()
    np.testing.assert_allclose(shifts.std(axis=1), 0, atol=1e-9)
    assert set(data.obs["table_batch"]) == {"B1", "B2"}
    ledger = pd.read_csv(results / "proteomics" / "ledger.tsv", sep="\t")
    assert (
        ledger["rows"] == ledger.drop(columns=["sample", "run", "table", "rows"]).sum(axis=1)
    ).all()

    # lipids are log2 of what they were
    lipids = anndata.read_h5ad(results / "layers" / "lipids.h5ad").to_df()
    given = pd.read_csv(folder / "lipids.tsv", sep="\t", index_col=0).T
    np.testing.assert_allclose(lipids, np.log2(given.loc[lipids.index, lipids.columns]))

    # every layer has its contrast, and the planted proteins are found
    table = pd.read_csv(results / "differential" / "crc" / "proteomics.tsv", sep="\t")
    planted = {f"P{10000 + i}" for i in range(CHANGED)}
    found = set(table.loc[table["q_value"] < 0.05, "feature"])
    tested = set(table.loc[table["p_value"].notna(), "feature"])
    assert planted & tested <= found and len(found - planted) <= 2
    assert len(pd.read_csv(results / "differential" / "crc" / "lipids.tsv", sep="\t")) == 4

    # the audit sees the plate, and the hand-over has both layers
    audit = pd.read_csv(results / "quality" / "confounding.tsv", sep="\t")
    assert "batch:proteomics" in set(audit["covariate"])
    import mudata

    with mudata.set_options(pull_on_update=False):
        assert set(mudata.read_h5mu(results / "cohort.h5mu").mod) == {"proteomics", "lipids"}

    # the locked model scores each sample alone as in the cohort
    scores = pd.read_csv(results / "classifiers/crc/scores.tsv", sep="\t", index_col="sample")
    alone = pd.read_csv(results / "predict/crc/scores.tsv", sep="\t", index_col="sample")
    assert scores["gate"].eq("pass").all()
    follow_up = [sample for sample in scores.index if sample.endswith("_b")]
    assert len(follow_up) == 16 and alone["score"].notna().all()
    page = (results / "reports" / "index.html").read_text(encoding="utf-8")
    assert "proteins" in page


@pytest.mark.parametrize(
    ("blocks", "present", "absent"),
    [
        (("proteomics",), {"proteomics_table": 2, "differential_test": 1}, {"layers_matrix"}),
        (("layers",), {"layers_matrix": 1, "differential_test": 1}, {"proteomics_cohort"}),
        (
            ("smallrna", "proteomics", "layers"),
            {"smallrna_counts": 1, "proteomics_table": 2, "layers_matrix": 1},
            {"smallrna_sample"},
        ),
    ],
    ids=["proteins", "other tables", "every layer"],
)
def test_dry_runs(tmp_path, run, blocks, present, absent):
    folder = write_study(
        tmp_path / "study",
        *blocks,
        differential={"contrasts": {"crc": CONTRAST}},
        classifiers={"crc": CLASSIFIER},
    )
    dry = run(folder, "--cores", "1", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    counted = dict(re.findall(r"^(\w+) +(\d+)$", dry.stdout + dry.stderr, flags=re.M))
    counted = {rule: int(n) for rule, n in counted.items() if rule not in ("all", "total")}
    assert counted == planned(folder)
    assert present.items() <= counted.items() and not absent & set(counted)


@pytest.mark.parametrize("target", ["proteomics", "layers"])
def test_a_target_without_its_block_is_one_line(tmp_path, run, target):
    refused = run(write_study(tmp_path / "study", "smallrna"), "--cores", "1", target)
    assert refused.returncode != 0
    line = f"config: the target {target} needs a {target} block; there is none"
    assert line in (refused.stdout + refused.stderr).splitlines()
