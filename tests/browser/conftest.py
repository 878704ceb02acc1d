"""The reports in a real browser: pages written once, one Chromium for all tests."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an index and the page of every kind of patient."""
    from evigil.reports.index import Classifier, write_index
    from evigil.reports.patient import write_pages

    tables = runpy.run_path(str(ROOT / "tests/unit/reports/conftest.py"))
    blocks, facts = tables["make_cohort"]()
    folder = tmp_path_factory.mktemp("reports")
    names = sorted(set(blocks[0].visits["patient"]))
    write_pages(names, blocks, facts, folder / "patients")
    performance = runpy.run_path(str(ROOT / "tests/unit/reports/test_index.py"))["PERFORMANCE"]
    write_index(facts, blocks, [Classifier("crc", performance)], names, folder / "index.html")
    return folder


@pytest.fixture(scope="session")
def chromium(require) -> Iterator:
    """Debian's Chromium, headless."""
    path = require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
