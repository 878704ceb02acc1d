"""Colours: legible as numbers say, and never the only sign."""

import pytest

from evigil.reports import palette
from evigil.reports.palette import CALLS, GATES, contrast

BACKGROUNDS = {"white": palette.WHITE, "paper": palette.PAPER, "panel": palette.PANEL} | {
    call: style.tint for call, style in CALLS.items()
}


def test_contrast_by_the_published_example():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", [palette.INK, palette.MUTED, palette.DARK_BLUE])
def test_text_is_legible(text, background):
    assert contrast(text, BACKGROUNDS[background]) >= 4.5


def test_status_and_labels_on_bars_are_legible():
    assert contrast(palette.DARK_VERMILLION, palette.WHITE) >= 4.5
    assert contrast(palette.INK, palette.TREATMENT) >= 4.5
    assert contrast(palette.INK, palette.BAND) >= 4.5


def test_marks_stand_out_from_what_is_behind_them():
    for colour in (palette.INK, palette.BLUE, palette.VERMILLION, palette.MUTED):
        assert contrast(colour, palette.WHITE) >= 3


def test_calls_are_the_closed_set_with_their_own_icon_and_text():
    assert set(CALLS) == {
        "no_significant_change",
        "rising",
        "alert",
        "indeterminate",
        "not_reportable",
        "not_monitored",
    }
    assert len({style.icon for style in CALLS.values()}) == len(CALLS)
    assert len({style.label for style in CALLS.values()}) == len(CALLS)


def test_gates_have_their_own_shape():
    judged = [GATES[g][1] for g in ("pass", "warn", "fail", "not_evaluable")]
    assert len(set(judged)) == 4


def test_tints_of_results_are_told_apart_from_paper_in_grey():
    assert all(palette.luminance(style.tint) > 0.85 for style in CALLS.values())
