import gzip
from pathlib import Path

import pytest

from evigil.errors import UserError
from evigil.reference import formats
from evigil.reference.build import build_reference
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED
from evigil.rna.sources import Source, read_sources
from evigil.tables import read_table


def test_another_species_through_the_same_target(sources, build):
    bundle = load_reference(build(sources()))
    named = bundle.references.set_index("name")
    assert named.query("biotype == 'miRNA'").index.tolist() == ["xxx-mir-1", "xxx-mir-2"]
    assert named.loc["xxx-mir-2", "accession"] == "MI0000002"
    assert bundle.matures[["name", "start", "end"]].to_numpy().tolist() == [
        ["xxx-miR-1-5p", 4, 24],
        ["xxx-miR-2-5p", 3, 23],
    ]
    expected = {
        "xxx-mir-1": "miRNA",
        "xxx-mir-2": "miRNA",
        "gnl|uv|X1:1-30": "artifact",
        "tRNA-His-GTG-1": "tRNA",
        "tRNA-Tyr-GTA-1": "tRNA",
        "Y_RNA:ENST02.1": "Y_RNA",
        "MT-RNR1:ENST05.1": "rRNA",
        "SNORD1:ENST01.1": "snoRNA",
        "RN7SL4P:ENST03.1": "7SL",
    }
    assert named["biotype"].to_dict() == expected
    # the own clade is no contamination
    assert bundle.clades.to_numpy().tolist() == [
        ["insects", "1000", "dme-miR-1000-5p", "ATATTGTCCTGTCACAGCAGT"],
        ["primates", "1200", "hsa-miR-1200", "CTCCTGAGCCATTCTGAGCCTC"],
    ]


def test_trnas_are_as_processed(sources, build):
    """Introns are gone, copies of a gene are one, CCA is added, and G before tRNA-His."""
    bundle = load_reference(build(sources()))
    named = bundle.references.reset_index().set_index("name")
    his, tyr = named.loc["tRNA-His-GTG-1"], named.loc["tRNA-Tyr-GTA-1"]
    assert bundle.sequence(his["index"]) == "GGCCGTGATCGTATAGTGGTTAGTACTCTGCGCCA"
    assert (his["lead"], his["tail"], his["length"]) == (1, 3, 35)
    assert his["members"] == "tRNA-His-GTG-1-1;tRNA-His-GTG-1-2"
    whole = "CCTTCGATAGCTCAGTTGGTAGAGCGGAGGACTGTAGTTGGCTGTGTCCTTAG"
    assert bundle.sequence(tyr["index"]) == whole[:10] + whole[15:] + "CCA"


def test_pirnas_of_the_species_only(tmp_path, sources):
    sources()
    found = formats.pirnas(tmp_path / "pirna.fa", "mmu")
    assert [s.name for s in found] == ["URS01_10090"]
    with pytest.raises(UserError, match="no taxonomy number known for the species 'xxx'"):
        formats.pirnas(tmp_path / "pirna.fa", "xxx")


def test_same_sources_give_the_same_bytes(sources, build):
    path = sources()
    first = {p.name: p.read_bytes() for p in build(path).iterdir()}
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n")
    second = {p.name: p.read_bytes() for p in build(path).iterdir()}
    assert {n: b for n, b in first.items() if n != "manifest.tsv"} == {
        n: b for n, b in second.items() if n != "manifest.tsv"
    }


def test_manifest_says_where_each_file_is_from(sources, build):
    folder = build(sources())
    table = read_table(folder / "manifest.tsv").set_index("file")
    assert table.loc["mirna.fa.gz", "accession"] == "MI0000001;MI0000002"
    assert table.loc["7sl.fa.gz", ["class", "source", "licence"]].tolist() == [
        "7SL",
        "ncrna",
        "public domain",
    ]
    assert set(table.index) | {"manifest.tsv"} == {p.name for p in folder.iterdir()}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"hairpin": {"sha256": "0" * 64}}, r"\(source 'hairpin'\): sha256 is"),
        ({"hairpin": {"source": "absent.fa"}}, r"absent.fa: No such file .* \(source 'hairpin'\)"),
        ({"vector": {"source": "families.tsv", "sha256": ""}}, "line 1: not FASTA"),
        ({"ncrna": {"source": "vector.fa", "sha256": ""}}, "no small RNA with a gene_biotype"),
        ({"xxx": {"source": "trna.fa", "sha256": ""}}, "holds no GFF3 feature"),
    ],
)
def test_fault_is_one_line(sources, build, changed, fault):
    with pytest.raises(UserError, match=fault) as error:
        build(sources(**changed))
    assert "\n" not in str(error.value)


def test_no_hairpin_of_the_species(sources, build):
    with pytest.raises(UserError, match="no hairpin of the species 'zzz'"):
        build(sources(), species="zzz")


def test_shipped_short_sequences_are_those_of_the_table(tmp_path):
    path = BUNDLED.parent / "sequences.tsv"
    table = Source("RefSeq_Ensembl_and_oligos", "table", "", str(path), "", "", "")
    build_reference([table], [path], tmp_path, "hsa")
    files = sorted(p.name for p in tmp_path.glob("*.gz"))
    assert files == [
        f"{c}.fa.gz" for c in ("7sk", "7sl", "artifact", "rrna", "snrna", "vault", "y_rna")
    ]
    for file in files:
        made, shipped = tmp_path / file, BUNDLED / file
        assert gzip.decompress(made.read_bytes()) == gzip.decompress(shipped.read_bytes())


def test_shipped_mirna_are_mirbase(shared, tmp_path):
    """The bundle beside an independent copy of miRBase v22."""
    names = ("hsa_hairpin.fa", "hsa_mature.fa", "hsa.mirbase22.gff3")
    paths = [shared(f"reference/{name}") for name in names]
    kinds = ("mirbase_hairpin", "mirbase_mature", "mirbase_gff3")
    listed = [Source(k, k, "", str(p), "", "", "") for k, p in zip(kinds, paths, strict=True)]
    build_reference(listed, [Path(p) for p in paths], tmp_path, "hsa")
    made, shipped = (set(lines_of(folder / "mirna.fa.gz")) for folder in (tmp_path, BUNDLED))
    assert made == shipped
    made, shipped = (set(lines_of(folder / "matures.tsv.gz")) for folder in (tmp_path, BUNDLED))
    # the copy has no coordinates of four hairpins that have no one place in the genome
    assert made < shipped
    assert {line.split("\t")[0] for line in shipped - made} == {
        "hsa-mir-1973",
        "hsa-mir-3713",
        "hsa-mir-378g",
        "hsa-mir-4456",
    }


def lines_of(path):
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.mark.parametrize("name", ["hsa", "bundled"])
def test_shipped_lists_are_well_formed(name):
    listed = read_sources(BUNDLED.parent / "sources" / f"{name}.tsv")
    assert len(listed) >= 9


def test_shipped_bundle_is_small_and_complete():
    assert sum(p.stat().st_size for p in BUNDLED.iterdir()) < 1 << 20
    bundle = load_reference(BUNDLED)
    assert bundle.references["biotype"].value_counts().to_dict() == {
        "miRNA": 1917,
        "tRNA": 279,
        "snRNA": 15,
        "artifact": 12,
        "Y_RNA": 4,
        "vault": 4,
        "rRNA": 2,
        "7SL": 2,
        "7SK": 1,
    }
    assert bundle.matures["name"].nunique() == 2656
