"""FASTQ files through the workflow: real libraries, and what can be wrong with a sample."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml

from evigil.tables import read_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory, shared, run) -> Path:
    """Six samples: one that is right, and five that are not, each in its own way."""
    directory = tmp_path_factory.mktemp("reads")
    fastq = directory / "fastq"
    fastq.mkdir()
    plasma = gzip.decompress(shared("fastq/exrnaqc/RNA014939_S3_R1.fastq.gz").read_bytes())
    qiaseq = shared("fastq/qiaseq/mirtrace_QiaSeq_data.fastq.gz")
    (fastq / "right.fastq.gz").write_bytes(gzip.compress(plasma, 1, mtime=0))
    (fastq / "declared.fastq.gz").write_bytes(gzip.compress(plasma, 1, mtime=0))
    shutil.copy(qiaseq, fastq / "umi.fastq.gz")
    whole = gzip.compress(plasma, 1, mtime=0)
    (fastq / "cut.fastq.gz").write_bytes(whole[: len(whole) // 2])
    lines = plasma.splitlines(keepends=True)
    (fastq / "mates_1.fastq").write_bytes(b"".join(lines[:4000]))
    (fastq / "mates_2.fastq").write_bytes(b"".join(lines[:3996]))
    (fastq / "few.fastq.gz").write_bytes(gzip.compress(b"".join(lines[:2000]), 1, mtime=0))
    names = ["cut", "declared", "few", "mates", "right", "umi"]
    config = directory / "config"
    config.mkdir()
    pd.DataFrame({"sample": names, "patient": names, "condition": "any"}).to_csv(
        config / "samples.tsv", sep="\t", index=False
    )
    table = pd.DataFrame({"sample": names, "fastq_1": [f"fastq/{n}.fastq.gz" for n in names]})
    table = table.assign(fastq_2="", protocol="").set_index("sample")
    table.loc["declared", "protocol"] = "nebnext"
    table.loc["mates", ["fastq_1", "fastq_2"]] = ["fastq/mates_1.fastq", "fastq/mates_2.fastq"]
    table.to_csv(config / "libraries.tsv", sep="\t")
    text = {"project": "reads", "samples": "config/samples.tsv"}
    text["smallrna"] = {"libraries": "config/libraries.tsv"}
    text["quality"] = {"gates": {"transcriptome_reads": {"fail_below": 5000, "warn_below": 8000}}}
    (config / "config.yaml").write_text(yaml.safe_dump(text))
    done = run(directory, "--cores", "2", "--keep-going", "smallrna")
    assert done.returncode != 0
    (directory / "first.log").write_text(done.stderr + done.stdout)
    # without the two files that are broken
    table.drop(["cut", "mates"]).to_csv(config / "libraries.tsv", sep="\t")
    done = run(directory, "--cores", "1", "quality", "smallrna")
    assert done.returncode == 0, done.stderr
    return directory


def test_a_file_that_is_cut_off_is_one_line_and_no_output(folder):
    for sample, said in (("cut", "fastq/cut.fastq.gz: "), ("mates", "fastq/mates_2.fastq")):
        line = (folder / "logs" / "smallrna_sample" / f"{sample}.log").read_text()
        assert line.count("\n") == 1 and said in line
        assert line.strip() in (folder / "first.log").read_text()
        left = (folder / "results" / "smallrna").rglob(f"{sample}.*")
        assert list(left) == []


def test_the_others_went_on(folder):
    log = (folder / "first.log").read_text()
    for sample in ("declared", "right", "umi"):
        assert (folder / "logs" / "smallrna_sample" / f"{sample}.log").read_text() == "done\n"
        assert f"counting the reads of {sample}" in log


def test_a_protocol_that_the_reads_contradict_fails_the_sample_with_the_reason(folder):
    gates = read_table(folder / "results/quality/samples.tsv").query("layer == 'smallrna'")
    gates = gates.set_index("sample")
    assert gates.at["declared", "gate"] == "fail"
    assert re.search(
        "declared nebnext, but the reads look like truseq: its adapter is in",
        gates.at["declared", "reasons"],
    )
    assert gates.at["right", "gate"] == "warn"  # 7,402 reads, between the limits
    metrics = read_table(folder / "results/smallrna/samples.tsv").set_index("sample")
    assert metrics.loc[["right", "umi"], "library_protocol"].tolist() == ["truseq", "qiaseq"]
    assert metrics.at["right", "top_feature"] == "hsa-miR-486-5p"


def test_a_few_reads_of_red_cells_are_no_evidence_against_haemolysis(folder):
    gates = read_table(folder / "results/quality/gates.tsv").set_index(["sample", "metric"])
    metrics = read_table(folder / "results/smallrna/samples.tsv").set_index("sample")
    assert metrics.loc["right", ["mir_451a_reads", "mir_23a_reads"]].tolist() == [43, 2]
    for metric in ("mir_451a_23a", "haemolysis_index"):
        assert gates.at[("right", metric), "verdict"] == "not_evaluable"


def test_every_read_has_one_fate_and_the_matrix_holds_the_assigned(folder):
    results = folder / "results" / "smallrna"
    ledger = read_table(results / "ledger.tsv").set_index("sample")
    assert (ledger.drop(columns="reads").sum(axis=1) == ledger["reads"]).all()
    assert ledger.at["umi", "duplicate_umi"] > 0
    data = anndata.read_h5ad(results / "counts.h5ad")
    classes = ledger.loc[:, "spike_in":"other"].sum(axis=1)
    assert data.X.sum(axis=1).A1.tolist() == classes[data.obs_names].tolist()
    assert set(data.layers) == {"exact", "exclusive"}
    assert np.issubdtype(data.X.dtype, np.integer)
    table = read_table(results / "counts.tsv").set_index("feature")
    assert (table.T.to_numpy() == data.X.toarray()).all()


def test_lanes_and_cores_change_nothing(folder, tmp_path, run):
    """The reads of two samples in three lanes, on two cores, in one pool: the same bytes."""
    other = tmp_path / "lanes"
    shutil.copytree(folder / "config", other / "config")
    (other / "fastq").mkdir()
    rows = []
    for sample in ("declared", "right"):
        text = gzip.decompress((folder / "fastq" / f"{sample}.fastq.gz").read_bytes())
        lines = text.splitlines(keepends=True)
        for lane, (start, stop) in enumerate([(0, 4), (4, 20000), (20000, None)]):
            name = f"fastq/{sample}_{lane}.fastq"
            (other / name).write_bytes(b"".join(lines[start:stop]))
            protocol = "nebnext" if sample == "declared" else ""
            rows.insert(0, {"sample": sample, "fastq_1": name, "lane": lane, "protocol": protocol})
    for sample in ("few", "umi"):
        shutil.copy(folder / "fastq" / f"{sample}.fastq.gz", other / "fastq")
        rows.append({"sample": sample, "fastq_1": f"fastq/{sample}.fastq.gz"})
    pd.DataFrame(rows).to_csv(other / "config" / "libraries.tsv", sep="\t", index=False)
    done = run(other, "--cores", "2", "smallrna")
    assert done.returncode == 0, done.stderr
    sums = [
        {
            str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted((root / "results" / "smallrna").rglob("*"))
            if file.is_file()
        }
        for root in (folder, other)
    ]
    assert sums[0] == sums[1]
    assert len(sums[0]) > 15


def test_a_sample_that_is_added_is_counted_with_those_of_its_small_batch(folder, tmp_path, run):
    """It is one of those that speak for the batch: who may borrow from that is counted again."""
    study = tmp_path / "study"
    shutil.copytree(folder, study)
    metrics = read_table(study / "results/smallrna/samples.tsv").set_index("sample")
    assert metrics["protocol_verdict"].to_dict() == {
        **{"declared": "contradicts", "few": "borrowed", "right": "fits", "umi": "fits"}
    }
    shutil.copy(study / "fastq" / "umi.fastq.gz", study / "fastq" / "added.fastq.gz")
    with (study / "config" / "samples.tsv").open("a") as sheet:
        sheet.write("added\tadded\tany\n")
    with (study / "config" / "libraries.tsv").open("a") as sheet:
        sheet.write("added\tfastq/added.fastq.gz\t\t\n")
    done = run(study, "--cores", "2", "smallrna")
    assert done.returncode == 0, done.stderr
    said = done.stderr + done.stdout
    counted = set(re.findall("counting the reads of (\\w+)", said))
    assert counted == {"added", "few", "right", "umi"}  # not who declares the kit
    assert said.count("the protocol of the batch no-batch") == 1
    assert (study / "results/smallrna/counts.tsv").read_text().count("added") == 1


def test_a_file_that_is_replaced_is_counted_in_the_same_run(folder, tmp_path, run):
    """The batch is asked again beside it, and that hides no other reason to run."""
    study = tmp_path / "study"
    shutil.copytree(folder, study)
    shutil.copyfile(study / "fastq" / "umi.fastq.gz", study / "fastq" / "right.fastq.gz")
    done = run(study, "--cores", "2", "smallrna")
    assert done.returncode == 0, done.stderr
    said = done.stderr + done.stdout
    assert set(re.findall("counting the reads of (\\w+)", said)) == {"right", "few", "umi"}
    ledger = read_table(study / "results/smallrna/ledger.tsv").set_index("sample")
    assert ledger.loc["right"].tolist() == ledger.loc["umi"].tolist()
