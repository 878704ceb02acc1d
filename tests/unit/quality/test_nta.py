"""Exports of particle counters: any dialect gives the same bins, and what is no export is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.quality.nta import Distribution, read_distribution, sizes

PLAIN = "Bin centre (nm),Concentration (particles / ml)\n10,1\n30,3\n50,4\n70,2\n"


def read(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "nta.csv"
    file.write_bytes(text.encode(encoding))
    return read_distribution(file)


def test_by_hand(tmp_path):
    found = read(tmp_path, PLAIN)
    np.testing.assert_array_equal(found.low, [0, 20, 40, 60])
    np.testing.assert_array_equal(found.high, [20, 40, 60, 80])
    # 10 % is the whole first bin; 50 % is a quarter into the third; 90 % half into the last
    assert sizes(found) == pytest.approx((10, 50, 44, 20, 45, 70))


def test_quantiles_within_a_bin(tmp_path):
    found = sizes(read(tmp_path, "size,conc\n10,52\n30,48\n"))
    assert found[3:] == pytest.approx((20 * 10 / 52, 20 * 50 / 52, 20 + 20 * 38 / 48))


def test_the_real_one(shared):
    found = sizes(read_distribution(shared("nta/sample14_particle_distribution.csv")))
    # sum and fullest bin by awk; the mean by sum of products
    assert found.particles_per_ml == pytest.approx(8_791_928_669.35, abs=0.01)
    assert (found.mode_nm, round(found.mean_nm, 3)) == (87, 149.249)
    assert found.d10_nm < found.mode_nm < found.d50_nm < found.mean_nm < found.d90_nm


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (PLAIN, "utf-8-sig"),
        (PLAIN, "utf-16"),
        (PLAIN.replace("\n", "\r\n"), "utf-8"),
        (PLAIN.replace("\n", "\r"), "utf-8"),
        (PLAIN.replace(",", ";").replace("10;1", "10,0;1,0E+0"), "utf-8"),
        # one preamble, a column of particles counted, two tables and decimal commas (ZetaView)
        (
            "Größe\tµ\nDilution::\t1\n\nSize / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\n"
            "1,0E+1\t9\t1,0E+0\t7\n3,0E+1\t9\t3\t7\n50\t9\t4\t7\n70\t9\t2\t7\n"
            "-1,000E+0\t-1,0E+0\t-1,000E+0\t-1\n"
            "Size / nm\tNumber\tConcentration / cm-3\n5\t1\t99\n",
            "latin-1",
        ),
        # captures beside their average, percentiles below (NanoSight)
        (
            "[Size Data]\nSample,EV\nMode,50,nm\n\nGraph Data\n"
            "Bin centre (nm),Concentration (particles / ml),Concentration (particles / ml),"
            "Concentration average,Standard Error\n10,8,8,1,5\n30,8,8,3,5\n50,8,8,4,5\n70,8,8,2,5\n"
            "Percentile,Size (nm)\n0,1\n10,2\n",
            "utf-8",
        ),
        # captures without an average: their mean
        (
            "Diameter (nm),Concentration 1,Concentration 2\n10,2,0\n30,3,3\n50,4,4\n70,1,3\n",
            "utf-8",
        ),
        # edges, micrometres and a power of ten
        (
            "Bin start (µm)\tBin end (µm)\tConc. (x10⁶ particles/ml)\n0\t.02\t1e-6\n"
            ".02\t.04\t3e-6\n.04\t.06\t4E-6\n.06\t.08\t2e-6\n\nEnd of file\n",
            "utf-8",
        ),
        ("Size, lower (nm);Particles/µl\n0;.001\n20;.003\n40;.004\n60;.002\n", "utf-8"),
        ("Size, upper (nm);E-\tx;Particles/L\n20;;1e3\n40;;3e3\n60;;4e3\n80;;2e3\n", "utf-8"),
        # per nm, in bins of 20 nm
        ("diameter,concentration / ml / nm\n10,.05\n30,.15\n50,.2\n70,.1\n", "utf-8"),
    ],
)
def test_dialects(tmp_path, text, encoding):
    found, plain = read(tmp_path, text, encoding), read(tmp_path, PLAIN)
    for part, expected in zip(found, plain, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("PK\x03\x04...", "is a workbook; export the size distribution as CSV"),
        ("size,conc\n\x00", "is not text; export the size distribution as CSV"),
        (
            "a,b\n1,2\n",
            "no header with a diameter and a concentration of particles, such as "
            "'Bin centre (nm)' and 'Concentration (particles / ml)'",
        ),
        ("size (nm),Number\n1,2\n", "no header with a diameter"),
        ("size,conc\n", "there is no row of numbers below its header"),
        ("size,conc\n1,\n", "row 2, column 'conc': is empty"),
        ("size,conc\n1,2\n3,x\n", "row 3, column 'conc': 'x' is not a number, 0 or more"),
        ("size,conc\nx,2\n3,4\n", "there is no row of numbers below its header"),
        ("size,conc\n1,2\nx,4\n", "row 3, column 'size': 'x' is not a number, 0 or more"),
        ("size,conc\n1,2\n3,-4\n", "row 3, column 'conc': '-4' is not a number, 0 or more"),
        ('size,conc\n1,"2,915"\n', "row 2, column 'conc': '2,915' is not a number, 0 or more"),
        ("size;conc\n1;2,915,166\n", "'2,915,166' is not a number, 0 or more"),
        ("size;conc\n1,5;2.5\n", "numbers have a decimal comma and a decimal point; write one"),
        ("size,conc\n1,2\n1,4\n", "diameters do not increase from row to row"),
        ("size start,size end,conc\n1,3,1\n2,4,1\n", "bins overlap, or end before they start"),
        ("size,conc\n1,1e999\n", "a number is too large"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, fault):
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        read(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path}/nta.csv: ") and fault in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="nta.csv: no such file"):
        read_distribution(tmp_path / "nta.csv")


def test_no_particle_has_no_size(tmp_path):
    found = sizes(read(tmp_path, "size,conc\n10,0\n20,0\n"))
    assert found.particles_per_ml == 0 and np.isnan(found[1:]).all()


def test_one_bin(tmp_path):
    assert sizes(read(tmp_path, "size,conc\n10,7\n")) == (7, 10, 10, 10, 10, 10)


@given(
    st.lists(st.floats(0, 1e12), min_size=1, max_size=30),
    st.lists(st.floats(0.1, 50), min_size=30, max_size=30),
    st.floats(1e-3, 1e3),
)
@settings(max_examples=60, deadline=None)
def test_sizes_are_in_order_and_do_not_depend_on_the_unit(per_ml, steps, factor):
    edges = np.cumsum([0.0, *steps[: len(per_ml)]])
    low, high = edges[:-1], edges[1:]
    counts = np.array(per_ml)
    found = sizes(Distribution(low, high, (low + high) / 2, counts))
    again = sizes(Distribution(low, high, (low + high) / 2, counts * factor))
    assert again.particles_per_ml == pytest.approx(found.particles_per_ml * factor)
    if counts.sum() * min(factor, 1) > 1e-200:
        assert low[0] <= found.d10_nm <= found.d50_nm <= found.d90_nm <= high[-1]
        assert low[0] <= found.mean_nm <= high[-1]
        assert again[1:] == pytest.approx(found[1:], rel=1e-6)
