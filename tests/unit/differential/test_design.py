"""The model matrix and the words for what cannot be answered."""

import numpy as np
import pandas as pd
import pytest

from evigil.differential.admission import admit
from evigil.differential.contrasts import Contrast
from evigil.differential.design import build_design
from evigil.errors import UserError

GROUPS = {"column": "condition", "case": ("CRC",), "control": ("healthy",)}


def contrast(**keys) -> Contrast:
    return Contrast(**({"name": "x"} | (keys if "column" in keys else GROUPS | keys)))


def design_of(samples, question):
    return build_design(admit(samples, question, None).used, question)


def line(samples, question) -> str:
    with pytest.raises(UserError) as error:
        design_of(samples, question)
    return str(error.value).removeprefix("config: differential.contrasts.x")


def test_two_groups_with_covariates(samples):
    design = design_of(samples, contrast(covariates=("age", "sex", "batch")))
    assert design.formula == "~ age + sex + batch + condition"
    assert list(design.matrix) == [
        "Intercept",
        "age",
        "sex[male]",
        "batch[b2]",
        "batch[b3]",
        "condition[CRC]",
    ]
    assert design.tested == ["condition[CRC]"] and design.has_fold_change
    assert design.levels["condition"] == ["healthy", "CRC"]
    case = samples["condition"].eq("CRC").to_numpy(float)
    assert (design.matrix["condition[CRC]"].to_numpy() == case).all()
    age = samples["age"].to_numpy()
    assert design.matrix["age"].to_numpy() == pytest.approx((age - age.mean()) / age.std())
    assert design.groups.value_counts().to_dict() == {"case": 12, "control": 12}


def test_pooled_levels_are_one_group(samples):
    question = contrast(column="stage", case=("III", "IV"), control=("I",))
    design = design_of(samples[samples["stage"] != "II"], question)
    assert design.tested == ["stage[III+IV]"]
    assert design.matrix["stage[III+IV]"].sum() == 12


def test_a_numeric_column_is_in_units_of_per(samples):
    design = design_of(samples, contrast(column="age", per=10.0, covariates=("sex",)))
    assert design.tested == ["age"] and design.formula == "~ sex + age"
    slope = np.polyfit(samples["age"], design.matrix["age"], 1)[0]
    assert slope == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("column", "tested"),
    [("day", "day:condition[CRC]"), ("sex", "sex[male]:condition[CRC]")],
)
def test_an_interaction_is_one_column_beside_both_main_effects(samples, column, tested):
    design = design_of(samples, contrast(interaction=column))
    assert design.tested == [tested]
    assert design.matrix.shape[1] == 4 and np.linalg.matrix_rank(design.matrix) == 4
    main = next(c for c in design.matrix if c.startswith(column) and ":" not in c)
    product = design.matrix[main] * design.matrix["condition[CRC]"]
    assert design.matrix[tested].to_numpy() == pytest.approx(product.to_numpy())


def test_the_column_of_an_interaction_may_be_a_covariate_too(samples):
    question = contrast(interaction="sex", covariates=("sex",))
    assert design_of(samples, question).formula == "~ sex + condition + sex:condition"


def test_a_likelihood_ratio_test_tests_every_level(samples):
    design = design_of(samples, contrast(column="stage", covariates=("sex",)))
    assert design.tested == ["stage[II]", "stage[III]", "stage[IV]"]
    assert list(design.matrix)[:2] == ["Intercept", "sex[male]"] and not design.has_fold_change


def test_names_of_a_sheet_are_never_read_as_code(samples):
    odd = samples.rename(columns={"age": "__import__('os')", "batch": "C(x) - 1 : y [T.z]"})
    odd["C(x) - 1 : y [T.z]"] = odd["C(x) - 1 : y [T.z]"] + ":[T.l0]"
    named = ("__import__('os')", "C(x) - 1 : y [T.z]")
    plain = design_of(samples, contrast(covariates=("age", "batch")))
    design = design_of(odd, contrast(covariates=named))
    assert (design.matrix.to_numpy() == plain.matrix.to_numpy()).all()
    assert design.matrix.columns[2] == "C(x) - 1 : y [T.z][b2:[T.l0]]"
    assert design.formula == "~ `__import__('os')` + `C(x) - 1 : y [T.z]` + condition"


def test_the_order_of_rows_changes_nothing(samples):
    question = contrast(covariates=("age", "batch"))
    one = design_of(samples, question)
    other = design_of(samples.sample(frac=1, random_state=1), question)
    pd.testing.assert_frame_equal(one.matrix, other.matrix)


def test_aliased_terms_are_named(samples):
    nested = samples.assign(
        site=samples["condition"].map({"CRC": "A", "healthy": "B"}),
        half=samples["sex"] + samples["condition"],
    )
    said = line(nested, contrast(covariates=("age", "sex", "site")))
    assert said == (
        ": 'condition' cannot be told from 'site' in the 24 samples (aliased); "
        "no model can separate them"
    )
    said = line(nested, contrast(covariates=("sex", "age", "half")))
    assert said == (
        ".covariates: 'half' follows from 'sex' in the 24 samples (aliased); leave one out"
    )


def test_a_patient_as_covariate_pairs_repeated_draws(samples):
    paired = samples.assign(patient=samples["patient"].str[1:].astype(int) // 2).astype(
        {"patient": str}
    )
    assert "patient '0' has 2 samples (and 11 more patients)" in line(paired, contrast())
    design = design_of(paired, contrast(covariates=("patient",)))
    assert design.matrix.shape == (24, 13)
    blocked = design_of(paired, contrast(block="patient"))
    assert blocked.block is not None and blocked.block.nunique() == 12


def test_left_out_with_reasons(samples):
    samples = samples.assign(replicate_of=None)
    samples.loc[3, "replicate_of"] = "s01"
    samples.loc[5, "age"] = np.nan
    gates = pd.DataFrame({"sample": samples["sample"], "gate": "pass", "reasons": ""})
    gates.loc[7, ["gate", "reasons"]] = ["fail", "transcriptome_reads 38 is below 100"]
    gates = gates.drop(index=9)
    used, out = admit(samples, contrast(covariates=("age",)), gates)
    assert dict(zip(out["sample"], out["reason"], strict=True)) == {
        "s03": "technical replicate of s01",
        "s05": "age is missing",
        "s07": "gate fail: transcriptome_reads 38 is below 100",
        "s09": "gate not_supplied",
    }
    assert len(used) == 20
    # a column that the contrast does not use may be missing
    assert len(admit(samples, contrast(), None).used) == 23


def test_questions_in_words(samples):
    assert contrast().question == "condition: CRC against healthy"
    assert contrast(column="age", per=10.0).question == "age, per 10"
    assert contrast(interaction="day").question.endswith("healthy, change with day")
    assert contrast(column="stage").question == "stage: any difference between its levels"
