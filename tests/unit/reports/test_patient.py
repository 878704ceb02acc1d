"""The patient page as HTML."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from evigil.reports.inputs import Block, Facts
from evigil.reports.patient import write_pages

FORBIDDEN = (
    *("cancer-free", "cancer free", "negative for cancer", "remission", "cancer detected"),
    *("a diagnosis", "無癌", "陰性"),
)
CLEAR = re.compile(r"\bclear\b", re.IGNORECASE)
VOID = {"meta", "link", "img", "br", "hr", "input", "use", "path", "rect"}


class Page(HTMLParser):
    """Checks nesting, and collects tags, ids and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def pages(cohort, tmp_path_factory):
    blocks, facts = cohort
    folder = tmp_path_factory.mktemp("patients")
    names = sorted(set(blocks[0].visits["patient"])) + ["nobody"]
    written = write_pages(names, blocks, facts, folder)
    return {p.stem: p.read_text(encoding="utf-8") for p in written}


@pytest.fixture(scope="module")
def parsed(pages):
    return {name: Page(text) for name, text in pages.items()}


def test_every_page_is_well_formed_and_says_no_forbidden_word(parsed):
    assert len(parsed) == 11
    for name, page in parsed.items():
        words = page.text.lower()
        assert not [w for w in FORBIDDEN if w in words], name
        assert not CLEAR.search(words), name


def test_heading_order_skips_no_level(parsed):
    for page in parsed.values():
        levels = [int(t[1]) for t, _ in page.tags if re.fullmatch(r"h[1-6]", t)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))


def test_tables_are_accessible_and_ids_are_unique(parsed):
    for page in parsed.values():
        assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
        tables = sum(t == "table" for t, _ in page.tags)
        assert sum(t == "caption" for t, _ in page.tags) == tables
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
        named = {n for _, a in page.tags for n in a.get("aria-labelledby", "").split()}
        assert named <= set(ids)
        assert ("html", {"lang": "en"}) in page.tags


def test_page_needs_nothing_from_elsewhere(parsed):
    for page in parsed.values():
        tags = {t for t, _ in page.tags}
        assert not tags & {"script", "iframe", "object", "base"}
        for tag, attributes in page.tags:
            for name in ("src", "href", "xlink:href"):
                target = attributes.get(name, "")
                assert target.startswith(("#", "data:", "")) and "//" not in target, tag


def test_page_says_who_what_and_how_sure(parsed):
    text = parsed["P-01"].text
    for words in (
        "RESEARCH USE ONLY",
        "Patient P-01",
        "Last sample P-01_d880",
        "Report date day 880",
        "Result at the last draw, day 880 Alert",
        "Above personal limit; second alert in a row.",
        "(2 of 40 in this study",
        "8 of 12 people with recurrence",
        "does not exclude cancer",
        "plasma EV-enriched fraction",
        "ab12" * 16,
        "9f2c" * 16,
        "40 people, 160 draws",
        "evigil 0.1.0",
        "Signature",
        "drawn on or before the day of surgery",
        "number of small-RNA reads 51,000 is below 100,000",
    ):
        assert words in text, words


def test_date_of_the_configuration_is_shown(cohort, builders, tmp_path):
    blocks, _ = cohort
    (path,) = write_pages(["P-02"], blocks, builders["facts"](date="2026-05-04"), tmp_path)
    assert "Report date 2026-05-04" in Page(path.read_text(encoding="utf-8")).text


def test_every_visit_is_a_row(pages):
    assert pages["P-03"].count('<th scope="row" class="num">') == 40


def test_names_are_escaped(pages):
    assert "CA-125 &lt;&amp;&gt; β" in pages["two"]
    assert "<&>" not in pages["two"]


def test_hostile_names_stay_text(cohort, builders, tmp_path):
    marker = "</style></title><script>alert(1)</script>"
    rows = builders["visit_rows"]("p", [0, 9], [0.1, 0.2], marker=marker)
    block = builders["block"](rows, name="b")
    facts = Facts(project='"}</style><script>', version="0")
    (path,) = write_pages(["p"], [block], facts, tmp_path)
    page = Page(path.read_text(encoding="utf-8"))
    assert "script" not in {t for t, _ in page.tags}
    assert marker in "".join(page.words)


def test_row_order_changes_no_byte(cohort, pages, tmp_path):
    blocks, facts = cohort

    def turned(table):
        return table.iloc[::-1].reset_index(drop=True)

    again = [
        Block(
            **{
                **vars(b),
                "visits": turned(b.visits),
                "rules": turned(b.rules),
                "patients": turned(b.patients),
            }
        )
        for b in blocks
    ]
    facts = Facts(
        **{
            **vars(facts),
            "quality": turned(facts.quality),
            "patient_days": turned(facts.patient_days),
        }
    )
    for path in write_pages(["P-01", "two", "P-03"], again, facts, tmp_path):
        assert path.read_text(encoding="utf-8") == pages[path.stem]


def test_a_patient_without_a_draw_gets_a_page_that_says_so(parsed):
    assert "No draw of this patient has been monitored yet." in parsed["nobody"].text


def test_pages_of_patients_that_are_gone_are_removed(cohort, tmp_path):
    write_pages(["P-01", "P-02"], *cohort, tmp_path)
    (tmp_path / "notes.txt").write_text("kept")
    write_pages(["P-02"], *cohort, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["P-02.html", "notes.txt"]


def test_a_confounded_classifier_is_said_before_any_result(cohort, tmp_path):
    blocks, facts = cohort
    followed = next(b for b in blocks if b.settings["classifier"])
    name = f"classifiers.{followed.settings['classifier']}"
    audit = pd.DataFrame(
        {
            "outcome": name,
            "covariate": ["run", "ALL"],
            "kind": ["technical", None],
            "association": [0.93, None],
            "overlap": [0.25, None],
            "auc": [None, None],
            "verdict": "confounded",
            "note": [None, "confounded by: run"],
        }
    )
    patient = str(followed.visits["patient"].iloc[0])
    warned = replace(facts, confounding=audit)
    (path,) = write_pages([patient], [followed], warned, tmp_path)
    html = path.read_text(encoding="utf-8")
    said = "is confounded: cases and controls differ in run (V 0.93, overlap 0.25)"
    assert said in html and html.index(said) < html.index("Result at the last draw")
    (path,) = write_pages([patient], [followed], facts, tmp_path)
    assert "Confounding audit" not in path.read_text(encoding="utf-8")
