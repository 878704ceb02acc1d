"""False discovery rates: arithmetic, razor groups, the picked strategy, too few targets."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.raw.fdr import (
    labels,
    picked_groups,
    q_values,
    razor_groups,
    require_targets,
)


def test_q_values_count_the_decoys_that_score_as_well_and_one_more():
    scores = np.array([9.0, 8, 7, 6, 5, 4])
    decoy = np.array([False, False, True, False, False, True])
    # (decoys + 1) / targets from each rank on: 1/1, 1/2, 2/2, 2/3, 2/4, 3/4; then the least below
    assert q_values(scores, decoy).tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.75]
    assert q_values(scores, decoy, more=0).tolist() == [0, 0, 0.25, 0.25, 0.25, 0.5]


def test_equal_scores_have_one_q_value_whatever_their_order():
    scores, decoy = np.array([2.0, 2, 2, 1]), np.array([False, True, False, False])
    expected = {True: q_values(scores, decoy)}
    turned = q_values(scores[::-1], decoy[::-1])[::-1]
    assert turned.tolist() == expected[True].tolist()
    assert len(set(turned[:3])) == 1


def test_q_values_hold_the_rate_where_every_match_is_wrong():
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(200):
        q = q_values(rng.normal(size=300), rng.random(300) < 0.5)
        passed += (q <= 0.05).any()
    # with one more decoy than was seen, a list of wrong matches is empty nearly always
    assert passed <= 0.05 * 200


def test_too_few_targets_say_what_the_runs_can_show():
    scores = np.arange(60, 0, -1.0)
    decoy = np.zeros(60, bool)
    decoy[40:] = True
    q = q_values(scores, decoy)
    require_targets(q, decoy, 0.05)
    with pytest.raises(UserError) as caught:
        require_targets(q, decoy, 0.01)
    assert str(caught.value) == (
        "proteomics: the mzML files have too few identified spectra for a false discovery rate of "
        "1%, which needs at least 100 with no decoy among them; the lowest rate that they show is "
        "2.5%, of 40 spectra"
    )


def test_shared_peptides_go_to_the_protein_with_most():
    groups = razor_groups(
        {"a": ["P1"], "b": ["P1", "P2"], "c": ["P3", "P4"], "d": ["P4", "P3"], "e": ["P2"]}
    )
    assert groups.of_peptide == {"a": "P1", "b": "P1", "c": "P3;P4", "d": "P3;P4", "e": "P2"}
    assert groups.of_protein == {"P1": "P1", "P2": "P2", "P3": "P3;P4", "P4": "P3;P4"}


def test_a_group_competes_with_its_own_decoys():
    matches = pd.DataFrame(
        [
            ("a", ("P1",), False, 5.0),
            ("x", ("P1",), True, 4.0),
            ("b", ("P2",), False, 2.0),
            ("y", ("P2",), True, 3.0),
            ("c", ("P3", "P4"), False, 1.0),
        ],
        columns=["peptide", "proteins", "decoy", "score"],
    )
    group = labels(matches, razor_groups({"a": ["P1"], "c": ["P3", "P4"]}))
    assert group.tolist() == ["P1", "P1", "P2", "P2", "P3;P4"]
    # P1 wins with 5, P2 is lost to its decoy at 3, P3;P4 follows it: 0/1, then 1 decoy of 2
    assert picked_groups(matches, group).to_dict() == {"P1": 0.0, "P3;P4": 0.5}
