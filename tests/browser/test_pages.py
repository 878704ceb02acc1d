"""Every report opened in Chromium: quiet, self-contained, legible, never wider than the screen."""

from pathlib import Path

import pytest

PAGES = (
    "index",
    *(
        f"patients/{name}"
        for name in (
            *("P-01", "P-02", "P-03", "neg_days", "all-failed", "treated_open"),
            *("huge", "tiny", "two", "series"),
        )
    ),
)

# Contrast of every piece of text against the background that is really behind it (WCAG 2.2).
CONTRAST = """() => {
  const parts = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => {
    const [r, g, b] = parts(c).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return getComputedStyle(e).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const inside = e instanceof SVGElement;
    const pair = [light(inside ? style.fill : style.color), light(behind(e))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    found.push([ratio, walk.currentNode.data.trim(), parseFloat(style.fontSize)]);
  }
  return found;
}"""


@pytest.fixture
def show(chromium, site):
    """Open a page at a width; console errors and requests off the page fail the test."""
    opened = []

    def open_page(name: str, width: int):
        page = chromium.new_page(viewport={"width": width, "height": 900})
        opened.append(page)
        noise: list[str] = []
        page.on("console", lambda m: noise.append(f"console {m.type}: {m.text}"))
        page.on("pageerror", lambda e: noise.append(f"error: {e}"))
        page.on("requestfailed", lambda r: noise.append(f"failed: {r.url}"))
        address = (site / f"{name}.html").as_uri()
        page.on(
            "request",
            lambda r: (
                None
                if r.url == address or r.url.startswith("data:")
                else noise.append(f"request: {r.url}")
            ),
        )
        page.goto(address)
        assert noise == []
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_fits(show, name):
    page = show(name, 1280)
    assert page.title().endswith("overview" if name == "index" else "longitudinal report")
    assert page.locator("h1").count() == 1
    for width in (1280, 400, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        figures = page.locator("figure svg:visible").count()
        assert figures == page.locator("figure").count()


@pytest.mark.parametrize("name", ["index", "patients/P-01", "patients/treated_open"])
@pytest.mark.parametrize("width", [1280, 400])
def test_text_is_legible(show, name, width):
    found = show(name, width).evaluate(CONTRAST)
    assert len(found) > 50
    assert [f for f in found if f[0] < 4.5] == []
    assert min(f[2] for f in found) >= 12


@pytest.mark.parametrize("width", [1280, 400])
def test_figure_text_is_drawn_at_reading_size(show, width):
    page = show("patients/P-01", width)
    heights = page.evaluate(
        "[...document.querySelectorAll('figure svg text')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 11


def test_words_in_the_figure_do_not_overlap(show):
    for name in PAGES[1:]:
        page = show(name, 1280)
        overlaps = page.evaluate(
            """() => {
              const out = [];
              for (const svg of document.querySelectorAll('figure svg')) {
                if (!svg.checkVisibility()) continue;
                const boxes = [...svg.querySelectorAll('text')]
                  .map(e => [e.textContent, e.getBoundingClientRect()]);
                boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
                  if (p.left < q.right - 1 && q.left < p.right - 1 &&
                      p.top < q.bottom - 4 && q.top < p.bottom - 4) out.push([a, b]);
                }));
              }
              return out;
            }"""
        )
        assert overlaps == [], name


@pytest.mark.parametrize("width", [1280, 400, 320])
def test_a_long_treatment_name_overflows_nothing(chromium, tmp_path, width):
    import runpy

    from evigil.reports.inputs import Facts
    from evigil.reports.patient import write_pages

    root = Path(__file__).resolve().parents[2]
    tables = runpy.run_path(str(root / "tests/unit/reports/conftest.py"))
    blocks, facts = tables["make_cohort"]()
    days = facts.patient_days.assign(treatments=f"{'x' * 300}:40/160")
    during = blocks[0].visits["call"] == "not_monitored"
    blocks[0].visits.loc[during, "reasons"] = f"during {'x' * 300}"
    (path,) = write_pages(["P-01"], blocks, Facts("demo", "0.1.0", days), tmp_path)
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    table = page.locator(".visits table").first.bounding_box()
    assert table["width"] <= 900
    page.close()


def test_links_of_the_index_open_pages(show, site):
    page = show("index", 1280)
    links = page.eval_on_selector_all("td a, th a", "es => es.map(e => e.getAttribute('href'))")
    assert len(set(links)) == 10
    assert all((site / link).is_file() for link in links)


def test_headings_are_in_order(show):
    for name in ("index", "patients/two"):
        levels = show(name, 1280).eval_on_selector_all(
            "h1,h2,h3,h4,h5,h6", "es => es.map(e => +e.tagName[1])"
        )
        assert levels[0] == 1
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), name


def test_tables_scroll_in_their_own_box(show):
    page = show("patients/P-01", 320)
    boxes = page.locator(".scroll")
    assert boxes.count() >= 2
    for i in range(boxes.count()):
        assert boxes.nth(i).bounding_box()["width"] <= 320
        assert boxes.nth(i).get_attribute("tabindex") == "0"


@pytest.mark.parametrize("name", ["patients/P-01", "patients/P-03", "patients/two"])
def test_page_one_stands_alone_in_print(show, name):
    """In print, header, result and figure of the first marker end above the first page's end."""
    page = show(name, 1280)
    page.emulate_media(media="print")
    # the printable area of A4 with the margins of the stylesheet: 178 x 265 mm at 96 dpi
    page.set_viewport_size({"width": 673, "height": 1001})
    bottom = page.evaluate("document.querySelector('figure').getBoundingClientRect().bottom")
    assert bottom < 1001
    assert page.locator("header .identity").bounding_box()["y"] < 200
    assert page.evaluate("document.documentElement.scrollWidth") == 673


def test_print_is_a_pdf_on_a4(show, tmp_path):
    page = show("patients/P-01", 1280)
    content = page.pdf(path=str(Path(tmp_path) / "p.pdf"), prefer_css_page_size=True)
    assert content.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in content
