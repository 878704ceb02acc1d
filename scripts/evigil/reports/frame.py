"""The patient figure's frame: two axes that hold every value, limit and event, and their ticks."""

from dataclasses import dataclass

from evigil.reports import palette
from evigil.reports.context import PatientReport, Section
from evigil.reports.numbers import day
from evigil.reports.svg import Axis, Element, linear_ticks, log_ticks, multiples, path, text_width

SMALL = 12
EDGE = 14.0
MONTH = 365.25 / 12
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
FEWEST_DAYS_IN_MONTHS = 60
LONE_DRAW_DAYS = 30.0


@dataclass(frozen=True)
class Frame:
    """Where things are: the axes and the box of the plot, in CSS pixels.

    ``from_zero`` says that what is shown begins on day 0, so that months can be counted from it.
    """

    x: Axis
    y: Axis
    from_zero: bool = True

    @property
    def left(self) -> float:
        """Left edge of the plot."""
        return self.x.start

    @property
    def right(self) -> float:
        """Right edge of the plot."""
        return self.x.end

    @property
    def top(self) -> float:
        """Upper edge of the plot."""
        return self.y.end

    @property
    def bottom(self) -> float:
        """Lower edge of the plot."""
        return self.y.start


def shown_days(report: PatientReport, section: Section) -> list[float]:
    """Return the days of draws, events and known treatment dates."""
    days = [v.day for v in section.visits] + [e.day for e in report.events]
    return days + [d for t in report.treatments for d in (t.start, t.end) if d is not None]


def fit_time(report: PatientReport, section: Section) -> tuple[float, float]:
    """Return the days that the time axis covers; around a single draw a month on each side."""
    days = shown_days(report, section)
    least = LONE_DRAW_DAYS if len({v.day for v in section.visits}) == 1 else 3.0
    margin = max((max(days) - min(days)) * 0.035, least)
    return min(days) - margin, max(days) + margin


def fit_values(section: Section) -> tuple[float, float]:
    """Return the interval of y that holds every value and every limit."""
    levels = [
        y
        for v in section.visits
        for y in map(section.y, (v.value, v.expected, v.limit, v.common_limit))
        if y is not None
    ] or [0.0]
    low, high = min(levels), max(levels)
    if low == high:
        pad = 0.1 if section.is_log else 0.1 * (abs(high) or 1.0)
    else:
        pad = max(0.09 * (high - low), 0.05 if section.is_log else 0.02 * max(1.0, abs(high)))
    return low - pad, high + pad


def value_ticks(section: Section, low: float, high: float) -> list[tuple[float, str]]:
    """Place the ticks of the value axis."""
    if all(v.value is None and v.limit is None for v in section.visits):
        return []
    return log_ticks(low, high) if section.is_log else linear_ticks(low, high)


def make_frame(
    report: PatientReport, section: Section, width: float, top: float, height: float
) -> Frame:
    """Lay the axes out; the left margin is as wide as the widest tick label."""
    low, high = fit_values(section)
    labels = [label for _, label in value_ticks(section, low, high)]
    margin = max((text_width(label, SMALL) for label in labels), default=0.0) + 14
    first, last = fit_time(report, section)
    return Frame(
        x=Axis(first, last, margin, width - EDGE),
        y=Axis(low, high, top + height, top),
        from_zero=min(shown_days(report, section)) == 0,
    )


def time_ticks(
    low: float, high: float, width: float, from_zero: bool = True
) -> list[tuple[float, str, str]]:
    """Place ticks at whole months or years with their day.

    At days alone where the time is short, or where day 0 is not where the record begins: months
    would then be counted from a day that means nothing to the reader.
    """
    room = max(2, int(width // 84))
    if not from_zero or high - low <= FEWEST_DAYS_IN_MONTHS:
        return [(at, f"day {label}", "") for at, label in linear_ticks(low, high, room)]
    months = next((m for m in MONTH_STEPS if (high - low) / (m * MONTH) <= room), MONTH_STEPS[-1])
    return [
        (at, _month(round(at / MONTH)), f"day {day(round(at))}")
        for at in multiples(months * MONTH, low, high)
    ]


def _month(count: int) -> str:
    years, rest = divmod(count, 12)
    if count == 0:
        return "start"
    label = f"year {years}" if rest == 0 else f"month {count}"
    return label.replace("-", "\N{MINUS SIGN}")


def draw_axes(root: Element, frame: Frame, section: Section) -> None:
    """Draw grid and ticks; a time label that would leave the picture is left out."""
    grid = root.add("g", stroke=palette.RULE, stroke_width=1)
    labels = root.add("g", fill=palette.MUTED, text_anchor="end")
    for at, label in value_ticks(section, frame.y.low, frame.y.high):
        y = frame.y(at)
        grid.add("path", d=path((frame.left, y), (frame.right, y)))
        labels.add("text", label, x=frame.left - 8, y=y + 4)
    base = frame.bottom
    root.add("path", d=path((frame.left, base), (frame.right, base)), stroke=palette.INK)
    ticks = time_ticks(frame.x.low, frame.x.high, frame.right - frame.left, frame.from_zero)
    for at, label, below in ticks:
        x = frame.x(at)
        if x + text_width(max(label, below, key=len), SMALL) / 2 > frame.right + EDGE:
            continue
        root.add("path", d=path((x, base), (x, base + 5)), stroke=palette.INK)
        root.add("text", label, x=x, y=base + 19, text_anchor="middle")
        if below:
            root.add("text", below, x=x, y=base + 34, text_anchor="middle", fill=palette.MUTED)
