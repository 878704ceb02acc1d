"""Samples from FASTQ to their gate: what is wrong with one fails it, in words, and it alone."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evigil.quality.run import gate
from evigil.quantify import quantify, vote
from evigil.reads.digest import digest
from evigil.reads.library import Library, at_hand
from evigil.reads.protocols import known_protocols, load_protocols
from evigil.rna.bundle import Bundle
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.inserts import PLASMA, Composition
from evigil.simulate.reads import LibraryDesign, sequence_library
from evigil.smallrna.assign import assign
from evigil.smallrna.cohort import join_parts
from evigil.smallrna.counts import library_metrics

READS = 10_000
SETTINGS = {"mismatches": 1, "additions": 3, "lengths": (16, 50)}
#: A tenth of the depth that the metric is made for, as the files have a tenth of the reads.
GATES = {"transcriptome_reads": {"fail_below": 2000, "warn_below": 3000}}
FOREIGN = Composition(classes=PLASMA | {"other_species": 0.2})
DESIGNS = {
    "contradicts": LibraryDesign(reads=READS),
    "declared": LibraryDesign(reads=READS),
    "dimers": LibraryDesign(reads=READS, dimers=0.65),
    "foreign": LibraryDesign(reads=READS, composition=FOREIGN),
    "right": LibraryDesign(reads=READS),
    "few": LibraryDesign(reads=600, kit="nextflex", cycles=76),
    "batch": LibraryDesign(reads=5000, kit="nextflex", cycles=76),
}
DECLARED = {"contradicts": "qiaseq", "declared": "truseq", "trimmed_declared": "trimmed"}


def cut(fastq: bytes, adapter: bytes = b"TGGAATTCTC") -> bytes:
    """The reads of a FASTQ without the adapter; where that has an error, it stays."""
    lines = fastq.split(b"\n")
    for i in range(1, len(lines), 4):
        lines[i] = lines[i].split(adapter)[0] or lines[i]
        lines[i + 2] = lines[i + 2][: len(lines[i])]
    return b"\n".join(lines)


def noise() -> bytes:
    """A FASTQ of random bases."""
    bases = np.random.default_rng(4).choice(list(b"ACGT"), (READS, 76)).astype(np.uint8)
    return b"".join(b"@r\n%s\n+\n%s\n" % (row.tobytes(), b"I" * 76) for row in bases)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Every sample, quantified and put together."""
    folder = tmp_path_factory.mktemp("samples")
    bundle = load_reference(BUNDLED)
    bundle.write(folder / "index.npz")
    names = bundle.features["name"][bundle.features["biotype"] == "miRNA"]
    levels = pd.Series(np.random.default_rng(5).lognormal(0, 2.5, len(names)), names)
    fastqs = {"none": noise()}
    for seed, (sample, design) in enumerate(DESIGNS.items()):
        made = sequence_library(levels, bundle, design, np.random.default_rng(seed))
        fastqs[sample] = made.fastq
    fastqs["trimmed"] = fastqs["trimmed_declared"] = cut(fastqs["right"])
    libraries = {}
    for sample, text in fastqs.items():
        path = folder / f"{sample}.fastq"
        path.write_bytes(text)
        row = {"fastq_1": str(path), "fastq_2": "", "lane": ""}
        libraries[sample] = [row | {"protocol": DECLARED.get(sample, "auto")}]
    one, two = libraries["right"][0], libraries["batch"][0]
    libraries["lanes"] = [one | {"lane": "1"}, two | {"lane": "2"}]
    # the mates of the pairs before
    mates = cut(fastqs["right"]).translate(bytes.maketrans(b"ACGT", b"TGCA")).split(b"\n")
    mates = [line[::-1] for line in mates[1::4]]
    text = b"".join(b"@r\n%s\n+\n%s\n" % (m, b"I" * len(m)) for m in mates[-1:] + mates[:-1])
    (folder / "mates.fastq").write_bytes(text)
    libraries["out_of_step"] = [one | {"fastq_2": str(folder / "mates.fastq")}]
    protocols = known_protocols()
    vote([libraries["batch"], libraries["none"]], protocols, folder / "batch.json")
    parts = []
    for sample in libraries:
        files = {name: str(folder / f"{sample}.{name}") for name in ("json", "gff3", "bam")}
        output = SimpleNamespace(part=files["json"], isomirs=files["gff3"], alignments=files["bam"])
        index, batch = folder / "index.npz", folder / "batch.json"
        quantify(sample, libraries[sample], protocols, SETTINGS, index, batch, output)
        parts.append(output.part)
    return join_parts(parts, Bundle.read(folder / "index.npz"))


