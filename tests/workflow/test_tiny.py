"""The tiny study has every stage, and is small and fast enough to be run again and again."""

import pandas as pd

from evigil.check import check
from evigil.config_file import load_yaml
from evigil.plan import Plan
from evigil.study import Study


def test_every_stage_is_in_it(tiny_study):
    plan = Plan(Study.from_config(load_yaml(tiny_study / "config" / "config.yaml"), tiny_study))
    # tests/workflow/test_proteomics.py has a study of these two
    empty = [stage for stage, files in plan.files().items() if not files]
    assert empty == ["proteomics", "layers"]
    assert min(plan.jobs().values()) > 0


def test_four_patients_are_followed_over_two_visits(tiny):
    visits = pd.read_csv(tiny / "results/monitoring/watch/visits.tsv", sep="\t")
    followed = visits.groupby("patient").size()
    assert (followed == 2).sum() == 4 and (followed > 2).sum() == 0
    # every visit after surgery is judged: the reference is large enough for personal limits
    later = visits.groupby("patient").tail(1)
    judged = later[later["patient"].isin(followed.index[followed == 2])]["call"]
    assert set(judged) <= {"no_significant_change", "rising", "alert", "not_reportable"}
    assert len(list((tiny / "results/reports/patients").glob("*.html"))) == len(followed)


def test_nothing_is_noted(tiny_study):
    lines = check(tiny_study / "config" / "config.yaml", tiny_study)
    assert [line for line in lines if line.startswith("note:")] == []
