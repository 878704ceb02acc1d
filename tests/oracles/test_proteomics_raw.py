"""The raw route on three runs of bovine albumin, with proteins of Sorangium as entrapment.

The runs and the FASTA file are those of Debian's package ``openms-doc``, unpacked at its place or
under the folder that EVIGIL_OPENMS_DOC names.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from evigil.errors import UserError
from evigil.proteomics.raw import fdr, route
from evigil.proteomics.raw.quantify import quantify
from evigil.proteomics.raw.rescore import rescore
from evigil.proteomics.raw.search import search
from evigil.raw_packages import lacking

EXAMPLES = Path(os.environ.get("EVIGIL_OPENMS_DOC", "/usr/share/doc/openms")) / "examples"
FASTA = EXAMPLES / "TOPPAS/data/BSA_Identification/18Protein_SoCe_Tr_detergents_trace.fasta"
RUNS = {f"BSA{i}": str(EXAMPLES / f"BSA/BSA{i}.mzML") for i in (1, 2, 3)}
MISSING = [path for path in [*RUNS.values(), str(FASTA)] if not Path(path).is_file()]

pytestmark = [
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING[:1]}: install Debian's openms-doc"),
    pytest.mark.slow,
]


def entrapped(proteins: pd.Series) -> pd.Series:
    """Tell which matches are of proteins alone that cannot be in the sample."""
    return proteins.map(lambda names: all("SORC5" in name for name in names))


@pytest.fixture(scope="module")
def found():
    result = search(list(RUNS.values()), list(RUNS), FASTA)
    return result._replace(matches=result.matches.assign(score=rescore(result.matches)))


def test_entrapment_is_within_twice_the_nominal_rate(found):
    heads = [line for line in FASTA.read_text().splitlines() if line.startswith(">")]
    assert sum("SORC5" in line.split()[0] for line in heads) == 9320
    matches = found.matches
    decoy = matches["decoy"].to_numpy()
    q = fdr.q_values(matches["score"].to_numpy(), decoy)
    taken = matches[~decoy & (q <= 0.05)]
    assert len(taken) >= 100
    assert entrapped(taken["proteins"]).mean() <= 2 * 0.05
    judged = route.judge(matches, 0.05)
    passed = judged[judged["passes"]]
    assert entrapped(passed["proteins"]).mean() <= 2 * 0.05
    assert passed["group"].value_counts().index[0] == "P02769|ALBU_BOVIN"


def test_too_few_targets_for_one_percent_say_so(found):
    with pytest.raises(UserError, match=r"too few identified spectra for .* of 1%, which needs"):
        route.judge(found.matches, 0.01)


def test_albumin_is_quantified_in_every_run(found):
    judged = route.judge(found.matches, 0.05)
    ions = quantify(found, judged.index[judged["passes"]])
    assert list(ions.index) == ["BSA1", "BSA2", "BSA3"] and ions.columns.is_monotonic_increasing
    assert ions.loc[:, "LVTDLTK2"].notna().all()
    # an ion has values also where no spectrum is its own
    own = judged[judged["passes"]].groupby("run")["ion"].nunique()
    assert (ions.notna().sum(axis=1) > 0.6 * own).all() and ions.notna().sum().sum() > 80
    assert ions.notna().sum().sum() > route.ledger(judged, ions)["kept"].sum()
    counts = route.ledger(judged, ions)
    assert (counts.drop(columns="rows").sum(axis=1) == counts["rows"]).all()
    assert counts["rows"].sum() == len(found.matches)


def test_a_study_of_raw_runs_goes_from_mzml_to_proteins(tmp_path, run):
    text = FASTA.read_text()
    kept = [entry for entry in text.split(">")[1:] if "SORC5" not in entry.split()[0]]
    (tmp_path / "proteins.fasta").write_text("".join(f">{entry}" for entry in kept))
    (tmp_path / "config").mkdir()
    config = {"tables": "proteomics.tsv", "fasta": "proteins.fasta"}
    config = {"project": "bsa", "samples": "samples.tsv", "proteomics": config}
    (tmp_path / "config" / "config.yaml").write_text(yaml.safe_dump(config))
    sheet = [{"sample": name, "patient": name, "condition": "healthy"} for name in RUNS]
    pd.DataFrame(sheet).to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    tables = [{"path": path, "format": "mzml"} for path in RUNS.values()]
    written = []
    for order in (1, -1):
        pd.DataFrame(tables[::order]).to_csv(tmp_path / "proteomics.tsv", sep="\t", index=False)
        done = run(tmp_path, "--cores", "1", "proteomics", "--forceall")
        assert done.returncode == 0, done.stderr
        results = tmp_path / "results" / "proteomics"
        files = ("intensities.tsv", "samples.tsv", "ledger.tsv", "reference.json")
        written.append([(results / name).read_bytes() for name in files])
    assert written[0] == written[1]
    values = pd.read_csv(results / "intensities.tsv", sep="\t", index_col=0)
    assert values.loc["P02769"].notna().all() and np.isfinite(values.loc["P02769"]).all()
    ledger = pd.read_csv(results / "ledger.tsv", sep="\t")
    assert ledger["sample"].tolist() == list(RUNS)
    assert (ledger["kept"] >= 20).all() and (ledger["decoy"] > 0).all()
