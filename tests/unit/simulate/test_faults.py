"""Faults: as many as were asked for, at their doses, and none of them where none was asked for."""

import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design
from evigil.simulate.faults import COLUMNS
from evigil.smallrna.blood import blood_metrics

FAULTY = Design(
    cases=10, controls=10, followed=3, recurring=1, visits=3, reference=12, features=500,
    affected=20, sequenced=4, depth=3_000, haemolysed=2, contaminated=1, blanks=5, swapped=2,
    duplicated=1, duplicated_reads=1,
)  # fmt: skip
CLEAN = replace(
    FAULTY, haemolysed=0, contaminated=0, blanks=0, swapped=0, duplicated=0, duplicated_reads=0
)


@pytest.fixture(scope="module")
def faulty():
    return make_cohort(FAULTY, 4)


@pytest.fixture(scope="module")
def clean():
    return make_cohort(CLEAN, 4)


def planted(cohort, fault):
    return cohort.truth["faults"].query("fault == @fault")


def test_a_clean_cohort_has_small_libraries_only(clean):
    faults = clean.truth["faults"]
    assert faults.columns.tolist() == COLUMNS
    low = clean.truth["samples"].query("expected_gate != 'pass'")
    assert set(faults["fault"]) == {"low_input"}
    assert faults["sample"].tolist() == low["sample"].tolist()
    assert faults["dose"].tolist() == low["library_size"].tolist() != []
    assert "role" not in clean.samples and not clean.foreign and not clean.copies


def test_samples_without_a_fault_are_those_of_the_clean_cohort(faulty, clean):
    touched = set(faulty.truth["faults"]["sample"]) - {""}
    same = [name for name in clean.counts.index if name not in touched]
    assert len(same) == len(clean.counts) - 2 - 1 - 4 - 1 - 1 - 3
    pd.testing.assert_frame_equal(faulty.counts.loc[same], clean.counts.loc[same])
    assert faulty.counts.dtypes.unique().tolist() == [np.dtype("int64")]
    assert faulty.counts.index.is_monotonic_increasing
    assert faulty.samples["sample"].tolist() == faulty.counts.index.tolist()


def test_haemolysed_samples_have_twice_the_index_that_warns(faulty, clean):
    index = blood_metrics(faulty.counts)["haemolysis_index"]
    samples = planted(faulty, "haemolysed")["sample"]
    assert len(samples) == 2
    np.testing.assert_allclose(index[samples], 3.8, atol=0.15)
    sizes = (cohort.counts.loc[samples].sum(axis=1) for cohort in (faulty, clean))
    np.testing.assert_allclose(*sizes, rtol=0.02)


def test_swapped_and_duplicated_samples_are_of_two_people(faulty, clean):
    patient = faulty.samples.set_index("sample")["patient"]
    swapped = planted(faulty, "swapped").set_index("sample")["partner"]
    assert len(swapped) == 4
    for sample, partner in swapped.items():
        assert swapped[partner] == sample and patient[sample] != patient[partner]
        assert (faulty.counts.loc[sample] == clean.counts.loc[partner]).all()
    for fault in ("duplicate", "duplicate_reads"):
        copy, source = planted(faulty, fault)[["sample", "partner"]].iloc[0]
        assert patient[copy] != patient[source]
        assert (faulty.counts.loc[copy] == clean.counts.loc[source]).all()


def test_blanks_are_water_with_what_reagents_bring(faulty):
    blanks = faulty.samples[faulty.samples["role"] == "blank"]
    assert blanks["sample"].tolist() == [f"blank-0{i}" for i in range(1, 6)]
    assert (blanks["patient"] == "").all() and (blanks["batch"] != "").all()
    counts = faulty.counts.loc[blanks["sample"]]
    np.testing.assert_allclose(counts.sum(axis=1), 3000, rtol=0.1)
    reagents = planted(faulty, "blank_only")["feature"]
    np.testing.assert_allclose(counts[reagents].sum(axis=1) / counts.sum(axis=1), 0.6, atol=0.05)
    others = faulty.counts.drop(index=blanks["sample"])
    assert others[reagents].to_numpy().max() < counts[reagents].to_numpy().min()


def test_reads_hold_the_faults_too(faulty, tmp_path):
    write_cohort(faulty, tmp_path)
    copy, source = planted(faulty, "duplicate_reads")[["sample", "partner"]].iloc[0]
    texts = [
        gzip.decompress((tmp_path / f"data/fastq/{name}.fastq.gz").read_bytes())
        for name in (copy, source)
    ]
    assert texts[0] == texts[1] and texts[0].count(b"\n") == 4 * 3000
    reads = pd.read_csv(tmp_path / "truth/reads.tsv", sep="\t")
    share = reads[reads["biotype"] == "other_species"].groupby("sample")["reads"].sum() / 3000
    assert share.index.tolist() == planted(faulty, "contaminated")["sample"].tolist()
    # 2 % of the reads are adapter dimers
    assert share.iloc[0] == pytest.approx(0.049, abs=0.012)
    told = pd.read_csv(tmp_path / "truth/faults.tsv", sep="\t", keep_default_na=False)
    assert told["fault"].value_counts().to_dict() == {
        "blank": 5, "blank_only": 5, "swapped": 4, "low_input": 3, "haemolysed": 2,
        "duplicate": 1, "duplicate_reads": 1, "contaminated": 1,
    }  # fmt: skip


def test_the_share_of_the_variance_between_people_is_as_asked_for():
    cohort = make_cohort(replace(CLEAN, reference=80, effect=0.0, between_share=0.5), 6)
    truth = cohort.truth["samples"].set_index("sample").query("group == 'reference'")
    common = cohort.truth["features"].query("cpm > 200")["feature"]
    log = np.log(cohort.counts.loc[truth.index, common] + 0.5)
    log = log.sub(log.mean(axis=1), axis=0)
    within = log.groupby(truth["patient"]).var().mean()
    between = log.groupby(truth["patient"]).mean().var() - within / 4
    assert (between / (between + within)).median() == pytest.approx(0.5, abs=0.05)


def test_more_faults_than_samples_are_refused():
    with pytest.raises(ValueError, match="5 samples to plant a fault into are asked for, of 2"):
        make_cohort(replace(CLEAN, sequenced=1, contaminated=5), 1)
    with pytest.raises(ValueError, match="a share of the variance"):
        replace(CLEAN, between_share=1.0)
