"""Photograph a report for the documentation.

    python tests/browser/picture.py results/reports/patients/P01.html docs/images/patient-report.png

Shows what a reader sees first: header, result and figure. Few colours keep the file small.
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTH, SCALE, COLOURS = 1000, 1.5, 64


def photograph(page_file: Path, picture: Path) -> None:
    """Write the top of a page, down to its first figure, as PNG."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, device_scale_factor=SCALE)
        page.goto(page_file.resolve().as_uri())
        figure = page.locator("figure").first.bounding_box()
        height = figure["y"] + figure["height"] + 24 if figure else 900
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height}
        page.screenshot(path=picture, full_page=True, clip=clip)
        browser.close()
    Image.open(picture).convert("RGB").quantize(COLOURS, dither=0).save(picture, optimize=True)


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), Path(sys.argv[2]))
