"""The pictures of every form are drawn, twice the same, and show what they say."""

import numpy as np
import pandas as pd
import pytest

from evigil.differential import figures
from evigil.differential.contrasts import Contrast
from evigil.differential.figure_data import complete, components, covariates_removed, picture
from evigil.differential.figures import write_figures, write_fold_figures
from evigil.differential.labels import placed
from evigil.differential.run import analyse

FORMS = {
    "two groups": Contrast("x", "condition", ("CRC",), ("healthy",), covariates=("age", "batch")),
    "numeric": Contrast("x", "age", per=10.0),
    "interaction": Contrast("x", "condition", ("CRC",), ("healthy",), interaction="day"),
    "levels": Contrast("x", "stage", covariates=("sex",)),
}


@pytest.fixture(autouse=True)
def few_panels(monkeypatch):
    """A panel takes a third of a second; two show what twelve do."""
    monkeypatch.setattr(figures, "BOXES", 2)


def found(samples, counts, contrast):
    facts = analyse(counts, "counts", samples, None, contrast)
    return picture(facts.table, counts, "counts", samples, facts.design, contrast)


def test_a_contrast_has_its_pictures(samples, counts, tmp_path):
    shown = found(samples, counts, FORMS["two groups"])
    names = ["p_values", "pca", "heatmap", "features"]
    write_figures(shown, {stem: tmp_path / stem for stem in names})
    write_fold_figures(shown, {stem: tmp_path / stem for stem in ("volcano", "ma")})
    names += ["volcano", "ma"]
    assert {p.name for p in tmp_path.iterdir()} == {
        f"{name}.{ending}" for name in names for ending in ("svg", "png")
    }


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("numeric", (figures.volcano, figures.features)),
        ("interaction", (figures.ma, figures.features)),
        ("levels", (figures.heat_map, figures.features, figures.pca)),
    ],
)
def test_every_form_is_drawn(name, drawn, samples, counts):
    from matplotlib.pyplot import close

    shown = found(samples, counts, FORMS[name])
    for draw in drawn:
        figure = draw(shown).draw()
        assert figure.axes
        close(figure)


def test_a_log_scale_layer_with_missing_values_is_drawn(samples):
    from matplotlib.pyplot import close

    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(20, 1, (24, 40)), index=samples["sample"].to_numpy())
    values.columns = [f"P{i:03d}" for i in range(40)]
    values = values.mask(rng.uniform(size=values.shape) < 0.2)
    contrast = FORMS["two groups"]
    facts = analyse(values, "log2", samples, None, contrast)
    shown = picture(facts.table, values, "log2", samples, facts.design, contrast)
    for draw in (figures.heat_map, figures.ma, figures.pca):
        close(draw(shown).draw())
    assert components(complete(shown))[0].notna().all(axis=None)


def test_the_covariates_part_goes_and_the_question_stays(samples, counts):
    shown = found(samples, counts, FORMS["two groups"])
    shift = samples.set_index("sample")["batch"].map({"b1": 0.0, "b2": 3.0, "b3": -1.0})
    moved = shown._replace(values=shown.values.add(shift, axis=0))
    cleaned, plain = covariates_removed(moved), covariates_removed(shown)
    centred = [values - values.mean() for values in (cleaned, plain)]
    assert np.abs(centred[0] - centred[1]).max(axis=None) < 1e-9
    coefficients = np.linalg.lstsq(shown.design.matrix, cleaned, rcond=None)[0]
    assert np.abs(coefficients[1:-1]).max() < 1e-9
    case = shown.used["condition"] == "CRC"
    raised = cleaned.loc[case, "miR-001"].mean() - cleaned.loc[~case, "miR-001"].mean()
    assert raised == pytest.approx(1, abs=0.4)


def test_components_have_a_fixed_sign():
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.normal(size=(9, 4)))
    points, shares = components(values)
    flipped, _ = components(values * -1)
    assert points.to_numpy() == pytest.approx(-flipped.to_numpy())
    assert 0 < shares[1] <= shares[0] < 1
    alone, one = components(values[[0]])
    assert len(one) == 1 and (alone["pc2"] == 0).all()


def test_names_do_not_lie_on_each_other():
    points = pd.DataFrame(
        {
            "feature": ["first", "hidden", "other", "far"],
            "x": [1.0, 1.0, -2.0, 0.0],
            "y": [5.0, 5.01, 5.0, 0.0],
        }
    )
    shown = placed(points, "x", "y", 5, points)
    assert shown["feature"].tolist() == ["first", "other", "far"]
    assert shown["ha"].tolist() == ["left", "right", "left"]
    assert placed(points, "x", "y", 1, points)["feature"].tolist() == ["first"]


def test_a_change_between_two_levels_is_shown_for_each(samples, counts):
    """Sex stands on the axis and in the label, or nobody sees what the contrast asks."""
    crossed = Contrast("x", "condition", ("CRC",), ("healthy",), interaction="sex")
    shown = found(samples, counts, crossed)
    plot = figures.features(shown)
    assert plot.labels.x == "sex"
    assert plot.data["along"].cat.categories.tolist() == ["female", "male"]
    label = figures.volcano(shown).labels.x
    assert label == "Change of log2 (CRC / healthy), sex male against female"
