"""Pictures: the numbers behind them, and the same bytes every time."""

import numpy as np
import pandas as pd
import pytest

from evigil.figures import save
from evigil.rna.classes import FATES as ENDS
from evigil.smallrna.figures import (
    CLASS_COLOURS,
    FATE_COLOURS,
    FATES,
    RNA,
    class_shares,
    fate_shares,
    length_plot,
    saturation_plot,
    share_plot,
    write_figures,
)

BEFORE = (
    *("adapter_dimer", "no_adapter", "low_quality", "ambiguous_base"),
    *("too_short", "too_long", "pair_discordant", "duplicate_umi"),
)


def make_ledger(n: int) -> pd.DataFrame:
    """Sample i has i + 1 reads of the i-th fate more than one of each."""
    fates = [*BEFORE, *ENDS]
    counts = np.ones((n, len(fates)), int)
    counts[np.arange(n), np.arange(n) % len(fates)] += np.arange(n) + 1
    table = pd.DataFrame(counts, columns=fates)
    table.insert(0, "reads", counts.sum(axis=1))
    table.insert(0, "sample", [f"s{i:03d}" for i in range(n)])
    return table


def test_every_fate_is_in_one_part_of_the_bar():
    parts = [name for names in FATES.values() for name in names]
    assert sorted(parts) == sorted([*BEFORE, *ENDS])
    assert len(FATE_COLOURS) == len(FATES) and len(CLASS_COLOURS) == len(RNA)
    shares = fate_shares(make_ledger(5))
    assert shares.sum(axis=1).tolist() == pytest.approx([1] * 5)
    assert shares.loc["s000", "adapter"] == pytest.approx(4 / 24)


def test_shares_of_classes_and_of_a_sample_without_reads():
    ledger = make_ledger(2)
    ledger.loc[1, ledger.columns[1:]] = 0
    classes = class_shares(ledger)
    assert classes.loc["s000"].tolist() == pytest.approx([1 / 11] * 11)
    assert classes.loc["s001"].tolist() == [0] * 11
    assert fate_shares(ledger).loc["s001"].tolist() == [0] * 8


@pytest.mark.parametrize(("n", "named"), [(60, True), (61, False)])
def test_names_only_where_they_fit(n, named):
    plot = share_plot(fate_shares(make_ledger(n)), FATE_COLOURS, "Share of reads")
    assert plot.labels.x == ("" if named else f"{n} samples")
    figure = plot.draw()
    height = figure.get_size_inches()[1]
    assert height == pytest.approx(1.6 + 0.16 * n if named else 6.0)
    shown = [t.get_text() for t in figure.axes[0].get_yticklabels() if t.get_visible()]
    assert ("s000" in shown) is named


def test_lengths_weigh_samples_equally():
    lengths = pd.DataFrame(
        {
            "sample": ["a", "a", "b"],
            "length": [22, 30, 22],
            "biotype": ["miRNA", "unmapped", "miRNA"],
            "molecules": [1, 3, 1000],
        }
    )
    table = length_plot(lengths).data.set_index(["length", "kind"])["share"]
    assert table[22, "miRNA"] == pytest.approx((0.25 + 1) / 2)
    assert table[30, "not RNA of the reference"] == pytest.approx(0.375)


def test_pictures_are_the_same_bytes(tmp_path):
    ledger = make_ledger(3)
    lengths = pd.DataFrame(
        {"sample": ["s000"], "length": [22], "biotype": ["miRNA"], "molecules": [5]}
    )
    saturation = pd.DataFrame(
        {"sample": ["s000"] * 2, "reads": [10, 20], "features": [3.5, 5.0], "mirnas": [1.0, 2.0]}
    )
    assert saturation_plot(saturation).data["features"].tolist() == [3.5, 5.0]
    names = ("fate", "classes", "lengths", "saturation")
    write_figures(ledger, lengths, saturation, {n: tmp_path / n for n in names})
    files = [f"{name}.{ending}" for name in names for ending in ("png", "svg")]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(files)
    save(share_plot(fate_shares(ledger), FATE_COLOURS, "Share of reads"), tmp_path / "again")
    for ending in ("svg", "png"):
        again = (tmp_path / f"again.{ending}").read_bytes()
        assert again == (tmp_path / f"fate.{ending}").read_bytes()
