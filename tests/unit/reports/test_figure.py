"""The patient figure: everything where the numbers say, nothing outside the picture."""

import dataclasses
import re
from xml.etree import ElementTree

import pytest

from evigil.reports import palette
from evigil.reports.build import Builder
from evigil.reports.context import Event, Treatment
from evigil.reports.figure import describe, draw
from evigil.reports.frame import fit_values, make_frame, time_ticks
from evigil.reports.svg import symbol, text_width

SVG = "{http://www.w3.org/2000/svg}"
PATIENTS = (
    *("P-01", "P-02", "P-03", "neg_days", "all-failed", "treated_open"),
    *("huge", "tiny", "two", "series"),
)


@pytest.fixture(scope="module")
def report(cohort):
    blocks, facts = cohort
    return Builder(blocks, facts).build


def parse(report, section, width=760):
    return ElementTree.fromstring(draw(report, section, width, "f"))


def limit_lines(root):
    lines = [p for p in root.iter(f"{SVG}path") if p.get("stroke-width") == "3"]
    return [p for p in lines if p.get("stroke") == palette.BLUE]


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("width", [760, 380])
def test_nothing_leaves_the_picture(report, patient, width):
    found = report(patient)
    for section in found.sections:
        root = parse(found, section, width)
        height = float(root.get("height"))
        for text in root.iter(f"{SVG}text"):
            x, wide = float(text.get("x")), text_width(text.text, 12)
            left = x - wide * {"end": 1, "middle": 0.5}.get(text.get("text-anchor"), 0)
            assert left >= -1, text.text
            assert left + wide <= width + 1, text.text
            assert 0 < float(text.get("y")) < height, text.text
        for shape in root.iter(f"{SVG}path"):
            numbers = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", shape.get("d"))
            assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in numbers)


def test_values_are_at_their_day_and_value(report):
    found = report("P-01")
    section = found.sections[0]
    root = parse(found, section)
    marks = {p.get("d") for p in root.iter(f"{SVG}path")}
    top = 24 + 20 * 3 + 8
    frame = make_frame(found, section, 760, top, 240)
    visit = section.visits[-1]
    assert symbol("disc", frame.x(880), frame.y(section.y(visit.value)), 5.0) in marks
    assert frame.x(880) - frame.x(440) == pytest.approx(frame.x(440) - frame.x(0))


def test_each_judged_draw_has_its_own_limit(report):
    found = report("P-01")
    section = found.sections[0]
    judged = [v for v in section.visits if v.limit is not None]
    lines = limit_lines(parse(found, section))
    in_legend = 1
    assert len(lines) == len(judged) + in_legend
    heights = {re.findall(r" ([\d.]+)", p.get("d"))[0] for p in lines}
    assert len(heights) > 5


