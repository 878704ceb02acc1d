"""Gates judge intervals, not point values, and in one order."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chi2

from evigil.errors import UserError
from evigil.gating import ORDER
from evigil.metrics import METRICS
from evigil.quality.gates import GATES, judge, summarise, verdicts
from evigil.quality.limits import fit_reference
from evigil.quality.measured import no_metrics, smallrna_metrics
from evigil.smallrna.counts import read_counts, sample_metrics
from evigil.tables import read_table, write_table


def limits(kind="share", minimum=1000, critical=True, **given_limits):
    return {
        "layer": "smallrna",
        "kind": kind,
        "minimum": minimum,
        "critical": critical,
        "lacking": "",
        **dict.fromkeys(["fail_below", "warn_below", "fail_above", "warn_above"]),
        **given_limits,
        "n": None,
        "source": "config",
        "note": "",
    }


def metrics(*rows):
    table = pd.DataFrame(rows, columns=["sample", "metric", "numerator", "denominator"])
    return table.assign(layer="smallrna").astype({"numerator": float, "denominator": float})


def judged(numerator, denominator=np.nan, **settled):
    row = metrics(["s", "m", numerator, denominator])
    return judge(row, {"metrics": {"m": limits(**settled)}}).iloc[0]


@pytest.mark.parametrize(
    ("k", "n", "verdict", "reason"),
    [
        (
            10_000,
            100_000,
            "warn",
            "m 10 % (95 % interval 9.815 % to 10.19 %) is not clearly below 10 %",
        ),
        (9_000, 100_000, "pass", ""),
        (40_000, 100_000, "fail", "m 40 % is above 30 %"),
        (20_000, 100_000, "warn", "m 20 % is above 10 %"),
        (30_000, 100_000, "warn", "m 30 % is above 10 %"),  # straddles, with reads enough to say so
        (
            2,
            8,
            "not_evaluable",
            "m 25 % (95 % interval 3.185 % to 65.09 %): 8 reads, fewer than 1,000, "
            "cannot tell it from 30 %",
        ),
        (8, 8, "fail", "m 100 % is above 30 %"),  # even eight reads can prove the worst
        (0, 0, "not_evaluable", "m cannot be computed: no reads"),
        (0, 100, "pass", ""),
    ],
)
def test_bad_when_high(k, n, verdict, reason):
    row = judged(k, n, warn_above=0.1, fail_above=0.3)
    assert (row["verdict"], row["reason"]) == (verdict, reason)


@pytest.mark.parametrize("k", [0, 1, 100, 300, 500, 700, 900, 999, 1000])
@pytest.mark.parametrize("n", [1000, 100_000])
def test_low_mirrors_high(k, n):
    k = k * n // 1000
    high = judged(k, n, warn_above=0.25, fail_above=0.5)
    low = judged(n - k, n, warn_below=0.75, fail_below=0.5)
    assert high["verdict"] == low["verdict"]
    assert high["limit"] == pytest.approx(1 - low["limit"])


@pytest.mark.parametrize(
    ("reads", "verdict", "reason"),
    [
        (38_211, "fail", "m 38,211 is below 100,000"),
        (99_300, "fail", "m 99,300 is below 100,000"),
        (99_800, "warn", "m 99,800 is below 200,000"),  # may be 100,000: nothing is proven
        (150_000, "warn", "m 150,000 is below 200,000"),
        (
            200_500,
            "warn",
            "m 200,500 (95 % interval 199,623 to 201,380) is not clearly above 200,000",
        ),
        (201_000, "pass", ""),
        (0, "fail", "m 0 is below 100,000"),
    ],
)
def test_library_size(reads, verdict, reason):
    row = judged(reads, kind="count", minimum=0, fail_below=1e5, warn_below=2e5)
    assert (row["verdict"], row["reason"]) == (verdict, reason)


def test_intervals_are_exact():
    row = judged(40, kind="count", minimum=0)
    assert row[["value", "low", "high"]].tolist() == pytest.approx(
        [40, chi2.ppf(0.025, 80) / 2, chi2.ppf(0.975, 82) / 2]
    )
    row = judged(3, 50)
    assert row[["value", "low", "high"]].tolist() == pytest.approx(
        [0.06, beta.ppf(0.025, 3, 48), beta.ppf(0.975, 4, 47)]
    )
    row = judged(30, 60, kind="ratio", minimum=50)
    low, high = beta.ppf(0.025, 30, 61), beta.ppf(0.975, 31, 60)
    assert row[["value", "low", "high"]].tolist() == pytest.approx(
        [0.5, low / (1 - low), high / (1 - high)]
    )
    row = judged(612, kind="value", minimum=0)
    assert row[["value", "low", "high"]].tolist() == [612, 612, 612]


@pytest.mark.parametrize(
    ("value", "given_limits", "verdict", "limit"),
    [
        (5, {}, "", np.nan),
        (5, {"fail_below": 6}, "fail", 6),
        (6, {"fail_below": 6}, "pass", 6),
        (5, {"warn_below": 6}, "warn", 6),  # a warning limit alone cannot fail
        (5, {"warn_above": 4}, "warn", 4),
        (5, {"fail_below": 6, "fail_above": 9}, "fail", 6),
        (10, {"fail_below": 6, "fail_above": 9}, "fail", 9),
        (8, {"fail_below": 6, "fail_above": 9, "warn_above": 7}, "warn", 7),
        (7, {"fail_below": 6, "fail_above": 9}, "pass", 6),
    ],
)
def test_one_limit_or_two_sides(value, given_limits, verdict, limit):
    row = judged(value, kind="value", minimum=0, **given_limits)
    assert row["verdict"] == verdict
    np.testing.assert_equal(row["limit"], limit)


def test_without_a_limit_the_reason_says_why():
    reference = {"metrics": {"m": limits() | {"note": "switched off"}}}
    assert judge(metrics(["s", "m", 1, 2]), reference)["reason"].tolist() == ["switched off"]


def test_a_fitted_limit_is_called_so():
    settled = limits(kind="value", minimum=0, warn_below=624.67)
    row = judge(
        metrics(["s", "m", 500, None]), {"metrics": {"m": settled | {"source": "fitted", "n": 150}}}
    )
    assert row["reason"].tolist() == [
        "m 500 is below 624.7, the limit fitted on 150 reference samples"
    ]


def test_a_metric_without_limits_of_its_own_is_refused():
    with pytest.raises(UserError, match="no metric 'm'"):
        judge(metrics(["s", "m", 1, 2]), {"metrics": {}})


NUMBERS = st.floats(0, 1)


@settings(max_examples=80, deadline=None)
@given(
    k=st.integers(0, 3000),
    n=st.integers(0, 3000),
    worse=st.integers(0, 3000),
    warn=st.one_of(st.none(), NUMBERS),
    fail=st.one_of(st.none(), NUMBERS),
    other=st.sampled_from(["pass", "warn", "fail", "not_evaluable", "not_supplied"]),
    kind=st.sampled_from(["share", "count", "ratio", "value"]),
    side=st.sampled_from(["above", "below"]),
)
def test_a_worse_value_never_improves_a_verdict_or_a_gate(
    k, n, worse, warn, fail, other, kind, side
):
    if warn is not None and fail is not None:
        warn, fail = sorted([warn, fail], reverse=side == "below")
    scale = 1 if kind in ("share", "ratio") else 3000
    given_limits = {
        f"{what}_{side}": None if limit is None else limit * scale
        for what, limit in (("warn", warn), ("fail", fail))
    }
    better, worse = sorted([k, worse], reverse=side == "below")
    if kind == "share":
        better, worse = min(better, n), min(worse, n)
    settled = limits(
        kind=kind,
        minimum=METRICS["top_feature_share"].minimum if kind == "share" else 50,
        critical=fail is not None,
        **given_limits,
    )
    table = metrics(["a", "m", better, n], ["b", "m", worse, n])
    gates = judge(table, {"metrics": {"m": settled}})
    severity = ["", "pass", "warn", "not_evaluable", "fail"]
    if fail is None:  # a warning is then the most that can be said, and more than no verdict
        severity = ["", "pass", "not_evaluable", "warn"]
    first, second = map(severity.index, gates["verdict"])
    assert first <= second
    beside = gates.assign(metric="z", verdict=other, critical=True)
    states = summarise(pd.concat([gates, beside]), "ab", ["smallrna"]).set_index(
        ["layer", "sample"]
    )
    first, second = (ORDER.index(g) for g in states.loc["smallrna", "gate"])
    assert first >= second


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans()), min_size=1, max_size=20)
)
def test_the_order_of_the_conditions(rows):
    for a, b, c, d, enough in rows:
        (low, high), (warn, fail) = sorted([a, b]), sorted([c, d])
        found = verdicts(*(np.array([x]) for x in (low, high, warn, fail)), np.array([enough]))[0]
        if low > fail:
            assert found == "fail"
        elif high <= warn:
            assert found == "pass"
        elif low <= fail < high and not enough:
            assert found == "not_evaluable"
        else:
            assert found == "warn"


def rows(*states):
    """Gates of one sample from (verdict, critical)."""
    return pd.DataFrame(
        [
            {
                "sample": "s",
                "layer": "smallrna",
                "metric": f"m{i}",
                "critical": critical,
                "verdict": verdict,
                "reason": f"r{i}",
            }
            for i, (verdict, critical) in enumerate(states)
        ],
        columns=GATES,
    )


@pytest.mark.parametrize(
    ("states", "gate", "reasons"),
    [
        ([("pass", 1), ("pass", 0)], "pass", ""),
        ([("fail", 1), ("warn", 0)], "fail", "r0; r1"),
        ([("warn", 0), ("fail", 1)], "fail", "r1; r0"),
        ([("pass", 1), ("fail", 0)], "warn", "r1"),
        ([("pass", 1), ("warn", 0)], "warn", "r1"),
        ([("warn", 1)], "warn", "r0"),
        ([("not_evaluable", 1)], "not_evaluable", "r0"),
        ([("not_evaluable", 1), ("pass", 1)], "warn", "r0"),  # half is not more than half
        ([("not_evaluable", 1), ("not_evaluable", 1), ("pass", 1)], "not_evaluable", "r0; r1"),
        ([("not_evaluable", 1), ("not_evaluable", 1), ("fail", 1)], "fail", "r2; r0; r1"),
        ([("not_evaluable", 0), ("pass", 1)], "pass", ""),
        ([("not_supplied", 1), ("pass", 1)], "pass", ""),
        (
            [("not_supplied", 1), ("not_supplied", 1), ("not_evaluable", 1), ("pass", 1)],
            "warn",
            "r2",
        ),
        ([("not_supplied", 1)], "not_supplied", "not supplied"),
        ([("", 1)], "pass", ""),
        ([], "not_supplied", "not supplied"),
    ],
)
def test_gate_of_a_layer(states, gate, reasons):
    table = summarise(rows(*((v, bool(c)) for v, c in states)), ["s"], ["smallrna"])
    assert table.to_dict("records") == [
        {"sample": "s", "layer": "smallrna", "gate": gate, "reasons": reasons},
        {"sample": "s", "layer": "specimen", "gate": "not_supplied", "reasons": "not supplied"},
    ]


def test_every_sample_of_the_sheet_has_its_rows():
    gates = rows(("pass", True))
    table = summarise(gates, ["t", "s"], ["smallrna"])
    assert table[["sample", "layer", "gate"]].to_numpy().tolist() == [
        ["s", "smallrna", "pass"],
        ["s", "specimen", "not_supplied"],
        ["t", "smallrna", "not_supplied"],
        ["t", "specimen", "not_supplied"],
    ]


def test_a_study_of_a_series_only(tmp_path):
    reference = fit_reference(no_metrics(), [], {})
    gates = judge(no_metrics(), reference)
    write_table(gates, tmp_path / "gates.tsv")
    assert (tmp_path / "gates.tsv").read_text() == "\t".join(GATES) + "\n"
    table = summarise(gates, ["s"], [])
    assert table[["sample", "layer", "gate"]].to_numpy().tolist() == [
        ["s", "specimen", "not_supplied"]
    ]
    write_table(summarise(gates, [], []), tmp_path / "samples.tsv")
    assert (tmp_path / "samples.tsv").read_text() == "sample\tlayer\tgate\treasons\n"


def counted(shared):
    folder = shared("counts/gse71008/samples.tsv").parent
    sheet = read_table(folder / "samples.tsv")
    return read_counts(folder / "mature_mirna_counts.tsv", sheet["sample"])[0]


def gates_of(values, chosen):
    metrics_of = smallrna_metrics(sample_metrics(values))
    return judge(metrics_of, fit_reference(metrics_of, chosen, {}))


def test_real_libraries_pass(shared):
    values = counted(shared)
    gates = gates_of(values, values.index)
    assert (gates["verdict"] == "fail").sum() == 0
    warned = gates[gates["verdict"] == "warn"]
    # by the frozen index one of the 150 samples is haemolysed
    assert set(warned["metric"]) <= {"haemolysis_index", "platelet_index"}
    assert (warned["metric"] == "haemolysis_index").sum() == 1


def test_a_thinned_and_a_swamped_library_are_caught(shared):
    values = counted(shared)
    thinned, swamped = values.index[3], values.index[70]
    values.loc[thinned] //= 60
    values.loc[swamped, "hsa-miR-486-5p"] += 4 * values.loc[swamped].sum()
    states = summarise(gates_of(values, values.index), values.index, ["smallrna"])
    lowered = states[states["gate"].isin(["warn", "fail"])].set_index("sample")
    assert lowered["gate"][[thinned, swamped]].to_dict() == {thinned: "fail", swamped: "warn"}
    assert lowered.at[thinned, "reasons"].startswith("transcriptome_reads ")
    assert lowered.at[swamped, "reasons"].startswith("top_feature_share ")


def test_one_sample_alone_is_judged_as_in_the_cohort(shared):
    metrics_of = smallrna_metrics(sample_metrics(counted(shared)))
    reference = json.loads(json.dumps(fit_reference(metrics_of, set(metrics_of["sample"]), {})))
    cohort = judge(metrics_of.sample(frac=1, random_state=0), reference)
    for sample in ("Sample_1S3", "Sample_N7"):
        alone = judge(metrics_of[metrics_of["sample"] == sample], reference)
        of_cohort = cohort[cohort["sample"] == sample].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, of_cohort, check_exact=True)


def test_real_numbers_of_red_cells_are_too_few_to_tell():
    """12 reads of miR-451a against 2 of miR-23a are no evidence against haemolysis."""
    samples = pd.DataFrame(
        {
            "sample": ["few", "many", "table"],
            "mir_451a_reads": [12, 1200, None],
            "mir_23a_reads": [2, 200, None],
            "haemolysis_index": [None, 0.5, None],
        }
    )
    rows = smallrna_metrics(samples)
    found = judge(rows, fit_reference(rows, [], {})).set_index(["metric", "sample"])
    assert found.loc["mir_451a_23a", "verdict"].tolist() == ["not_evaluable", "", "not_supplied"]
    index = found.loc["haemolysis_index"]
    assert index["verdict"].tolist() == ["not_evaluable", "pass", "not_supplied"]
    few = "too few of the miRNAs that it compares have reads"
    assert index["reason"].tolist() == [f"haemolysis_index cannot be computed: {few}", "", few]
