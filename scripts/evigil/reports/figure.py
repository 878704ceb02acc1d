"""The patient figure: values over true time, with every limit as it was on the day of the draw."""

from evigil.reports import palette
from evigil.reports.context import Event, PatientReport, Section, Treatment
from evigil.reports.frame import SMALL, Frame, draw_axes, fit_time, make_frame
from evigil.reports.marks import (
    HALO,
    LEGEND_LINE,
    draw_common_limit,
    draw_legend,
    draw_limits,
    draw_values,
    legend_rows,
)
from evigil.reports.numbers import day, number
from evigil.reports.svg import Axis, Element, path, text_width

FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
LANE = 20
PLOT_HEIGHT = 240
AXIS_HEIGHT = 60
TITLE_HEIGHT = 24
LEFT = 2.0

Placed = tuple[float, float, Event | Treatment]
Lane = list[Placed]


def draw(report: PatientReport, section: Section, width: int, key: str) -> str:
    """Draw one marker of a patient as a standalone SVG.

    Parameters
    ----------
    width
        Width in CSS pixels at which the text is 12 px high.
    key
        Prefix of the ids inside, unique on the page.

    Returns
    -------
    str
        The ``svg`` element, with a title and a description in words.
    """
    rough = Axis(*fit_time(report, section), 40.0, width - 14.0)
    events = _pack([(*_event_extent(e, rough), e) for e in report.events], rough)
    treatments = _pack([(*_treatment_extent(t, rough), t) for t in report.treatments], rough)
    top = TITLE_HEIGHT + LANE * (len(events) + len(treatments)) + 8
    legend = legend_rows(section, width)
    height = top + PLOT_HEIGHT + AXIS_HEIGHT + LEGEND_LINE * len(legend)
    frame = make_frame(report, section, width, top, PLOT_HEIGHT)
    root = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        font_family=FONT,
        font_size=SMALL,
        fill=palette.INK,
    )
    root.add("title", f"{section.title} of patient {report.patient} over time", id=f"{key}-title")
    root.add("desc", describe(report, section), id=f"{key}-desc")
    _draw_interval(root, frame, report.events)
    draw_axes(root, frame, section)
    unit = f", {section.unit}" if section.unit else ""
    root.add("text", f"{section.title}{unit}", x=2, y=14, font_weight=650)
    draw_common_limit(root, frame, section)
    draw_limits(root, frame, section)
    _draw_events(root, frame, events)
    _draw_treatments(root, frame, treatments, TITLE_HEIGHT + LANE * len(events))
    draw_values(root, frame, section)
    draw_legend(root, legend, section, 2.0, top + PLOT_HEIGHT + AXIS_HEIGHT)
    return str(root)


def describe(report: PatientReport, section: Section) -> str:
    """Put the figure into words, for those who do not see it."""
    last = section.last
    shown = [v.value for v in section.visits if v.value is not None]
    unit = f" {section.unit}" if section.unit else ""
    words = [
        f"{len(section.visits)} draws from day {day(section.visits[0].day)} to day {day(last.day)}."
    ]
    if shown:
        words.append(f"Values from {number(min(shown))} to {number(max(shown))}{unit}.")
    if last.value is not None:
        words.append(f"Last value {number(last.value)}{unit}.")
    if last.limit is not None:
        limit = f"{section.limit_name} at the last draw {number(last.limit)}{unit}."
        words.append(limit[0].upper() + limit[1:])
    alerts = [day(v.day) for v in section.visits if v.call == "alert"]
    words.append(f"Alerts on day {', '.join(alerts)}." if alerts else "No alert.")
    words.extend(f"{e.label.capitalize()} on day {day(e.day)}." for e in report.events)
    words.extend(f"Treatment {t.name} {t.time}." for t in report.treatments)
    words.append(f"Result at the last draw: {palette.CALLS[section.call].label}.")
    return " ".join(words)


def _pack(extents: list[Placed], axis: Axis) -> list[Lane]:
    """Put what would overlap into separate lanes, so that no event's line crosses a label."""

    def order(one: Placed) -> tuple[bool, float]:
        to_the_left = isinstance(one[2], Event) and one[0] < axis(one[2].day) - 1
        return to_the_left, -one[1] if to_the_left else one[0]

    lanes: list[Lane] = []
    for one in sorted(extents, key=order):
        free = (x for x in lanes if all(one[1] + 8 <= o[0] or o[1] + 8 <= one[0] for o in x))
        lane = next(free, None)
        if lane is None:
            lanes.append([one])
        else:
            lane.append(one)
    return lanes


