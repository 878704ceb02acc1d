"""ADATs: counts of the real file, and what belongs to the assay and not to the sample."""

from collections import Counter

import numpy as np
import pytest

from evigil.errors import UserError
from evigil.proteomics.detect import detect, read_quantities, run_names

FIELDS = {
    "SeqId": ["10000-28_3", "10001-7_3", "10002-1_3", "2-2_1", "9-9_1"],
    "Target": ["CRBB2", "c-Raf", "c-Raf", "HybControlElution", "Fc_MOUSE"],
    "UniProt": ["P43320", "P04049", "P04049, P10398", "", "Q99LC4"],
    "EntrezGeneSymbol": ["CRYBB2", "RAF1", "RAF1 ARAF", "", ""],
    "Organism": ["Human", "Human", "Human", "Human", "Mouse"],
    "Units": ["RFU"] * 5,
    "Type": ["Protein", "Protein", "Protein", "Hybridization Control Elution", "Protein"],
    "ColCheck": ["PASS", "FLAG", "PASS", "PASS", "FLAG"],
}
ROWS = [
    ("P1", "S1", "1", "A1", "Sample", "PASS", "", [400, 1024, 0, 7, 9]),
    ("P1", "S1", "2", "A2", "Sample", "FLAG", "Reddish", [800, 512, 256, 7, 9]),
    ("P1", "S2", "3", "A3", "Sample", "PASS", "", [1600, 64, "", 7, 9]),
    ("P1", "170", "4", "A4", "Calibrator", "PASS", "", [1, 2, 4, 7, 9]),
    ("P1", "171", "5", "A5", "QC", "PASS", "", [1, 2, 4, 7, 9]),
    ("P1", "", "6", "A6", "Buffer", "PASS", "", [100, 20, 10, 7, 9]),
    ("P2", "", "7", "A7", "Buffer", "PASS", "", [110, 20, 10, 7, 9]),
    ("P2", "", "8", "A8", "Buffer", "PASS", "", [120, 20, 10, 7, 9]),
]
HEADER = ["PlateId", "SampleId", "Subarray", "SlideId", "SampleType", "RowCheck", "SampleNotes"]


def adat(path, rows=ROWS, fields=FIELDS, header=HEADER, end="\n", pad=""):
    margin = [""] * (len(header) + 1)
    lines = [["^HEADER" + pad], ["!Version", "1.2"], ["!Title", "a study"]]
    lines += [["^COL_DATA"], ["!Name", *fields], ["^ROW_DATA"], ["!Name", *header]]
    lines += [["^TABLE_BEGIN" + pad]]
    lines += [[*margin[:-1], name, *cells] for name, cells in fields.items()]
    lines += [[*header, "", *[""] * 5]]
    lines += [[*cells, "", *map(str, values)] for *cells, values in rows]
    path.write_bytes(end.join("\t".join(line) for line in lines).encode() + end.encode())
    return path


def fault(path):
    with pytest.raises(UserError) as caught:
        read_quantities(path)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_plasma(shared):
    path = shared("proteomics/somascan/example_data10.adat")
    lines = [line.rstrip("\r\n").split("\t") for line in path.read_text().splitlines()]
    begin = next(i for i, line in enumerate(lines) if line[0] == "^TABLE_BEGIN") + 1
    fields = {line[34]: line[35:] for line in lines[begin : begin + 20]}
    body = lines[begin + 21 :]
    human = [
        i
        for i, (kind, organism) in enumerate(zip(fields["Type"], fields["Organism"], strict=True))
        if kind == "Protein" and organism == "Human"
    ]
    flagged = sum(fields["ColCheck"][i] == "FLAG" for i in human)

    found = read_quantities(path)
    assert detect(path) == ("somascan", "adat") == (found.format, found.layout)
    assert found.values.shape == (len(body), len(human)) == (10, 4979)
    assert found.runs["kind"].value_counts().to_dict() == {"sample": 9, "calibrator": 1}
    assert Counter(row[7] for row in body) == {"Sample": 9, "Calibrator": 1}
    totals = {"rows": 5284, "control": 305, "no_quantity": 0, "kept": 4979}
    assert found.ledger[list(totals)].drop_duplicates().to_dict("records") == [totals]
    assert len(fields["SeqId"]) == 5284
    for row in body:
        place = human[17]
        measured = found.values.loc[row[6], fields["SeqId"][place]]
        assert measured == np.log2(float(row[35 + place]))
    group = found.features["protein_group"]
    assert group["10365-132"] == "P29460;Q9NPF7"
    uniprot = Counter(fields["UniProt"][i] for i in human)
    several = max(uniprot, key=lambda name: uniprot[name] * bool(name))
    assert (group == several).sum() == uniprot[several] > 1  # aptamers of one protein stay apart
    assert found.limit is None  # no buffer in it
    assert found.notes[0].endswith(
        f"SomaLogic flagged {flagged} of 4,979 aptamers (ColCheck): they stay"
    )
    assert run_names(path) == ("somascan", "adat", [str(i) for i in range(1, 10)])


