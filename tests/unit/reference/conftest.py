import hashlib
from pathlib import Path

import pytest

from evigil.reference.build import build_reference
from evigil.rna.sources import COLUMNS, read_sources

#: A species of two hairpins on both strands, in the forms that the databases publish.
FILES = {
    "hairpin.fa": """>xxx-mir-1 MI0000001 Examplus one stem-loop
GGAUACGUACGUUAGCCAUGGCAUCCAAGUUU
ACGGUAACGGAUCGAUUACCGG
>xxx-mir-2 MI0000002 Examplus two stem-loop
CCCAUGCAUGGAUUUACCGAUAGGACCAUUGACC
>yyy-mir-1 MI0000003 Other stem-loop
GGAUACGUACGUUAGCCAUGG
""",
    "mature.fa": """>xxx-miR-1-5p MIMAT01 Examplus miR-1-5p
ACGUACGUUAGCCAUGGCAU
>xxx-miR-2-5p MIMAT02 Examplus miR-2-5p
AUGCAUGGAUUUACCGAUAG
>dme-miR-1000-5p MIMAT99 Drosophila
AUAUUGUCCUGUCACAGCAGU
>hsa-miR-1200 MIMAT98 Homo
CUCCUGAGCCAUUCUGAGCCUC
>xxx-miR-548 MIMAT97 Examplus
CAAAACUGGCAAUUACUUUUGC
""",
    "xxx.gff3": """##gff-version 3
chr1\t.\tmiRNA_primary_transcript\t101\t154\t.\t+\t.\tID=MI0000001;Alias=MI0000001;Name=xxx-mir-1
chr1\t.\tmiRNA\t105\t124\t.\t+\t.\tID=MIMAT01;Alias=MIMAT01;Name=xxx-miR-1-5p;Derives_from=MI0000001
chr1\t.\tmiRNA_primary_transcript\t201\t234\t.\t-\t.\tID=MI0000002;Alias=MI0000002;Name=xxx-mir-2
chr1\t.\tmiRNA\t212\t231\t.\t-\t.\tID=MIMAT02;Alias=MIMAT02;Name=xxx-miR-2-5p;Derives_from=MI0000002
""",
    "trna.fa": """>Examplus_one_tRNA-Tyr-GTA-1-1 (tRNAscan-SE ID: chr6.trna14) Tyr
CCTTCGATAGCTCAGTTGGTAGAGCGGAGGACTGTAGTTGGCTGTGTCCTTAG
>Examplus_one_tRNA-His-GTG-1-1 (tRNAscan-SE ID: chr1.trna1) His
GCCGTGATCGTATAGTGGTTAGTACTCTGCG
>Examplus_one_tRNA-His-GTG-1-2 (tRNAscan-SE ID: chr1.trna2) His
GCCGTGATCGTATAGTGGTTAGTACTCTGCG
>Escherichia_coli_tRNA-eColiLys-TTT-1-1 (tRNAscan-SE ID: chr.trna9) Lys
GGGTCGTTAGCTCAGTTGGTAGAGCAGTTG
""",
    "introns.out": """Sequence\t\ttRNA\tBounds
chr6\t14\t1000\t1052\tTyr\tGTA\t1010\t1014\t77.9\t57.0
chr1\t1\t500\t470\tHis\tGTG\t0\t0\t60.1\t50
chr1\t2\t900\t870\tHis\tGTG\t0\t0\t60.1\t50
""",
    "ncrna.fa": """>ENST01.1 ncrna gene:ENSG01 gene_biotype:snoRNA gene_symbol:SNORD1
ATCCTTTTGTACTTCTTAAGCATAAGG
>ENST02.1 ncrna gene:ENSG02 gene_biotype:misc_RNA gene_symbol:Y_RNA
GGCTGGTCCGATGGTAGTGGG
>ENST03.1 ncrna gene:ENSG03 gene_biotype:misc_RNA gene_symbol:RN7SL4P
GCCGGGCGCGGTGGCGCGTGCC
>ENST04.1 ncrna gene:ENSG04 gene_biotype:lncRNA gene_symbol:LONG
ACGTACGTACGT
>ENST05.1 ncrna gene:ENSG05 gene_biotype:Mt_rRNA gene_symbol:MT-RNR1
AATAGGTTTGGTCCTAGCCTTTCTAT
""",
    "pirna.fa": """>URS01_10090 mouse piRNA
TGAGAACTTTCTAGGGTTCTTCAGGT
>URS02_9606 human piRNA
TCCCTGAGACCCTAACTTGTGAAAAA
""",
    "vector.fa": ">gnl|uv|X1:1-30 vector\nCTCGGGCCGTCTCTTGGGCTTGATCGGCC\n",
    "families.tsv": "clade\tkingdom\tfamily\ninsects\tanimal\t1000\nprimates\tanimal\t1200\n"
    "examples\tanimal\t548\n",
}
FORMATS = {
    "hairpin.fa": "mirbase_hairpin",
    "mature.fa": "mirbase_mature",
    "xxx.gff3": "mirbase_gff3",
    "trna.fa": "trna_genes",
    "introns.out": "trna_introns",
    "ncrna.fa": "ensembl_ncrna",
    "vector.fa": "fasta",
    "families.tsv": "clade_families",
}


def list_of(folder: Path, **changed: dict[str, str]) -> Path:
    """Write the files and their list; `changed` changes cells of the source of that name."""
    rows = []
    for file, text in FILES.items():
        (folder / file).write_text(text)
        if file in FORMATS:
            biotype = "artifact" if file == "vector.fa" else ""
            rows.append([Path(file).stem, FORMATS[file], biotype, file, "1", "public domain"])
    rows.append(["all", "clade_matures", "", "mature.fa", "1", "public domain"])
    cells = [dict(zip(COLUMNS, row, strict=False)) for row in rows]
    for row in cells:
        content = (folder / row["source"]).read_bytes()
        row["sha256"] = hashlib.sha256(content).hexdigest()
        row.update(changed.get(row["name"], {}))
    lines = ["\t".join(row[c] for c in COLUMNS) for row in cells]
    path = folder / "sources.tsv"
    path.write_text("\n".join(["\t".join(COLUMNS), *lines]) + "\n")
    return path


@pytest.fixture
def sources(tmp_path):
    """Write the example's sources, with changes to the list if asked for."""
    return lambda **changed: list_of(tmp_path, **changed)


@pytest.fixture
def build(tmp_path):
    """Build the reference of a list into a folder."""

    def run(path: Path, species: str = "xxx") -> Path:
        found = read_sources(path)
        folder = tmp_path / "bundle"
        build_reference(found, [Path(s.source) for s in found], folder, species)
        return folder

    return run
