"""Where the shipped reference is."""

from pathlib import Path

BUNDLED = Path(__file__).resolve().parents[3] / "resources" / "reference"
MANIFEST = "manifest.tsv"
