"""The MultiQC page in Chromium: drawn, quiet, and nothing fetched from anywhere."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    from evigil.reports.multiqc import write_multiqc
    from evigil.tables import write_table

    tables = runpy.run_path(str(ROOT / "tests/unit/reports/test_multiqc.py"))["make_tables"]()
    folder = tmp_path_factory.mktemp("multiqc")
    for name, table in tables.items():
        write_table(table, folder / f"{name}.tsv")
    write_multiqc({name: folder / f"{name}.tsv" for name in tables}, folder / "multiqc.html")
    return folder / "multiqc.html"


def test_page_is_drawn_and_quiet(chromium, page_file):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    noise: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: noise.append(f"console {m.type}: {m.text}"))
    page.on("pageerror", lambda e: noise.append(f"error: {e}"))
    page.on("request", lambda r: asked.append(r.url))
    page.goto(page_file.as_uri())
    page.locator(".js-plotly-plot").first.wait_for(timeout=20_000)
    heads = page.locator("h2").all_inner_texts()
    wanted = ["Read fate", "Insert lengths", "Base quality", "Saturation"]
    assert [h.strip() for h in heads if h.strip() in wanted] == wanted
    assert "truseq" in page.inner_text("body") and "qiaseq" in page.inner_text("body")
    # nobody is offered to send the study's numbers to a language model
    offers = page.get_by_role("button").filter(has_text=re.compile(r"summar|AI\b")).all()
    assert [b.inner_text() for b in offers if b.is_visible()] == []
    own = page_file.as_uri()
    assert {u.split("#")[0] for u in asked if not u.startswith(("data:", "blob:"))} == {own}
    assert noise == []
    page.close()
