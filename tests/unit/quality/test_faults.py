"""Clean samples pass, every planted fault is caught at its dose, small cohorts crash nothing."""

from types import SimpleNamespace

import pandas as pd
import pytest

from evigil.gating import BLANK, usable
from evigil.quality.assay_limits import Layer
from evigil.quality.blanks import blank_limits
from evigil.quality.identity import identity
from evigil.quality.run import gate
from evigil.quantify import quantify
from evigil.reads.protocols import known_protocols
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import Design
from evigil.smallrna.cohort import join_parts
from evigil.smallrna.counts import library_metrics, sample_metrics

CLEAN = Design(
    cases=250, controls=250, followed=0, recurring=0, reference=0, low_fail=0, low_warn=0,
    sequenced=0, features=400,
)  # fmt: skip
FAULTY = Design(
    cases=10, controls=10, followed=2, recurring=1, visits=3, reference=20, reference_draws=3,
    features=800, low_fail=2, low_warn=0, sequenced=0, haemolysed=3, blanks=4, swapped=2,
    duplicated=2, between_share=0.5,
)  # fmt: skip
#: As the simulated cohort has them: its small libraries are below the first.
LIMITS = {"transcriptome_reads": {"fail_below": 5000, "warn_below": 8000}}


def gated(counts, sheet=None):
    names = pd.DataFrame({"sample": counts.index})
    if sheet is not None and "role" in sheet:
        names = names.merge(sheet[["sample", "role"]], on="sample")
    role = names.get("role", pd.Series("sample", names.index))
    names = names.assign(role=role, reference=role == "sample")
    return gate(names, sample_metrics(counts), LIMITS, counts=counts)


@pytest.fixture(scope="module")
def faulty():
    cohort = make_cohort(FAULTY, 12)
    return cohort, gated(cohort.counts, cohort.samples)


def planted(cohort, fault):
    return cohort.truth["faults"].query("fault == @fault")["sample"].tolist()


def test_of_500_clean_samples_2_percent_fail_at_most():
    quality = gated(make_cohort(CLEAN, 11).counts)
    gates = quality.samples.query("layer == 'smallrna'")["gate"].value_counts()
    assert gates.sum() == 500
    assert gates.get("fail", 0) + gates.get("not_evaluable", 0) <= 10
    assert gates.get("warn", 0) <= 25
    verdicts = quality.gates.query("metric == 'outlier_distance'")["verdict"].value_counts()
    assert verdicts["pass"] >= 495 and set(verdicts.index) <= {"pass", "warn"}


def test_faults_of_a_table_are_caught(faulty):
    cohort, quality = faulty
    verdict = quality.gates.set_index(["metric", "sample"])["verdict"]
    samples = quality.samples.set_index(["layer", "sample"])["gate"]["smallrna"]
    haemolysed, low = planted(cohort, "haemolysed"), planted(cohort, "low_input")
    assert set(verdict["haemolysis_index"][haemolysed]) == {"warn"} and len(haemolysed) == 3
    assert set(verdict["outlier_distance"][haemolysed]) == {"warn"}
    assert set(samples[low]) == {"fail"} and len(low) == 2
    touched = set(cohort.truth["faults"]["sample"])
    others = [name for name in samples.index if name not in touched]
    assert (samples[others] == "fail").sum() == 0
    assert (verdict["haemolysis_index"][others] == "pass").all()


def test_swapped_and_duplicated_samples_are_named(faulty):
    cohort, quality = faulty
    sheet = cohort.samples.replace("", None)
    layers = {"smallrna": Layer(cohort.counts, "counts")}
    table = identity(layers, sheet, {"smallrna": usable(quality.samples, "smallrna")})
    faults = cohort.truth["faults"]
    swapped = table[(table["check"] == "visits") & (table["partner"] != "")]
    truth = faults.query("fault == 'swapped'")
    assert swapped[["sample", "partner"]].to_numpy().tolist() == (
        truth[["sample", "partner"]].to_numpy().tolist()
    )
    twice = table.query("check == 'columns'")
    pairs = faults.query("fault == 'duplicate'")[["sample", "partner"]].to_numpy()
    assert sorted(twice["sample"]) == sorted(pairs.ravel())


