"""The environment of the templates."""

import pytest
from jinja2 import UndefinedError

from evigil.reports.render import css_string, environment, stylesheet


def test_an_unknown_name_is_an_error():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_names_are_escaped():
    assert environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "css"),
    [("P-01 · a_b", '"P-01 · a_b"'), ('"}</style>', r'"\22 \7d \3c \2f style\3e "')],
)
def test_css_text_cannot_end_its_string(text, css):
    assert css_string(text) == css


def test_stylesheet_asks_for_nothing_and_has_the_palette():
    css = stylesheet()
    assert "url(" not in css
    assert "@import" not in css
    assert "--ink:#16212b" in css
    assert ".result-alert{" in css
