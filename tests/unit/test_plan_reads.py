"""Which files a job of a sample, or of its batch, is told of: all that it reads, and no more."""

from types import SimpleNamespace

import pandas as pd

from evigil.plan_reads import NO_BATCH, VOTERS, ReadsPlan


def plan(samples: dict[str, tuple[str | None, str, str]], with_batch: bool = True) -> ReadsPlan:
    """The plan of samples with batch, role and protocol; two lanes of each."""
    table = pd.DataFrame(
        [{"sample": s, "batch": batch, "role": role} for s, (batch, role, _) in samples.items()]
    )
    rows = [
        {
            "sample": s,
            "fastq_1": f"{s}_{lane}_1.fq",
            "fastq_2": f"{s}_{lane}_2.fq",
            "lane": lane,
            "protocol": protocol,
        }
        for s, (_, _, protocol) in samples.items()
        for lane in "ab"
    ]
    study = SimpleNamespace(
        samples=table if with_batch else table.drop(columns="batch"),
        libraries=pd.DataFrame(rows),
        config=SimpleNamespace(smallrna=None),
    )
    return ReadsPlan(study)


def of(sample: str) -> SimpleNamespace:
    return SimpleNamespace(sample=sample)


def batch(name: str) -> SimpleNamespace:
    return SimpleNamespace(batch=name)


def test_a_batch_speaks_through_its_first_samples_and_never_through_blanks():
    names = [f"s{i}" for i in range(8)]
    made = plan({"s": ("x", "blank", "auto"), **{n: ("x", "sample", "auto") for n in names[::-1]}})
    assert made.batch(of("s")) == made.batch(of("s7")) == ["results/smallrna/batches/x.json"]
    assert made.voting() == ["x"]
    speaking = names[:VOTERS]
    assert made.voters(batch("x")) == [made.libraries(of(name)) for name in speaking]
    # every file that the vote opens is an input of its job; mates are not opened
    assert made.voters_reads(batch("x")) == [f"{n}_{lane}_1.fq" for n in speaking for lane in "ab"]
    assert made.fastqs(of("s1")) == ["s1_a_1.fq", "s1_b_1.fq", "s1_a_2.fq", "s1_b_2.fq"]


def test_who_declares_or_has_no_company_asks_nobody():
    made = plan(
        {
            "alone": ("a", "sample", "auto"),
            "blank": ("c", "blank", "auto"),
            "declared": ("b", "sample", "truseq"),
            "undeclared": ("b", "sample", "auto"),
        }
    )
    assert [made.batch(of(s)) for s in ("alone", "blank", "declared")] == [[], [], []]
    assert made.batch(of("undeclared")) == ["results/smallrna/batches/b.json"]
    assert made.voting() == ["b"]


def test_without_a_batch_all_samples_are_one():
    samples = {"a": ("1", "sample", "auto"), "b": ("2", "sample", "auto")}
    assert plan(samples).voting() == []
    assert plan(samples, with_batch=False).voting() == [NO_BATCH]
    assert plan({s: (None, "sample", "auto") for s in "ab"}).voting() == [NO_BATCH]


def test_a_batch_is_named_by_itself_whoever_is_of_it():
    samples = {"b": ("run 1/2", "sample", "auto"), "c": ("run 1/2", "sample", "auto")}
    (name,) = plan(samples).voting()
    assert name.startswith("run-1-2-")
    assert plan({"a": ("run 1/2", "sample", "auto"), **samples}).voting() == [name]
    assert plan({s: (NO_BATCH, "sample", "auto") for s in "ab"}).voting() != [NO_BATCH]


def test_who_is_added_behind_those_that_speak_changes_nothing_for_the_others():
    samples = {f"s{i}": ("x", "sample", "auto") for i in range(VOTERS)}
    before, after = plan(samples), plan({**samples, "t": ("x", "sample", "auto")})
    assert before.voters_reads(batch("x")) == after.voters_reads(batch("x"))
    assert before.voters(batch("x")) == after.voters(batch("x"))
