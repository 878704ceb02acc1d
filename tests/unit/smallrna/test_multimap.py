import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evigil.smallrna.multimap import divide, largest_remainder


def pairs(rows):
    unique = np.array([u for u, features in enumerate(rows) for _ in features])
    return unique, np.array([f for features in rows for f in features])


def test_unique_evidence_divides_what_is_shared():
    unique, feature = pairs([[0], [1], [0, 1]])
    weight, exclusive = divide(unique, feature, np.ones(4), np.array([30, 10, 100]), 3)
    # 30 to 10 is the fixed point: (30 + 75) to (10 + 25)
    assert weight.tolist() == pytest.approx([1, 1, 0.75, 0.25], abs=1e-6)
    assert exclusive.tolist() == [30, 10, 0]


def test_no_evidence_shares_by_likelihood():
    unique, feature = pairs([[0, 1], [2, 3]])
    weight, exclusive = divide(unique, feature, np.array([1, 1, 0.9, 0.9]), np.array([7, 5]), 4)
    assert weight.tolist() == pytest.approx([0.5] * 4)
    assert exclusive.sum() == 0


def test_one_read_of_evidence_does_not_take_all():
    unique, feature = pairs([[0], [0, 1]])
    weight, _ = divide(unique, feature, np.ones(3), np.array([1, 1000]), 2)
    assert 0.5 < weight[1] < 0.55


def test_strong_evidence_takes_all():
    unique, feature = pairs([[0], [0, 1]])
    weight, _ = divide(unique, feature, np.ones(3), np.array([1000, 1000]), 2)
    assert weight[2] < 1e-9


def test_likelihood_tells_nested_features_apart():
    """Feature 1 is feature 0 shortened: reads of 0 are likelier there, and so on."""
    unique, feature = pairs([[0, 1], [0, 1]])
    weight, _ = divide(unique, feature, np.array([1.0, 0.01, 0.01, 1.0]), np.array([900, 100]), 2)
    reads = np.bincount(feature, weights=weight * np.array([900, 900, 100, 100]))
    # the maximum of the likelihood, by hand
    assert reads.tolist() == pytest.approx([908.08, 91.92], abs=0.01)


@given(st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=20), st.data())
def test_shares_sum_to_one(rows, data):
    unique, feature = pairs([sorted(r) for r in rows])
    count = np.array(
        data.draw(st.lists(st.integers(0, 10**9), min_size=len(rows), max_size=len(rows)))
    )
    weight, exclusive = divide(unique, feature, np.ones(len(unique)), count, 6)
    assert np.allclose(np.bincount(unique, weights=weight), 1)
    assert (weight >= 0).all()
    assert exclusive.sum() == sum(c for r, c in zip(rows, count, strict=True) if len(r) == 1)
    exact = np.bincount(feature, weights=weight * count[unique], minlength=6)
    total = np.array([count.sum()])
    whole = largest_remainder(exact, np.zeros(6, int), total)
    assert whole.sum() == count.sum() and (whole >= 0).all()


def test_largest_remainder_keeps_the_sum_of_each_group():
    exact = np.array([1.5, 0.5, 2.25, 0.75, 3.0])
    group = np.array([0, 0, 1, 1, 1])
    assert largest_remainder(exact, group, np.array([2, 6])).tolist() == [2, 0, 2, 1, 3]


def test_largest_remainder_forgives_the_last_bits():
    exact = np.array([0.1 + 0.2 + 0.7 - 1e-12, 2.0000000001])
    assert largest_remainder(exact, np.zeros(2, int), np.array([3])).tolist() == [1, 2]