@pytest.fixture(scope="module")
def measured(cohort) -> pd.DataFrame:
    return library_metrics(cohort).set_index("sample")


@pytest.fixture(scope="module")
def gates(measured) -> pd.DataFrame:
    samples = pd.DataFrame({"sample": measured.index, "reference": True})
    return gate(samples, measured.reset_index(), GATES).samples.set_index("sample")


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("dimers", "adapter_dimer_share"),
        ("foreign", "clade_contamination"),
        ("contradicts", "declared qiaseq, but the reads look like truseq: its adapter is in"),
        ("none", "no known adapter is in more than 0.0% of the reads"),
        ("lanes", "lanes of two kits: lane 1 looks like truseq, not like nextflex_4n: "),
        ("out_of_step", "of the pairs: the two files seem out of step"),
        ("trimmed", "if the reads were trimmed, declare it: protocol trimmed"),
    ],
)
def test_what_is_wrong_with_a_sample_fails_it_with_the_reason(gates, sample, reason):
    of_sample = gates[gates["layer"] == "smallrna"].loc[sample]
    assert of_sample["gate"] == "fail"
    assert reason in of_sample["reasons"]


@pytest.mark.parametrize("sample", ["right", "declared", "trimmed_declared"])
def test_what_is_right_does_not_fail(gates, measured, sample):
    assert gates[gates["layer"] == "smallrna"].at[sample, "gate"] in ("pass", "warn")
    assert measured.at[sample, "protocol_contradiction"] == 0


def test_another_species_is_named(measured):
    assert measured.at["foreign", "clade_share"] > 0.05
    assert measured.at["right", "clade_share"] == 0
    assert measured.at["foreign", "foreign_clade"].count(",") > 3


def test_a_sample_with_few_reads_takes_the_protocol_of_its_batch(measured):
    assert measured.loc["few", ["library_protocol", "protocol_verdict"]].tolist() == [
        "nextflex_4n",
        "borrowed",
    ]
    assert measured.at["few", "mirna_share"] > 0.4


def test_trimmed_reads_count_as_those_with_the_adapter(cohort):
    x = pd.DataFrame(cohort.counts.layers["X"].toarray(), cohort.counts.samples)
    right, trimmed = x.loc["right"], x.loc["trimmed_declared"]
    assert (trimmed - right).abs().sum() < 0.02 * right.sum()  # adapters with an error in 1.2 %


def test_every_read_of_each_has_one_fate(cohort):
    fates = cohort.ledger.set_index("sample").drop(columns="reads").sum(axis=1)
    assert fates.to_dict() == cohort.ledger.set_index("sample")["reads"].to_dict()


def test_random_bases_of_real_reads_hide_the_mirna(shared):
    """More than 20 times as many with their removal, in the six files together and in each."""
    protocols, bundle = load_protocols(), load_reference(BUNDLED)

    def mirna(path: str, protocol: str) -> int:
        digested = digest([Library(path)], protocols, declared=protocol)
        return assign(digested, bundle).ledger["miRNA"]

    for number in range(1, 7):
        path = str(shared(f"fastq/nextflex4n/sample0{number}.fastq.gz"))
        assert mirna(path, "nextflex_4n") > 20 * mirna(path, "truseq")


def test_files_are_named_where_a_job_has_them():
    rows = [
        {"fastq_1": "a_1.fq", "fastq_2": "a_2.fq", "lane": "1", "protocol": "auto"},
        {"fastq_1": "b_1.fq", "fastq_2": "", "lane": "2", "protocol": "auto"},
    ]
    (here,) = at_hand([rows], ["s3/a_1.fq", "s3/b_1.fq", "s3/a_2.fq"])
    assert [(row["fastq_1"], row["fastq_2"]) for row in here] == [
        ("s3/a_1.fq", "s3/a_2.fq"),
        ("s3/b_1.fq", ""),
    ]
    assert [row["lane"] for row in here] == ["1", "2"]
    # a vote opens no mates
    first, second = at_hand([rows[:1], rows[1:]], ["s3/a_1.fq", "s3/b_1.fq"])
    assert (first[0]["fastq_1"], first[0]["fastq_2"]) == ("s3/a_1.fq", "")
    assert second[0]["fastq_1"] == "s3/b_1.fq"
