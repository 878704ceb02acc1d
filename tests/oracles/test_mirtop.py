"""Our mirGFF3 read back by mirtop, the program of those who wrote the format; and the truth."""

import argparse
import gzip
import logging
import warnings
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.rna.sequences import encode
from evigil.simulate.inserts import Composition, draw_inserts
from evigil.smallrna.assign import assign
from evigil.smallrna.isomirs import call_isomirs
from evigil.smallrna.mirgff3 import write_isomirs


@pytest.fixture(scope="module")
def mirtop():
    with warnings.catch_warnings():
        # it imports pkg_resources and Bio.pairwise2, which warn of their own end
        warnings.simplefilter("ignore")
        body = pytest.importorskip("mirtop.gff.body")
        validator = pytest.importorskip("mirtop.gff.validator")
        realign = pytest.importorskip("mirtop.mirna.realign")
    return SimpleNamespace(body=body, validator=validator, realign=realign)


@pytest.fixture(scope="module")
def bundle():
    return load_reference(BUNDLED)


def collapse(reads: dict[str, int]) -> SimpleNamespace:
    bases, offsets = encode(sorted(reads))
    molecules = np.array([reads[s] for s in sorted(reads)], dtype=np.int64)
    return SimpleNamespace(bases=bases, offsets=offsets, molecules=molecules)


@pytest.fixture(scope="module")
def simulated(bundle):
    """40,000 molecules of miRNAs with their truth, and their collapsed sequences."""
    rng = np.random.default_rng(20)
    names = bundle.features.query("biotype == 'miRNA'")["name"]
    abundance = pd.Series(np.exp(rng.normal(0, 2.5, len(names))), index=names.to_numpy())
    inserts = draw_inserts(40_000, abundance, bundle, Composition({"miRNA": 1.0}), rng)
    rows = zip(inserts.codes, inserts.lengths, strict=True)
    reads = ["".join("ACGT"[c] for c in codes[:n]) for codes, n in rows]
    return inserts.table.assign(read=reads, length=inserts.lengths)


def read_back(mirtop, path, monkeypatch):
    """Validate a file by mirtop; return its errors and the lines as mirtop reads them."""
    said: list[str] = []
    monkeypatch.setattr(mirtop.validator.logger, "error", said.append)
    wrong = mirtop.validator._check_file(str(path))
    options = argparse.Namespace(out_format="gff", keep_name=False)
    logging.getLogger("mirtop").setLevel(logging.ERROR)
    lines = mirtop.body.read(str(path), options)
    return (
        wrong,
        said,
        [line for place in lines.values() for rows in place.values() for line in rows],
    )


def attributes(line: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in line.split("\t")[8].split(";"))
    return {key: value for key, _, value in pairs if key}


def without_unknown(path, target) -> int:
    """Leave out lines with 5′ additions alone: of mirGFF3 1.2, but mirtop 0.4.30 lacks the kind."""
    lines = path.read_text().splitlines(keepends=True)
    unknown = [line for line in lines if ";Variant=iso_add5p:1;" in line]
    target.write_text("".join(line for line in lines if line not in set(unknown)))
    return len(unknown)


def check_file(mirtop, bundle, path, monkeypatch, tmp_path) -> int:
    wrong, said, lines = read_back(mirtop, path, monkeypatch)
    unknown = without_unknown(path, tmp_path / "known.gff3")
    assert wrong == unknown
    assert all(message.startswith("INCORRECT VARIANT") for message in said)
    wrong, said, lines = read_back(mirtop, tmp_path / "known.gff3", monkeypatch)
    assert (wrong, said) == (0, [])
    written = sum(not x.startswith("#") for x in (tmp_path / "known.gff3").read_text().splitlines())
    assert len(lines) == written > 0
    for _, _, expression, samples, line in lines:
        values = attributes(line)
        assert samples == ["s1"] and int(expression[0]) >= 1
        assert mirtop.realign.read_id(values["UID"]) == values["Read"]
        assert mirtop.realign.make_id(values["Read"]) == values["UID"]
    changes_agree(mirtop, bundle, [line for *_, line in lines])
    return written


