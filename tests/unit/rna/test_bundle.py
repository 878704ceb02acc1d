import shutil

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.rna.bundle import TABLES, Bundle
from evigil.rna.classes import CLASSES, order_classes
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.rna.seeds import index_words


@pytest.fixture(scope="module")
def bundled():
    return load_reference(BUNDLED)


def test_what_is_written_is_read(bundled, tmp_path):
    path = tmp_path / "index.npz"
    bundled.write(path)
    read = Bundle.read(path)
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(read, table), getattr(bundled, table))
    assert np.array_equal(read.codes, bundled.codes)
    assert np.array_equal(read.starts, bundled.starts)
    for k, pair in bundled.seeds.items():
        assert all(np.array_equal(a, b) for a, b in zip(read.seeds[k], pair, strict=True))
    assert (read.classes, read.key) == (bundled.classes, bundled.key)
    first = path.read_bytes()
    load_reference(BUNDLED).write(path)
    assert path.read_bytes() == first
    path.write_bytes(first[: len(first) // 2])
    with pytest.raises(UserError, match="is damaged"):
        Bundle.read(path)


def test_empty_tables_stay_empty(bundled, tmp_path):
    from dataclasses import replace

    replace(bundled, clades=bundled.clades.head(0)).write(tmp_path / "index.npz")
    assert Bundle.read(tmp_path / "index.npz").clades.empty


def test_matures_are_where_they_are_said_to_be(bundled):
    whole = [bundled.sequence(r) for r in range(len(bundled.references))]
    sequence = bundled.features["sequence"].to_numpy()
    for m in bundled.matures.itertuples():
        assert whole[m.reference][m.start : m.end] == sequence[m.feature]
    of = bundled.references["feature"].to_numpy()
    assert sequence[of].tolist() == whole
    assert bundled.features["name"].is_unique


def test_positions_know_their_reference(bundled):
    for r in (0, 1, 700, len(bundled.references) - 1):
        start, length = bundled.starts[r], bundled.references["length"][r]
        assert set(bundled.reference_of[start : start + length]) == {r}
        assert bundled.codes[start - 1] == bundled.codes[start + length] == 5


def test_index_of_words():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, 500).astype(np.uint8)
    first, positions = index_words(codes, 3)
    for word in range(64):
        bases = [word >> 4 & 3, word >> 2 & 3, word & 3]
        expected = [i for i in range(498) if codes[i : i + 3].tolist() == bases]
        assert positions[first[word] : first[word + 1]].tolist() == expected


def test_a_changed_file_is_refused(tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(BUNDLED, folder)
    (folder / "7sk.fa.gz").write_bytes((folder / "7sl.fa.gz").read_bytes())
    with pytest.raises(UserError, match="7sk.fa.gz: differs from its sha256 in manifest.tsv"):
        load_reference(folder)
    (folder / "7sk.fa.gz").unlink()
    with pytest.raises(UserError, match="7sk.fa.gz: no such file, though manifest.tsv lists it"):
        load_reference(folder)
    with pytest.raises(UserError, match="holds no manifest.tsv"):
        load_reference(tmp_path)


def test_content_is_the_key(bundled, tmp_path):
    spikes = tmp_path / "spikes.tsv"
    spikes.write_text("name\tsequence\tamount\nS1\tACTCATCTACGTACGCATCTAGTCT\t2\n")
    other = load_reference(BUNDLED, spike_ins=spikes)
    assert load_reference(BUNDLED).key == bundled.key != other.key
    assert other.references.query("biotype == 'spike_in'")["name"].tolist() == ["S1"]
    assert other.classes[0] == "spike_in"


def test_identical_sequences_of_a_class_are_one(tmp_path):
    path = tmp_path / "mine.fa"
    path.write_text(">b\nACGTACGTACGTACGTAA\n>a\nACGUACGTACGTACGTAA\n>c\nTTTTACGTACGTACGTAA\n")
    bundle = load_reference(BUNDLED, fasta={"mine": str(path)})
    mine = bundle.references.query("biotype == 'mine'")
    assert mine["name"].tolist() == ["a/b", "c"]
    assert mine["members"].tolist() == ["a;b", "c"]
    assert bundle.classes[-1] == "mine"
    assert set(bundle.fate_of[mine.index]) == {CLASSES.index("other")}


def test_a_class_that_the_reference_lacks_has_its_own_column(tmp_path):
    path = tmp_path / "p.fa"
    path.write_text(">p1\nTGCCATAGCATTAGCCTTGACGGATTCA\n")
    bundle = load_reference(BUNDLED, fasta={"mine": str(path), "piRNA": str(path)})
    fates = {
        biotype: bundle.fates[bundle.fate_of[(bundle.references["biotype"] == biotype).argmax()]]
        for biotype in ("mine", "piRNA")
    }
    assert fates == {"mine": "other", "piRNA": "piRNA"}
    assert bundle.classes.index("piRNA") < bundle.classes.index("mine")
    with pytest.raises(UserError) as error:
        load_reference(BUNDLED, fasta={"tRNA": str(path), "miRNA": str(path)})
    end = ": the reference has sequences of this class; choose another name"
    assert str(error.value).splitlines() == [
        f"config: smallrna.fasta.{name}{end}" for name in ("miRNA", "tRNA")
    ]


def test_features_have_one_name_each(tmp_path):
    path, spikes = tmp_path / "mine.fa", tmp_path / "spikes.tsv"
    path.write_text(">hsa-miR-486-5p\nACGTACGTACGTACGTAA\n")
    spikes.write_text("name\tsequence\tamount\nhsa-let-7a-5p\tACTCATCTACGTACGCATCTAGTCT\t2\n")
    bundle = load_reference(BUNDLED, fasta={"mine": str(path)}, spike_ins=spikes)
    names = bundle.features.set_index("name")["biotype"]
    assert names.index.is_unique
    assert names["hsa-miR-486-5p"] == names["hsa-let-7a-5p"] == "miRNA"
    assert names["hsa-miR-486-5p:mine"] == "mine"
    assert names["hsa-let-7a-5p:spike_in"] == "spike_in"


def test_order_of_classes():
    assert order_classes(["tRNA", "mine", "miRNA"], None) == ["miRNA", "tRNA", "mine"]
    assert order_classes(["tRNA", "mine", "miRNA"], ["mine", "tRNA"]) == ["mine", "tRNA", "miRNA"]
    with pytest.raises(UserError, match=r"'mirna' is not a class \(did you mean 'miRNA'\?\)"):
        order_classes(["miRNA"], ["mirna"])
    with pytest.raises(UserError, match="'miRNA' is given twice"):
        order_classes(["miRNA"], ["miRNA", "miRNA"])