def test_controls_limits_and_names(tmp_path):
    found = read_quantities(adat(tmp_path / "a.adat"))
    assert found.values.columns.tolist() == ["10000-28", "10001-7", "10002-1"]
    assert found.features.loc["10002-1"].tolist()[:2] == ["P04049;P10398", "RAF1;ARAF"]
    kinds = found.runs["kind"].value_counts().to_dict()
    assert kinds == {"sample": 3, "buffer": 3, "calibrator": 1, "control": 1}
    # a subject with two draws: told apart by slide and subarray
    assert run_names(tmp_path / "a.adat")[2] == ["S1 (A1_1)", "S1 (A2_2)", "S2"]
    np.testing.assert_array_equal(found.values.loc["S1 (A1_1)"], [np.log2(400), 10.0, np.nan])
    assert found.ledger.loc["S2"].tolist() == [5, 0, 0, 2, 0, 0, 1, 0, 2]
    last = [[*row[:-1], [*row[-1][:4], ""]] for row in ROWS]
    assert read_quantities(adat(tmp_path / "b.adat", last)).values.equals(found.values)
    assert found.runs.loc["S1 (A2_2)"].tolist() == ["sample", "P1", "warn", "Reddish"]
    # median 110, absolute deviations 10, 0, 10
    limit = found.limit["10000-28"].unique()
    np.testing.assert_allclose(limit, np.log2(110 + 3.3 * 1.4826 * 10), rtol=1e-14)
    assert found.censored.loc[["A6_6", "170"], "10000-28"].tolist() == [True, True]
    assert not found.censored.loc["S2"].any()


def test_two_wells_of_buffer_give_no_limit(tmp_path):
    found = read_quantities(adat(tmp_path / "a.adat", ROWS[:-1]))
    assert (found.limit, found.censored) == (None, None)
    assert found.notes[-1].endswith("no limit of detection: it takes 3 wells of buffer")


@pytest.mark.parametrize(
    "options",
    [{"end": "\r\n"}, {"pad": "\t\t\t"}, {"rows": [(*row[:-1], row[-1]) for row in ROWS]}],
)
def test_line_ends_and_trailing_tabs(tmp_path, options):
    plain = read_quantities(adat(tmp_path / "a.adat"))
    found = read_quantities(adat(tmp_path / "b.txt", **options))
    np.testing.assert_array_equal(found.values, plain.values)


def changed(place, value):
    rows = [list(row) for row in ROWS]
    rows[1][-1] = [value if i == place else cell for i, cell in enumerate(rows[1][-1])]
    return rows


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rows": []}, "no row of a sample below ^TABLE_BEGIN"),
        (
            {"rows": changed(1, "high")},
            "row 19, aptamer '10001-7_3': 'high' is not a number",
        ),
        (
            {"fields": {k: v for k, v in FIELDS.items() if k != "SeqId"}},
            "no column 'SeqId'",
        ),
        (
            {"rows": [(*row[:-1], [1, 2, 4]) for row in ROWS]},
            "row 18: 3 values, but there are 5 aptamers",
        ),
        (
            {"rows": [(*row[:-1], [1.5, 9, 8, 7, 6]) for row in ROWS]},
            "its largest value is 9; fluorescence (RFU) is far above: give the ADAT as SomaLogic "
            "sent it, not logarithms",
        ),
        (
            {"rows": [*ROWS, ROWS[0]]},
            "row 26: 'S1 (A1_1)' is in row 18 already, on the same slide and subarray",
        ),
    ],
)
def test_faults(tmp_path, options, expected):
    assert fault(adat(tmp_path / "a.adat", **options)) == expected


def test_cut_off(tmp_path):
    path = adat(tmp_path / "a.adat")
    path.write_bytes(path.read_bytes()[:40])
    assert fault(path) == "no ^TABLE_BEGIN: not an ADAT, or cut off"