def changes_agree(mirtop, bundle, lines: list[str]) -> None:
    """The variant explains the read: mirtop finds its changes from precursor and mature alone."""
    rows = {name: i for i, name in enumerate(bundle.references["name"])}
    columns = (bundle.matures[c] for c in ("name", "reference", "start", "end"))
    matures = {(n, r): [start, end - 1] for n, r, start, end in zip(*columns, strict=True)}
    for line in lines:
        values = attributes(line)
        hairpin = bundle.sequence(rows[line.split("\t")[0]])
        place = matures[values["Name"], rows[line.split("\t")[0]]]
        variant, read = values["Variant"], values["Read"]
        if "iso_add5p" in variant:
            continue
        size = dict(v.split(":") for v in variant.split(",") if ":" in v)
        five, three = int(size.get("iso_5p", 0)), int(size.get("iso_3p", 0))
        added = int(size.get("iso_add3p", 0))
        body = read[: len(read) - added] if added else read
        cut = hairpin[place[0] + five : place[1] + 1 + three]
        assert len(cut) == len(body)
        assert sum(a != b for a, b in zip(cut, body, strict=True)) == ("iso_snv" in variant)
        extra = mirtop.realign.variant_to_5p(hairpin, place, variant)
        if five:
            assert len(extra) == abs(five) and extra.isupper() == (five < 0)
            assert extra.upper() == (cut[:-five] if five < 0 else hairpin[place[0] :][:five])
        if added:
            assert mirtop.realign.variant_to_add(read, variant) == read[-added:]


def test_simulated_isomirs(mirtop, bundle, simulated, monkeypatch, tmp_path):
    reads = collapse(dict(Counter(simulated["read"])))
    write_isomirs(reads, assign(reads, bundle), bundle, "s1", tmp_path / "s1.gff3")
    assert check_file(mirtop, bundle, tmp_path / "s1.gff3", monkeypatch, tmp_path) > 3_000


def test_real_plasma(mirtop, bundle, shared, monkeypatch, tmp_path):
    path = shared("fastq/exrnaqc/RNA014939_S3_R1.fastq.gz")
    lines = gzip.open(path, "rt").read().split("\n")[1::4]
    inserts = [s[: s.find("TGGAATTCTCGG")] for s in lines if "TGGAATTCTCGG" in s]
    reads = collapse(dict(Counter(s for s in inserts if len(s) >= 16 and "N" not in s)))
    assignment = assign(reads, bundle)
    write_isomirs(reads, assignment, bundle, "s1", tmp_path / "s1.gff3")
    assert check_file(mirtop, bundle, tmp_path / "s1.gff3", monkeypatch, tmp_path) > 400
    rows = [attributes(line) for line in (tmp_path / "s1.gff3").read_text().splitlines()[5:]]
    table = pd.DataFrame(rows).astype({"Expression": int, "share": float})
    # shares of the lines are the counts of the matures
    exact = assignment.counts["exact"].set_axis(bundle.features["name"])
    top = table[table["Name"] == "hsa-miR-486-5p"]
    reads_of_top = (top["Expression"] * top["share"]).sum()
    assert reads_of_top == pytest.approx(exact["hsa-miR-486-5p"], rel=1e-4)


def kind_of(variant: str) -> str:
    if variant == "NA":
        return "canonical"
    for part, kind in (("snv", "substituted"), ("add3p", "added_3p"), ("5p", "shifted_5p")):
        if part in variant:
            return kind
    return "templated_3p"


def test_kinds_against_the_truth(bundle, simulated):
    """At least 98 % of each kind; what cannot be told apart by anybody is named."""
    counted = Counter(simulated["read"])
    reads = collapse(dict(counted))
    called = call_isomirs(reads, assign(reads, bundle), bundle)
    called["read"] = np.array(sorted(counted))[called["unique"]]
    best = called.sort_values(["read", "share"]).drop_duplicates("read", keep="last")
    kind = best.set_index("read")["variant"].map(kind_of)
    truth = simulated.assign(called=simulated["read"].map(kind).fillna("not a miRNA"))
    right = (truth["called"] == truth["kind"]).groupby(truth["kind"]).mean()
    assert (right.drop("substituted") >= 0.98).all(), right
    # a substituted base among the last three is an addition to a shorter body, in all readings
    substituted = truth[truth["kind"] == "substituted"]
    called_added = (substituted["called"] == "added_3p").mean()
    expected = (3 / substituted["length"]).mean()
    assert called_added == pytest.approx(expected, abs=0.03)
    told = substituted[substituted["called"] != "added_3p"]
    assert (told["called"] == "substituted").mean() >= 0.98
