"""A reference is indexed once; whatever it was made from changes, it is indexed anew."""

import os
import shutil

import pytest

from evigil.errors import UserError
from evigil.rna import cache, load
from evigil.rna.paths import BUNDLED


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache" / "reference"


@pytest.fixture
def made(monkeypatch):
    """Count the indexes that are made, with a stand-in for one."""

    class Index:
        def write(self, path):
            import numpy as np

            made.append(path)
            with open(path, "wb") as file:
                np.savez(file, number=len(made))

    made: list[str] = []
    monkeypatch.setattr(load, "load_reference", lambda *_: Index())
    return made


def test_it_is_the_index_that_would_be_made(tmp_path, kept):
    load.load_reference(BUNDLED).write(tmp_path / "expected")
    for name in ("cold", "warm"):
        cache.write_index(tmp_path / name, BUNDLED)
        assert (tmp_path / name).read_bytes() == (tmp_path / "expected").read_bytes()
    assert [file.suffix for file in kept.iterdir()] == [".npz"]


def test_what_it_was_made_from_decides(tmp_path, kept, made):
    fasta, spikes = tmp_path / "more.fa", tmp_path / "spikes.tsv"
    fasta.write_text(">a\nACGT\n")
    spikes.write_text("name\n")
    given = [
        {},
        {"fasta": {"more": str(fasta)}},
        {"fasta": {"other": str(fasta)}},
        {"spike_ins": spikes},
        {"class_order": ["tRNA"]},
        {"code": "changed"},
    ]
    for _ in range(2):
        for said in given:
            cache.write_index(tmp_path / "i.npz", BUNDLED, **said)
    assert len(made) == len(list(kept.iterdir())) == len(given)
    fasta.write_text(">a\nACGA\n")
    cache.write_index(tmp_path / "i.npz", BUNDLED, **given[1])
    assert len(made) == len(given) + 1


def test_a_damaged_one_is_made_anew(tmp_path, kept, made):
    cache.write_index(tmp_path / "i.npz", BUNDLED)
    (file,) = kept.iterdir()
    file.write_bytes(file.read_bytes()[:-30])
    cache.write_index(tmp_path / "i.npz", BUNDLED)
    cache.write_index(tmp_path / "i.npz", BUNDLED)
    assert len(made) == 2


def test_a_file_that_differs_from_the_manifest_is_refused_though_cached(tmp_path, kept):
    folder = tmp_path / "reference"
    shutil.copytree(BUNDLED, folder)
    cache.write_index(tmp_path / "i.npz", folder)
    file = next(folder.glob("*.gz"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(UserError, match="differs from its sha256"):
        cache.write_index(tmp_path / "i.npz", folder)


@pytest.mark.parametrize("folder", [None, "/dev/null/cache"], ids=["none", "not writable"])
def test_without_a_cache_it_is_made(tmp_path, made, monkeypatch, folder):
    monkeypatch.delenv(cache.FOLDER, raising=False)
    if folder:
        monkeypatch.setenv(cache.FOLDER, folder)
    for _ in range(2):
        cache.write_index(tmp_path / "i.npz", BUNDLED)
    assert len(made) == 2


def test_those_used_last_stay(tmp_path, kept, made, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    for i, code in enumerate("abac"):
        cache.write_index(tmp_path / "i.npz", BUNDLED, code=code)
        for file in kept.iterdir():  # time stands still between the writes of a test
            if file.stat().st_mtime > 1000:
                os.utime(file, (i, i))
    cache.write_index(tmp_path / "i.npz", BUNDLED, code="a")
    assert len(made) == 3
