"""Pictures of quality: what they show, what they say of nothing, and the same bytes every time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evigil.figures import plain, save
from evigil.quality.batch import Batch, Layer, compared, describe
from evigil.quality.figures import (
    CHARTS,
    SHOWN,
    chart_plot,
    gate_plot,
    variance_plot,
    write_figures,
)
from evigil.quality.points import DATES, LEVELS, OTHERS, _levels, write_points


def verdicts(n: int, lowered: dict[int, str]) -> pd.DataFrame:
    """Give two metrics of n samples, one of which was never supplied; some lowered in the other."""
    samples = [f"s{i:04d}" for i in range(n)]
    one = pd.DataFrame({"sample": samples, "layer": "smallrna", "metric": "mirna_share"})
    one["verdict"] = [lowered.get(i, "pass") for i in range(n)]
    other = one.assign(metric="q30_share", verdict="not_supplied")
    return pd.concat([one, other], ignore_index=True)


def message(plot) -> str:
    return plot.data["text"].iloc[0]


def test_few_samples_are_all_shown_the_worst_on_top():
    plot = gate_plot(verdicts(5, {3: "fail", 1: "warn", 2: "not_evaluable"}))
    assert list(plot.data["sample"].cat.categories)[::-1] == [
        *("s0003", "s0001", "s0002", "s0000", "s0004")
    ]
    assert set(plot.data["metric"]) == {"mirna share"}
    assert plot.labels.title.replace("\n", " ") == (
        "5 samples by their worst metric: 1 fail, 1 warn, 1 not evaluable, 2 pass"
    )
    marks = plot.data.set_index("sample")["mark"]
    assert marks[["s0003", "s0001", "s0002", "s0000"]].tolist() == ["×", "!", "?", ""]


def test_of_many_samples_those_that_do_not_pass_are_shown():
    plot = gate_plot(verdicts(SHOWN + 1, {7: "warn"}))
    assert plot.data["sample"].tolist() == ["s0007"]
    assert plot.labels.title.replace("\n", " ") == (
        f"{SHOWN + 1} samples by their worst metric: 1 warn, {SHOWN} pass (not drawn)"
    )
    plot = gate_plot(verdicts(200, dict.fromkeys(range(0, 160, 2), "fail")))
    assert plot.data["sample"].nunique() == SHOWN
    assert plot.labels.title.replace("\n", " ") == (
        f"200 samples by their worst metric: 80 fail, 120 pass; the worst {SHOWN} are drawn"
    )


def test_blanks_are_not_counted():
    rows = verdicts(5, {3: "fail", 4: ""})
    plot = gate_plot(rows)
    assert plot.labels.title.replace("\n", " ") == "4 samples by their worst metric: 1 fail, 3 pass"
    assert "s0004" not in set(plot.data["sample"])


def test_metrics_of_several_layers_are_told_apart():
    rows = pd.concat([verdicts(3, {1: "fail"}), verdicts(3, {}).assign(layer="specimen")])
    assert set(gate_plot(rows).data["metric"]) == {"smallrna: mirna share", "specimen: mirna share"}


def test_gates_that_have_nothing_to_show_say_so():
    assert message(gate_plot(verdicts(SHOWN + 1, {}))) == (
        f"All {SHOWN + 1} samples pass every metric that was measured of them."
    )
    assert message(gate_plot(verdicts(3, {}).iloc[:0])).startswith("No metric")


def chart(metric: str, signal: str, points: int = 6) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": "smallrna",
            "metric": metric,
            "covariate": "batch",
            "position": np.arange(1.0, points + 1),
            "value": np.arange(points) * 1.0,
            "center": 2.5,
            "lower": 0.0,
            "upper": 5.0 if points > 4 else np.nan,
            "moving_range": [np.nan, *[1.0] * (points - 1)],
            "range_limit": 3.0 if points > 4 else np.nan,
            "signal": ["", signal] + [np.nan] * (points - 2),
        }
    )


def test_charts_with_a_signal_come_first():
    charts = [chart(f"m{i:02d}", "level" if i == 15 else "") for i in range(20)]
    plot = chart_plot(pd.concat([chart("few", "", 3), *charts]))
    panels = list(plot.data["panel"].cat.categories)
    assert panels[:2] == ["m15 by batch, median", "m15 by batch, moving range"]
    assert len(panels) == 2 * CHARTS and not any("few" in panel for panel in panels)
    assert plot.labels.title == f"{CHARTS} of 21 charts, those with a signal first"
    beyond = plot.data[plot.data["out"] == "beyond a limit"]
    assert beyond[["panel", "position"]].to_numpy().tolist() == [["m15 by batch, median", 2]]
    # the first batch has no moving range
    assert (plot.data["panel"] == panels[1]).sum() == 5


def test_charts_that_say_nothing_are_named_and_not_drawn():
    still = chart("heparin_tube", "").assign(value=1.0, moving_range=[np.nan, *[0.0] * 5])
    plot = chart_plot(pd.concat([chart("moves", ""), still]))
    assert set(plot.data["panel"]) == {"moves by batch, median", "moves by batch, moving range"}
    assert plot.labels.title == "The same in every batch, not drawn: heparin tube"
    assert message(chart_plot(still)).startswith("No quality attribute changes")


def test_of_two_batches_there_is_no_line_to_draw(tmp_path):
    # plotnine warns of a line of one point, and a warning fails a test
    plot = chart_plot(chart("few", "", 2))
    assert plot.labels.title == "Too few batches for limits"
    assert set(plot.data["out"]) == {"no limit yet"}
    save(plot, tmp_path / "two")


def test_dates_and_long_numbers_are_written_out():
    assert DATES["collected"]([737791.2, 738156]) == ["2021-01-01", "2022-01-01"]
    assert plain([0, 0.96574, 4e6]) == ["0", "0.96574", "4,000,000"]


def test_nothing_to_chart_or_to_compare_is_said():
    assert message(chart_plot(chart("m", "").iloc[:0])).startswith("No batch, run or lot")
    assert message(chart_plot(chart("m", "").iloc[:1])).startswith("No batch, run or lot")
    nothing = pd.DataFrame(columns=["layer", "covariate", "explained", "unique"])
    assert message(variance_plot(nothing, nothing)).startswith("No covariate")


def test_rare_levels_share_a_colour():
    values = pd.Series([*"aaabbbccddeeffgghhii", np.nan, "z"])
    named = _levels(values)
    assert len(named.cat.categories) == LEVELS + 1
    assert list(named.cat.categories) == [*"abcdef", OTHERS, "missing"]
    assert _levels(pd.Series(["10", "2", "1"])).cat.categories.tolist() == ["1", "2", "10"]


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, pd.DataFrame, Batch]:
    rng = np.random.default_rng(4)
    n = 30
    sheet = pd.DataFrame(
        {
            "sample": [f"s{i:02d}" for i in range(n)],
            "role": "sample",
            "batch": [str(i % 5) for i in range(n)],
        }
    )
    rows = sheet[["sample"]].assign(layer="smallrna", verdict="pass")
    gates = rows.assign(metric="haemolysis_index", value=rng.normal(size=n))
    values = pd.DataFrame(rng.poisson(50, (n, 20)), sheet["sample"]).add_prefix("f")
    samples = rows.assign(gate="pass", reasons="")
    layers = {"smallrna": Layer(values.rename_axis(None), "counts")}
    return sheet, gates, describe(sheet, [], ["condition"], gates, samples, layers)


def test_every_picture_is_drawn_and_the_same_twice(study, tmp_path):
    sheet, gates, found = study
    names = ("gates", "variance", "control_charts")
    stems: dict[str, str | Path] = {name: tmp_path / name for name in names}
    write_figures(gates, found.batch, found.variance, found.control_charts, stems)
    points, covariates = found.components, compared(sheet, [], ["condition"], gates)[0]
    umap = points[["layer", "correction", "sample"]].assign(umap1=points["pc1"], umap2=0.5)
    for folder, laid_out in (("one", umap), ("two", umap.iloc[:0])):
        stems = {name: tmp_path / folder / name for name in ("pca", "umap")}
        write_points(points, laid_out, found.batch, covariates, "smallrna", stems)
    assert len(list(tmp_path.glob("*.svg"))) == len(list(tmp_path.glob("*.png"))) == 3
    for end in ("svg", "png"):
        first, second = (tmp_path / folder / f"pca.{end}" for folder in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
    assert "<dc:date>" not in (tmp_path / "one" / "pca.svg").read_text()
    assert (tmp_path / "one" / "umap.svg").stat().st_size > 20_000


def test_a_layer_without_points_says_so(study, tmp_path):
    sheet, gates, found = study
    nothing, batch = found.components.iloc[:0], found.batch.iloc[:0]
    covariates = compared(sheet, [], [], gates)[0]
    stems: dict[str, str | Path] = {name: tmp_path / name for name in ("pca", "umap")}
    write_points(nothing, nothing, batch, covariates, "smallrna", stems)
    assert (tmp_path / "pca.svg").stat().st_size > 1000
    # points, but nothing to colour them by
    write_points(found.components, nothing, batch, covariates, "smallrna", stems)
