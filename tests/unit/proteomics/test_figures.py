"""Pictures of the proteins: the numbers behind them, at any number of samples."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from evigil.figures import save
from evigil.metrics_proteomics import CHARACTER
from evigil.proteomics import figure_data
from evigil.proteomics.figures import (
    PICTURES,
    character_plot,
    identification_plot,
    intensity_plot,
    missingness_plot,
    quality_plot,
    write_figures,
)

NAN = float("nan")


def make_values(n, groups=40, seed=1):
    rng = np.random.default_rng(seed)
    level = rng.normal(20, 3, groups)
    values = level + rng.normal(0, 1, (n, groups)) + rng.normal(0, 1, (n, 1))
    return pd.DataFrame(values, [f"s{i:03d}" for i in range(n)]).mask(
        rng.random((n, groups)) < 1 / (1 + np.exp(level - 18))
    )


def make_samples(values):
    table = pd.DataFrame({"sample": values.index, "proteins": values.notna().sum(axis=1).tolist()})
    for i, column in enumerate(CHARACTER):
        table[column] = np.linspace(0.01, 0.1, len(values)) * (1 + i % 3)
    return table


def normalised(values):
    return values.sub(values.median(axis=1), axis=0)


def test_missingness():
    values = pd.DataFrame({"a": [1.0, 3.0], "b": [NAN, 5.0], "c": [NAN, NAN]})
    table = figure_data.missingness(values)
    assert table.to_dict("index") == {
        "a": {"level": 2, "missing": 0},
        "b": {"level": 5, "missing": 0.5},
    }


@pytest.mark.parametrize("n", [1, 2, 5, 500])
def test_every_group_is_in_a_cell_and_shares_are_in_the_middle_of_theirs(n):
    groups = figure_data.missingness(make_values(n))
    cells = figure_data.cells(groups)
    assert cells["groups"].sum() == len(groups)
    if n < 10:
        rows = np.sort(cells["missing"].unique())
        assert np.abs(rows[:, None] - groups["missing"].unique()).min(axis=1).max() < 0.5 / n
    assert len(figure_data.along(groups)) <= 20


def test_points_of_plasma_quality():
    samples = make_samples(make_values(2)).assign(platelet_share=[0.0, NAN])
    points = figure_data.quality_points(samples)
    published = points[(points["kind"] == figure_data.PUBLISHED)]
    assert published["value"].tolist()[0] == 1e-6
    assert len(points) == 5 * 2 - 1
    assert figure_data.rows(points, True).tolist()[:2] == [1, 1]


def test_ranks_where_names_do_not_fit():
    points = figure_data.quality_points(make_samples(make_values(3)).iloc[::-1])
    rows = figure_data.rows(points, False)
    first = points["panel"].eq(points["panel"].iloc[0]) & points["kind"].eq(figure_data.SAFE)
    assert rows[first].tolist() == [2, 1, 0]


def test_quantiles():
    values = pd.DataFrame([[1.0, 2, 3, 4, 5, NAN], [NAN] * 6], ["a", "b"])
    table = figure_data.level_quantiles(values, values + 1)
    assert table["sample"].tolist() == ["a", "a"]
    assert table["state"].tolist() == ["as measured", "normalised"]
    assert table[["q25", "q50", "q75"]].to_numpy().tolist() == [[2, 3, 4], [3, 4, 5]]


@pytest.mark.parametrize("n", [1, 61])
def test_pictures_at_any_number_of_samples(n):
    values = make_values(n)
    samples = make_samples(values)
    plots = [
        identification_plot(samples),
        missingness_plot(figure_data.missingness(values)),
        character_plot(samples),
        quality_plot(figure_data.quality_points(samples)),
        intensity_plot(figure_data.level_quantiles(values, normalised(values))),
    ]
    for plot in plots:
        assert plot.labels.x != "sample"
    assert plots[0].labels.x == ("" if n <= 60 else "61 samples")
    for plot in plots:
        figure = plot.draw()
        assert figure.axes
        pyplot.close(figure)


def test_batches_have_colours_and_stand_together():
    samples = make_samples(make_values(70)).assign(table_batch=["p2", "p1"] * 35)
    plot = identification_plot(samples)
    batch = plot.data.set_index("sample")["batch"][plot.data["sample"].cat.categories]
    assert batch.tolist() == ["p1"] * 35 + ["p2"] * 35
    many = samples.assign(table_batch=[str(i) for i in range(70)])
    assert identification_plot(many).data["batch"].unique().tolist() == [""]


def test_nothing_to_draw_is_said(tmp_path):
    values = make_values(3)
    empty = values.mask(values.notna())
    samples = make_samples(values).assign(**dict.fromkeys(CHARACTER, NAN), proteins=0)
    stems = {name: tmp_path / name for name in PICTURES}
    write_figures(samples, empty, empty, stems)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        f"{name}.{ending}" for name in PICTURES for ending in ("png", "svg")
    )
    assert character_plot(samples).data["text"][0].startswith("Nothing to draw: no protein of the")


def test_the_same_bytes(tmp_path):
    values = make_values(6)
    for name in ("one", "two"):
        quantiles = figure_data.level_quantiles(values, normalised(values))
        save(intensity_plot(quantiles), tmp_path / name)
    for ending in ("svg", "png"):
        one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two"))
        assert one == two
