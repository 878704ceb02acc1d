import pandas as pd
import pytest

from evigil.smallrna.assign import assign
from evigil.smallrna.fragments import anticodon, fragment_table


@pytest.fixture(scope="module")
def glycine(bundled):
    """The row of a tRNA-Gly-GCC, and its sequence with CCA."""
    row = int(bundled.references.query("name.str.startswith('tRNA-Gly-GCC-2')").index[0])
    return row, bundled.sequence(row)


def types_of(reads, bundled, digested):
    given = digested(dict.fromkeys(reads, 1))
    assignment = assign(given, bundled)
    assert assignment.ledger["tRNA"] == len(reads)
    table = fragment_table(given, assignment, bundled)
    assert table["exclusive"].sum() + table["ambiguous"].sum() == pytest.approx(len(reads))
    return set(table["type"])


def test_types_by_their_ends(bundled, digested, glycine):
    row, whole = glycine
    loop = anticodon(bundled, row) - 2
    assert whole[loop + 2 : loop + 5] == "GCC" and whole[loop + 1] == "T"
    cases = {
        "5'-half": [whole[: loop + 1], whole[: loop + 7]],
        "5'-tRF": [whole[:18], whole[:loop], whole[: loop + 8]],
        "3'-half": [whole[loop:], whole[loop + 6 :], whole[loop + 3 : -3], whole[loop + 3 : -1]],
        "3'-tRF": [whole[-18:], whole[-22:-3], whole[-21:-2], whole[loop + 7 :]],
        "i-tRF": [whole[1:20], whole[10:40], whole[loop : loop + 20], whole[20:-4]],
        "tRNA": [whole],
    }
    for kind, reads in cases.items():
        assert types_of(reads, bundled, digested) == {kind}, kind


def test_g_minus_1_of_histidine_is_a_5_prime_end(bundled, digested):
    row = int(bundled.references.query("name.str.startswith('tRNA-His-GTG')").index[0])
    whole = bundled.sequence(row)
    assert bundled.references["lead"][row] == 1
    assert types_of([whole[:20], whole[1:21]], bundled, digested) == {"5'-tRF"}
    assert types_of([whole[2:22]], bundled, digested) == {"i-tRF"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("tRNA-Gly-GCC-4", 32),  # GCC also where the D-stem ends
        ("tRNA-Gln-CTG-1", 33),
        ("tRNA-His-GTG", 34),  # behind its G−1
        ("tRNA-Lys-CTT-3", 33),  # has no U33
        ("mt-tRNA-Met-CAT", 30),
        ("mt-tRNA-Ser1-GCT", 33),  # not found: the usual place
    ],
)
def test_anticodons(bundled, name, place):
    row = int(bundled.references.query("name.str.startswith(@name)").index[0])
    assert anticodon(bundled, row) == place


def test_exclusive_and_ambiguous(bundled, digested, glycine):
    whole = glycine[1]
    names = bundled.references.query("biotype == 'tRNA'")["name"]
    starts = [bundled.sequence(i)[:20] for i in names.index]
    alone = next(s for s in starts if starts.count(s) == 1)
    given = digested({whole[:20]: 10, alone: 4, "TAGCTTATCAGACTGATGTTGA": 100})
    table = fragment_table(given, assign(given, bundled), bundled)
    assert table["exclusive"].sum() == 4 and table["ambiguous"].sum() == pytest.approx(10)
    assert table.equals(table.sort_values(["type", "parent"], ignore_index=True))
    assert (table["ambiguous"] > 0).sum() > 1


def test_no_trna_is_an_empty_table(bundled, digested):
    given = digested({"TAGCTTATCAGACTGATGTTGA": 100})
    table = fragment_table(given, assign(given, bundled), bundled)
    assert table.columns.tolist() == ["type", "parent", "exclusive", "ambiguous"]
    assert isinstance(table, pd.DataFrame) and table.empty
