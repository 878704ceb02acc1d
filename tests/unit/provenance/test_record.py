"""Provenance names the bytes that went in."""

from importlib.metadata import version

from evigil.provenance.record import PACKAGES, checksums, versions


def test_checksums_are_of_the_bytes_and_sorted(tmp_path):
    (tmp_path / "b.tsv").write_bytes(b"abc")
    (tmp_path / "a.tsv").write_bytes(b"")
    table = checksums({"data/b.tsv": tmp_path / "b.tsv", "data/a.tsv": tmp_path / "a.tsv"})
    assert table["path"].tolist() == ["data/a.tsv", "data/b.tsv"]
    assert table["bytes"].tolist() == [0, 3]
    # the published test vectors of SHA-256
    assert table["sha256"].tolist() == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]


def test_every_package_that_computes_has_its_version():
    table = versions().set_index("software")["version"]
    assert table["numpy"] == version("numpy")
    assert table["evigil"] == version("evigil")
    assert set(PACKAGES) < set(table.index)