def test_limits_do_not_touch_their_neighbours(report):
    found = report("P-03")
    lines = limit_lines(parse(found, found.sections[0], 380))[:-1]
    spans = [[float(x) for x in re.findall(r"[ML]([\d.]+)", p.get("d"))] for p in lines]
    assert len(spans) == 40
    assert all(a[1] < b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_a_later_draw_moves_no_earlier_limit(report):
    """The limit drawn at a visit is the number of its row, whatever came later."""
    found = report("P-01")
    section = found.sections[0]
    earlier = dataclasses.replace(section, visits=section.visits[:-1])
    whole = make_frame(found, section, 760, 92, 240)
    cut = make_frame(found, earlier, 760, 92, 240)
    for frame, shown in ((whole, section), (cut, earlier)):
        places = {p.get("d") for p in limit_lines(parse(found, shown))}
        for visit in earlier.visits:
            if visit.limit is not None:
                y = f"{frame.y(section.y(visit.limit)):.2f}".rstrip("0").rstrip(".")
                assert any(d.split("L")[0].endswith(f" {y}") for d in places)


def test_calls_and_quality_have_their_own_shapes(report):
    found = report("P-01")
    text = draw(found, found.sections[0], 760, "f")
    for words in (
        "value, sample with a warning",
        "sample failed",
        "not monitored",
        "alert",
        "rising",
        "personal limit on that day",
        "limit for all people",
        "surgery, day 14",
        "recurrence found, day 905",
        "FOLFOX",
    ):
        assert f">{words}</text>" in text
    assert text.count(palette.VERMILLION) == 3  # two alerts and the legend


def test_legend_names_only_what_is_there(report):
    found = report("P-02")
    text = draw(found, found.sections[0], 760, "f")
    assert ">alert<" not in text
    assert ">sample failed<" not in text


def test_an_open_treatment_reaches_the_edge(report):
    found = report("treated_open")
    section = found.sections[0]
    bars = [
        r for r in parse(found, section).iter(f"{SVG}rect") if r.get("fill") == palette.TREATMENT
    ]
    assert len(bars) == 1
    right = float(bars[0].get("x")) + float(bars[0].get("width"))
    assert right == pytest.approx(760 - 14, abs=0.02)
    assert "imatinib (ongoing)" in draw(found, section, 760, "f")


def test_no_value_is_said(report):
    found = report("all-failed")
    assert "no reportable value" in draw(found, found.sections[0], 760, "f")


def test_description_says_what_the_picture_shows(report):
    found = report("P-01")
    assert describe(found, found.sections[0]) == (
        "10 draws from day 0 to day 880. Values from 1.05 to 13.5 ng/ml. Last value 13.5 ng/ml. "
        "Personal limit at the last draw 4.76 ng/ml. Alerts on day 770, 880. Surgery on day 14. "
        "Last imaging without recurrence on day 760. Recurrence found on day 905. "
        "Treatment FOLFOX from day 40 to day 160. "
        "Result at the last draw: Alert."
    )


def test_same_bytes_every_time(report):
    found = report("P-01")
    assert draw(found, found.sections[0], 760, "f") == draw(found, found.sections[0], 760, "f")


def test_time_is_told_in_months_and_days():
    assert time_ticks(-5, 400, 700)[:3] == [
        (0.0, "start", "day 0"),
        (60.875, "month 2", "day 61"),
        (121.75, "month 4", "day 122"),
    ]
    assert time_ticks(0, 30, 300)[1] == (10.0, "day 10", "")
    assert time_ticks(-400, 800, 400)[0][1] == "year −1"


def test_months_are_counted_from_day_0_only():
    assert time_ticks(90, 400, 400, from_zero=False)[0] == (100.0, "day 100", "")
    assert all(not below for _, _, below in time_ticks(-400, 800, 400, from_zero=False))


@pytest.mark.parametrize("patient", ["neg_days", "P-01"])
def test_start_is_day_0_of_a_record_that_begins_there(report, patient):
    found = report(patient)
    assert (">start<" in draw(found, found.sections[0], 760, "f")) == (patient == "P-01")


def test_one_draw_stands_in_a_month_on_each_side(report):
    found = report("P-02")
    frame = make_frame(found, found.sections[0], 760, 30, 240)
    assert (frame.x.low, frame.x.high) == (-30, 30)
    visit = dataclasses.replace(
        found.sections[0].visits[0], expected=None, limit=None, common_limit=None
    )
    alone = dataclasses.replace(found.sections[0], visits=(visit,))
    low, high = fit_values(alone)
    assert (high - low) == pytest.approx(0.2) and (low + high) / 2 == alone.y(visit.value)


@pytest.mark.parametrize("width", [760, 380])
@pytest.mark.parametrize("day", [20.0, 400.0, 450.0, 860.0])
@pytest.mark.parametrize("end", [None, 470.0])
def test_long_labels_stay_in_the_picture(report, width, day, end):
    found = report("P-01")
    name = "chemotherapy " * 25
    found = dataclasses.replace(
        found,
        events=(Event("recurrence_last_negative", "last imaging without recurrence", day),),
        treatments=(Treatment(name, 430.0, end),),
    )
    root = parse(found, found.sections[0], width)
    for text in root.iter(f"{SVG}text"):
        x, wide = float(text.get("x")), text_width(text.text, 12)
        left = x - wide * {"end": 1, "middle": 0.5}.get(text.get("text-anchor"), 0)
        assert left >= -1 and left + wide <= width + 1, text.text
    assert f"last imaging without recurrence, day {day:.0f}" in [t.text for t in root.iter()]
    assert name in root.find(f"{SVG}desc").text
