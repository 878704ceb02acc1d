"""From what a page says to HTML: one Jinja2 environment, one stylesheet, no request off it."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from evigil.reports import palette, sentences
from evigil.reports.icons import icon_sheet
from evigil.reports.numbers import day, fixed, known, number, percent

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> "Environment":
    """Return the environment: everything is escaped, an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "number": number,
        "fixed": fixed,
        "day": day,
        "percent": percent,
        "css_string": css_string,
        "sentence": sentences.sentence,
        "upper_first": sentences.upper_first,
        "why": sentences.why,
    }
    made.tests["known"] = known
    made.globals |= {
        "calls": palette.CALLS,
        "gates": palette.GATES,
        "icon_sheet": Markup(icon_sheet()),
        "stylesheet": Markup(stylesheet()),
        "texts": sentences,
    }
    return made


def render(template: str, **context: object) -> str:
    """Render one page."""
    return environment().get_template(template).render(**context)


@cache
def stylesheet() -> str:
    """Return the stylesheet with the colours of the palette in front."""
    colours = "".join(f"--{name}:{value};" for name, value in palette.STYLESHEET.items())
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return f":root{{{colours}}}\n{css}{palette.call_rules()}\n"


def css_string(text: str) -> str:
    """Quote text for CSS, where nothing of it may end the string or the style element."""
    safe = "".join(c if c.isalnum() or c in " -_.·" else f"\\{ord(c):x} " for c in text)
    return f'"{safe}"'
