import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.proteomics.pivot import KEPT, Belongs, Names, Pivot
from evigil.proteomics.quantities import REASONS

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["r1", "r2", "r3"]),
        st.sampled_from(["b", "a", "c"]),
        st.integers(0, KEPT),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=30,
)


def collected(rows, parts, largest):
    pivot = Pivot("f", largest)
    for part in parts:
        runs, features, reasons, quantities = zip(*(rows[i] for i in part), strict=True)
        run = pivot.runs.codes(pa.array(runs))
        feature = pivot.features.codes(pa.array(features))
        group = pivot.groups.names.codes(pa.array([f"P{name}" for name in features]))
        kept = np.array(reasons) == KEPT
        pivot.describe(feature[kept], group[kept], None, None, None)
        pivot.add(run, feature, np.array(reasons, np.int8), np.array(quantities, float))
    return pivot


@given(ROWS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_any_parts_in_any_order_give_what_pandas_gives(rows, size, random):
    table = pd.DataFrame(rows, columns=["run", "feature", "reason", "quantity"])
    kept = table[table["reason"] == KEPT]
    random.shuffle(rows)
    parts = [range(i, min(i + size, len(rows))) for i in range(0, len(rows), size)]
    pivot = collected(rows, parts, largest=True)
    if kept.empty:
        with pytest.raises(UserError, match=rf"^f: no row of {len(rows)} can be used \("):
            pivot.quantities("e", "l", "ion")
        return
    found = pivot.quantities("e", "l", "ion")
    largest = kept.pivot_table(index="run", columns="feature", values="quantity", aggfunc="max")
    runs = sorted(set(table["run"]))
    expected = np.log2(largest.astype(float)).reindex(runs)
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert list(found.features["protein_group"]) == [f"P{name}" for name in largest]
    for run in runs:
        own = table[table["run"] == run]
        unique = own[own["reason"] == KEPT]["feature"].nunique()
        ledger = found.ledger.loc[run]
        assert ledger["rows"] == len(own) == ledger.drop("rows").sum()
        assert ledger["kept"] == unique
        for place, reason in enumerate(REASONS):
            more = (own["reason"] == KEPT).sum() - unique if reason == "duplicate" else 0
            assert ledger[reason] == (own["reason"] == place).sum() + more


def test_quantities_that_differ_are_refused_with_the_first_by_name():
    rows = [("r2", "a", KEPT, 1), ("r1", "c", KEPT, 1), ("r1", "b", KEPT, 2)]
    rows += [("r2", "a", KEPT, 2), ("r1", "c", KEPT, 1), ("r1", "b", KEPT, 3)]
    pivot = collected(rows, [range(3), range(3, 6)], largest=False)
    with pytest.raises(UserError, match="^f: run 'r1' has two quantities of 'b'; two runs of"):
        pivot.quantities("e", "l", "ion")
    same = collected(rows[:3] * 2, [range(6)], largest=False).quantities("e", "l", "ion")
    assert same.ledger["duplicate"].tolist() == [2, 1]


def test_names_keep_their_numbers():
    names = Names()
    assert names.codes(pa.array(["b", " a ", None, "b"])).tolist() == [0, 1, 2, 0]
    assert names.codes(pa.array(["c", "a", ""]).dictionary_encode()).tolist() == [3, 1, 2]
    assert names.texts().tolist() == ["b", "a", "", "c"] and names.texts(3).tolist() == ["c"]
    assert names.codes(pa.array([None], pa.string())).tolist() == [2] and len(names) == 4


def test_an_owner_without_a_name_gives_way():
    names = Names()
    owners = names.codes(pa.array(["", "z", "y"]))
    belongs = Belongs(names)
    belongs.learn(np.array([0, 0, 0, 2]), owners[[0, 1, 0, 1]])
    assert belongs.of.tolist() == [1, -1, 1]
    belongs.learn(np.array([0, 2]), owners[[2, 0]])
    assert belongs.of.tolist() == [2, -1, 1]


def test_logarithms_under_an_engines_names_are_refused():
    rows = [(f"r{i % 4}", f"ion {i // 4}", KEPT, 18 + i / 4) for i in range(32)]
    with pytest.raises(UserError, match=r"^f: its largest quantity is 25.75: logarithms\? Give"):
        collected(rows, [range(32)], largest=False).quantities("e", "l", "ion")
    few = collected(rows, [range(28)], largest=False).quantities("e", "l", "ion")
    assert few.values.shape == (4, 7)
