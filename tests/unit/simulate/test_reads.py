"""Simulated reads: every read has the origin that the truth says, and the form of its kit."""

import gzip

import numpy as np
import pandas as pd
import pytest

from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design
from evigil.simulate.inserts import ISOMIRS, Composition
from evigil.simulate.kits import KITS
from evigil.simulate.reads import LibraryDesign, sequence_library

MIR = "hsa-miR-21-5p"
SEQUENCE = "TAGCTTATCAGACTGATGTTGA"  # MIMAT0000076
# the hairpin goes on with C T G after the mature (MI0000077)
AFTER = "CTG"


@pytest.fixture(scope="module")
def bundle():
    return load_reference(BUNDLED)


def sequences(fastq):
    lines = fastq.decode().splitlines()
    assert {line[:1] for line in lines[::4]} == {"@"} and set(lines[2::4]) == {"+"}
    assert [len(x) for x in lines[1::4]] == [len(x) for x in lines[3::4]]
    return lines[1::4]


def clean(**kinds):
    """Only miRNAs of the kinds that are given."""
    return Composition(classes={"miRNA": 1.0}, isomirs=kinds or {"canonical": 1.0})


def library(bundle, mirnas, composition, seed=1, **design):
    settings = {"dimers": 0.0, "errors": 0.0, "poor": 0.0, "ambiguous": 0.0, "reads": 400} | design
    abundance = pd.Series(mirnas, dtype=float)
    return sequence_library(
        abundance,
        bundle,
        LibraryDesign(composition=composition, **settings),
        np.random.default_rng(seed),
    )


@pytest.mark.parametrize("name", KITS)
def test_an_insert_stands_where_its_kit_puts_it(bundle, name):
    kit = KITS[name]
    made = library(bundle, {MIR: 1}, clean(), kit=name, cycles=75)
    start = kit.random_before
    for read in sequences(made.fastq):
        assert read[start : start + 22] == SEQUENCE
        assert read.index(kit.adapter) >= start + 22 + kit.random_after
    if kit.umi:
        at = 22 + len(kit.adapter)
        umis = {read[at : at + kit.umi] for read in sequences(made.fastq)}
        assert len(umis) == 400


def test_isomirs_are_what_the_truth_calls_them(bundle):
    made = library(bundle, {MIR: 1}, clean(**ISOMIRS), reads=4000)
    assert made.truth["reads"].sum() == 4000
    counted = made.truth.set_index("kind")["reads"] / 4000
    for kind, share in ISOMIRS.items():
        assert abs(counted[kind] - share) < 0.03
    inserts = pd.Series([r.partition("TGGAATTCTCGG")[0] for r in sequences(made.fastq)])
    assert (inserts == SEQUENCE).mean() == counted["canonical"]
    templated = inserts.isin(
        [SEQUENCE + AFTER[:n] for n in (1, 2)] + [SEQUENCE[:-1], SEQUENCE[:-2]]
    )
    added = (
        inserts.str.startswith(SEQUENCE) & (inserts.str.len() > 22) & (inserts.str[22] != AFTER[0])
    )
    assert templated.mean() == counted["templated_3p"]
    assert added.mean() == counted["added_3p"]
    assert inserts.isin(["G" + SEQUENCE, SEQUENCE[1:]]).mean() == counted["shifted_5p"]


def test_pcr_copies_share_their_umi(bundle):
    made = library(bundle, {MIR: 1}, clean(), kit="qiaseq", copies=3.0, cycles=75, reads=2000)
    umis = {read[41:53] for read in sequences(made.fastq)}
    molecules = int(made.truth["molecules"].sum())
    assert len(umis) == molecules and 400 < molecules < 600


def test_every_class_is_there_and_other_species_only_when_asked(bundle):
    made = library(bundle, {MIR: 1}, Composition(), reads=5000, dimers=0.1)
    assert {"tRNA", "Y_RNA", "rRNA", "unknown", "dimer"} <= set(made.truth["biotype"])
    assert "other_species" not in set(made.truth["biotype"])
    # an artifact may be a piece of this very adapter, but not its begin and what follows it
    dimers = sum(read.startswith("TGGAATTCTCGGGTGCCAAGGAACTCC") for read in sequences(made.fastq))
    assert dimers == made.truth.loc[made.truth["biotype"] == "dimer", "reads"].item()
    foreign = library(bundle, {MIR: 1}, Composition(classes={"other_species": 1.0}))
    assert foreign.truth["biotype"].unique().tolist() == ["other_species"]


def test_broken_red_cells_raise_their_mirnas_and_no_other(bundle):
    mirnas = {MIR: 1, "hsa-miR-451a": 1}
    made = library(bundle, mirnas, Composition({"miRNA": 1}, haemolysis=2.0), reads=5000)
    reads = made.truth.groupby("feature")["reads"].sum()
    assert 3.6 < reads["hsa-miR-451a"] / reads[MIR] < 4.4


def test_a_mirna_that_the_reference_lacks_is_refused(bundle):
    with pytest.raises(ValueError, match="not a miRNA of the reference: 'hsa-miR-0'"):
        library(bundle, {"hsa-miR-0": 1}, clean())


def test_the_cohort_leaves_files_of_the_asked_depth_and_their_truth(tmp_path):
    design = Design(
        cases=3, controls=3, followed=0, recurring=0, reference=0, features=60, affected=5,
        low_fail=0, low_warn=0, sequenced=2, depth=300,
    )  # fmt: skip
    cohort = make_cohort(design, 1)
    write_cohort(cohort, tmp_path)
    sheet = pd.read_csv(tmp_path / "config/libraries.tsv", sep="\t")
    assert sheet["sample"].tolist() == list(cohort.libraries)
    truth = pd.read_csv(tmp_path / "truth/reads.tsv", sep="\t").groupby("sample")["reads"].sum()
    for sample, path in zip(sheet["sample"], sheet["fastq_1"], strict=True):
        packed = (tmp_path / path).read_bytes()
        assert packed[4:8] == b"\0\0\0\0"
        assert len(sequences(gzip.decompress(packed))) == truth[sample] == 300