def test_blanks_are_compared_with_and_not_judged(faulty):
    cohort, quality = faulty
    blanks = planted(cohort, "blank")
    rows = quality.gates[quality.gates["sample"].isin(blanks)]
    assert set(rows["verdict"]) == {"", "not_supplied"}
    assert set(rows.loc[rows["verdict"] == "", "reason"]) == {BLANK}
    told = quality.samples[quality.samples["sample"].isin(blanks)]
    assert set(told.query("layer == 'smallrna'")["gate"]) == {"not_evaluable"}
    assert not usable(quality.samples, "smallrna") & set(blanks)
    found = blank_limits({"smallrna": Layer(cohort.counts, "counts")}, cohort.samples).features
    reagents = cohort.truth["faults"].query("fault == 'blank_only'")["feature"]
    assert set(reagents) <= set(found.query("blank_only == 1")["feature"])


def test_faults_of_reads_are_caught(tmp_path):
    """5 % of other species fail a sample, and a FASTQ that is there twice is named."""
    design = Design(
        cases=3, controls=3, followed=0, recurring=0, reference=0, features=300, affected=10,
        low_fail=0, low_warn=0, sequenced=3, depth=5_000, contaminated=1, duplicated_reads=1,
    )  # fmt: skip
    cohort = make_cohort(design, 3)
    write_cohort(cohort, tmp_path)
    bundle = load_reference(BUNDLED)
    bundle.write(tmp_path / "index.npz")
    chosen = [*planted(cohort, "contaminated"), *planted(cohort, "duplicate_reads")]
    chosen += cohort.truth["faults"].query("fault == 'duplicate_reads'")["partner"].tolist()
    parts = []
    for sample in chosen:
        files = (tmp_path / f"{sample}.{end}" for end in ("json", "gff3", "bam"))
        output = SimpleNamespace(**dict(zip(("part", "isomirs", "alignments"), files, strict=True)))
        fastq = str(tmp_path / f"data/fastq/{sample}.fastq.gz")
        row = {"fastq_1": fastq, "fastq_2": "", "lane": "", "protocol": "truseq"}
        settings = {"mismatches": 1, "additions": 3, "lengths": (16, 50)}
        quantify(sample, [row], known_protocols(), settings, tmp_path / "index.npz", None, output)
        parts.append(output.part)
    joined = join_parts(parts, bundle)
    metrics = library_metrics(joined)
    names = pd.DataFrame({"sample": chosen, "role": "sample", "reference": True})
    quality = gate(names, metrics, {"transcriptome_reads": {"fail_below": 500}})
    rows = quality.gates.query("metric == 'clade_contamination'").set_index("sample")
    assert rows["verdict"][chosen].tolist() == ["fail", "pass", "pass"]
    assert 0.025 < rows["value"][chosen[0]] < 0.06
    samples = quality.samples.set_index(["layer", "sample"])["gate"]["smallrna"]
    assert samples[chosen[0]] == "fail" and not (samples[chosen[1:]] == "fail").any()
    table = identity({}, cohort.samples.assign(role="sample"), {}, joined.ledger, metrics)
    assert table["sample"].tolist() == sorted(chosen[1:])
    assert set(table["check"]) == {"reads"} and set(table["verdict"]) == {"warn"}


@pytest.mark.parametrize("role", ["sample", "blank"])
def test_one_sample_or_blanks_only(role):
    counts = make_cohort(FAULTY, 12).counts
    counts = counts.iloc[-1:] if role == "sample" else counts.iloc[:3]
    sheet = pd.DataFrame({"sample": counts.index, "role": role})
    quality = gated(counts, sheet)
    gates = {"sample": "pass", "blank": "not_evaluable"}
    assert set(quality.samples.query("layer == 'smallrna'")["gate"]) == {gates[role]}
    distance = quality.gates.query("metric == 'outlier_distance'")
    assert set(distance["verdict"]) == {"not_supplied"}
    note = quality.reference["outliers"]["smallrna"]["note"]
    n = int(role == "sample")
    assert note == f"the quality reference has {n} samples, fewer than 20"
    blanks = blank_limits({"smallrna": Layer(counts, "counts")}, sheet)
    assert blanks.features.empty == (role == "sample") and blanks.samples.empty
