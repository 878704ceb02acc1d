from evigil.resources import Needs


def test_a_small_study_asks_for_the_base_and_more_at_every_attempt(tmp_path):
    table = tmp_path / "counts.tsv"
    table.write_text("feature\ta\n")
    needs = Needs([str(table), str(tmp_path / "in-a-bucket.tsv")])
    assert [needs.memory(2000)({}, attempt) for attempt in (1, 2, 3)] == [2000, 4000, 6000]
    assert [needs.minutes(15)({}, attempt) for attempt in (1, 2)] == [15, 30]


def test_a_large_table_asks_for_more_and_a_compressed_one_for_three_times_that(tmp_path):
    plain, compressed = tmp_path / "counts.tsv", tmp_path / "counts.tsv.gz"
    for path in (plain, compressed):
        path.write_bytes(bytes(10_000_000))
    assert Needs([str(plain)]).memory(1000)({}, 1) == 1300
    assert Needs([str(compressed)]).memory(1000)({}, 1) == 1900
    assert Needs([str(compressed)]).minutes(10)({}, 2) == 80
