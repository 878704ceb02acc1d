"""Where the shipped reference is, and the lists of blood-cell miRNAs."""

from pathlib import Path

BUNDLED = Path(__file__).resolve().parents[3] / "resources" / "reference"
PANELS = BUNDLED.parent / "blood_cell_mirnas.tsv"
MANIFEST = "manifest.tsv"