def _event_label(event: Event) -> str:
    return f"{event.label}, day {day(event.day)}"


def _event_extent(event: Event, axis: Axis) -> tuple[float, float]:
    """Place a label beside its line; across it where the picture is too narrow for either side."""
    x, wide = axis(event.day), text_width(_event_label(event), SMALL) + 8
    if x + wide < axis.end:
        return x, x + wide
    if x - wide >= LEFT:
        return x - wide, x
    start = max(LEFT, axis.end - wide)
    return start, start + wide


def _treatment_label(one: Treatment, axis: Axis) -> str:
    """Name a treatment in the room that there is; the description has the whole name."""
    start, end = _bar(one, axis)
    room = max(end - start, axis.end - end, start - LEFT) - 12
    label = one.name + (" (ongoing)" if one.end is None else "")
    if text_width(label, SMALL) <= room:
        return label
    return one.name[: max(1, int(room / text_width("x", SMALL)) - 1)].rstrip() + "…"


def _bar(one: Treatment, axis: Axis) -> tuple[float, float]:
    start = axis(one.start)
    end = axis.end if one.end is None else axis(one.end)
    return start, max(end, start + 3)


def _treatment_extent(one: Treatment, axis: Axis) -> tuple[float, float]:
    start, end = _bar(one, axis)
    wide = text_width(_treatment_label(one, axis), SMALL) + 10
    if wide < end - start:
        return start, end
    return (start, end + wide) if end + wide < axis.end else (start - wide, end)


def _draw_interval(root: Element, frame: Frame, events: tuple[Event, ...]) -> None:
    """Shade the time in which recurrence began to be visible: it is known as an interval only."""
    days = {e.kind: e.day for e in events}
    if not {"recurrence", "recurrence_last_negative"} <= days.keys():
        return
    start, end = frame.x(days["recurrence_last_negative"]), frame.x(days["recurrence"])
    height = frame.bottom - frame.top
    root.add(
        "rect", x=start, y=frame.top, width=max(0.0, end - start), height=height, fill=palette.PAPER
    )


def _draw_events(root: Element, frame: Frame, lanes: list[Lane]) -> None:
    placed = [(i, event) for i, lane in enumerate(lanes) for _, _, event in lane]
    labels = []
    for i, event in placed:
        assert isinstance(event, Event)
        x, y = frame.x(event.day), TITLE_HEIGHT + 14 + LANE * i
        dash = "none" if event.kind == "surgery" else "5 3"
        start, end = _event_extent(event, frame.x)
        across = start < x - 1 and end > x + 1
        line = path((x, y + 6 if across else y - 10), (x, frame.bottom))
        root.add("path", d=line, stroke=palette.INK, stroke_width=1.25, stroke_dasharray=dash)
        after = across or start >= x
        place = start + 4 if across else x + 6 if after else x - 6
        labels.append((_event_label(event), place, y, after))
    for label, x, y, after in labels:
        root.add("text", label, x=x, y=y, text_anchor="start" if after else "end", **HALO)


def _draw_treatments(root: Element, frame: Frame, lanes: list[Lane], top: float) -> None:
    for i, lane in enumerate(lanes):
        y = top + 4 + LANE * i
        for _, _, one in lane:
            assert isinstance(one, Treatment)
            start, end = _bar(one, frame.x)
            root.add(
                "rect",
                x=start,
                y=y,
                width=end - start,
                height=15,
                rx=2,
                fill=palette.TREATMENT,
                stroke=palette.MUTED,
            )
            label = _treatment_label(one, frame.x)
            wide = text_width(label, SMALL) + 10
            if wide < end - start:
                root.add("text", label, x=start + 6, y=y + 11.5)
            elif end + wide < frame.right:
                root.add("text", label, x=end + 6, y=y + 11.5, **HALO)
            else:
                root.add("text", label, x=start - 6, y=y + 11.5, text_anchor="end", **HALO)
