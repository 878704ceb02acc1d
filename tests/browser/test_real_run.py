"""The pages that a run of the workflow really wrote, in Chromium."""

import pandas as pd
import pytest

# of whatever speaks of a patient, in any capitals
FORBIDDEN = ("cancer-free", "negative for cancer", "remission", "cancer detected", "無癌", "陰性")


@pytest.fixture
def pages(small):
    """The overview, and the page of one patient of every call."""
    reports = small / "results" / "reports"
    patients = pd.read_csv(small / "results/monitoring/watch/patients.tsv", sep="\t")
    shown = patients.drop_duplicates("last_call")["patient"]
    assert len(shown) >= 3
    return [reports / "index.html", *(reports / "patients" / f"{p}.html" for p in shown)]


def listen(page, noise: list[str]) -> None:
    """Note what a page says on the console, and every address that it asks for."""
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith("data:") else noise.append(r.url))


def test_pages_are_quiet_self_contained_and_fit(pages, chromium):
    for path in pages:
        noise: list[str] = []
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        listen(page, noise)
        page.goto(path.as_uri())
        assert [said for said in noise if said != path.as_uri()] == []
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width, path.name
        page.emulate_media(media="print")
        text = page.locator("body").inner_text()
        assert "RESEARCH USE ONLY" in text.upper()
        assert not [word for word in FORBIDDEN if word in text.lower()]
        page.close()


def test_the_overview_leads_to_every_patient(pages, chromium):
    page = chromium.new_page()
    page.goto(pages[0].as_uri())
    links = page.locator('a[href^="patients/"]')
    assert links.count() == len(list((pages[0].parent / "patients").glob("*.html")))
    links.first.click()
    assert page.title().endswith("longitudinal report")
    page.close()
