"""What the overview shows of quality."""

import pandas as pd
import pytest

from evigil.reports.index import write_index
from evigil.reports.inputs import Facts
from evigil.reports.quality import NAMED, Claim, blanks_said, claims_of, read_quality
from evigil.tables import write_table

SAMPLES = pd.DataFrame({"sample": ["a"], "layer": "smallrna", "gate": "pass", "reasons": ""})
CLAIMS = pd.DataFrame(
    {
        "sample": ["ALL", "ALL", "ALL", "a"],
        "section": ["collection", "claims", "claims", "claims"],
        "item": ["tube", "comparing_samples", "particle_concentration", "comparing_samples"],
        "status": ["missing", "allowed", "not_allowed", "allowed"],
        "value": ["0 of 1", "SEC 1", "0 of 1", "yes"],
        "note": ["", "", "no particle count", ""],
    }
)


def blanks(features: int, only: int, n: int = 2) -> pd.DataFrame:
    names = [f"f{i:02d}" for i in range(features)]
    rows = {"layer": "smallrna", "feature": names, "blanks": n, "detected": 1, "blank_only": 0}
    return pd.DataFrame(rows).assign(blank_only=[int(i < only) for i in range(features)])


def test_what_blanks_hold_is_said_with_what_was_left_out_for_it():
    assert blanks_said(blanks(3, 2)) == (
        "Small RNA: 2 blanks hold 3 features; not above the blanks in any sample, and left out: "
        "f00, f01.",
    )
    assert blanks_said(blanks(30, NAMED + 2))[0].endswith("f08, f09 and 2 more.")
    assert blanks_said(blanks(1, 0, 1)) == ("Small RNA: 1 blank holds 1 feature.",)
    assert blanks_said(blanks(3, 2)[:0]) == ()


def test_claims_are_those_of_the_study():
    assert claims_of(CLAIMS) == (
        Claim("Comparing samples", "yes", "SEC 1", ""),
        Claim("Particle concentration", "no", "0 of 1", "no particle count"),
    )


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    write_table(blanks(3, 2), folder / "quality/blanks.tsv")
    write_table(CLAIMS, folder / "quality/misev.tsv")
    (folder / "quality/figures").mkdir()
    for name in ("gates", "variance", "smallrna.pca"):
        (folder / f"quality/figures/{name}.png").write_bytes(b"picture")
    (folder / "proteomics/figures").mkdir(parents=True)
    (folder / "proteomics/figures/character.png").write_bytes(b"picture")
    return folder


def test_the_overview_shows_them_and_leads_to_the_pictures(results, tmp_path):
    facts = Facts("demo", "0.1.0", quality=SAMPLES, more=read_quality(results))
    write_index(facts, [], [], [], tmp_path / "index.html")
    page = tmp_path.joinpath("index.html").read_text()
    assert '<img src="data:image/png;base64,cGljdHVyZQ=="' in page
    assert '<a href="../quality/figures/smallrna.pca.png">components of small RNA</a>' in page
    assert '<a href="../quality/figures/variance.png">what the variance goes with</a>' in page
    assert '<a href="../proteomics/figures/character.png">what the proteins are of</a>' in page
    assert "2 blanks hold 3 features" in page
    assert '<th scope="row">Particle concentration</th><td>no</td>' in page
    bare = tmp_path / "bare.html"
    write_index(Facts("demo", "0.1.0", quality=SAMPLES), [], [], [], bare)
    text = bare.read_text()
    assert "Blanks" not in text and "of the vesicles" not in text and "Pictures" not in text
