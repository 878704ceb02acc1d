"""Inputs and results in S3."""

from pathlib import Path

import pytest

from evigil.errors import UserError
from evigil.object_storage import fetched, listed, open_folder
from evigil.summary_stored import stored_summary


@pytest.fixture
def folder(s3, monkeypatch, tmp_path):
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    return open_folder(f"s3://{s3.bucket()}/a/study/", {})


def put(folder, **files: str) -> None:
    for name, text in files.items():
        folder.client.put_object(Bucket=folder.bucket, Key=folder.key_of(name), Body=text.encode())


def test_files_come_under_their_own_names_and_go_again(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(folder, **{"data/counts.tsv": "counts", "config/reference.json": "{}"})
    assert folder.url == f"s3://{folder.bucket}/a/study"
    with fetched(folder, ["data/counts.tsv"]):
        place = Path.cwd()
        assert Path("data/counts.tsv").read_text() == "counts"
        assert not Path("config").exists()
    assert Path.cwd() == tmp_path
    assert not place.exists()


def test_a_path_is_looked_up_where_snakemake_looks(folder):
    put(folder, **{"data/counts.tsv": "counts"})
    with fetched(folder, ["./data//counts.tsv"]):
        assert Path("./data/counts.tsv").read_text() == "counts"
    with pytest.raises(UserError, match=f"upload it to {folder.url}/data/other.tsv"):
        with fetched(folder, ["./data/other.tsv"]):
            pass


def test_a_folder_that_a_console_made_is_no_file(folder):
    for key in ("a/study/", "a/study/results/", "a/study/results/reports/"):
        folder.client.put_object(Bucket=folder.bucket, Key=key)
    assert listed(folder, "results/") == []
    put(folder, **{"results/reports/index.html": ""})
    assert stored_summary(folder) == f"overview: {folder.url}/results/reports/index.html"


def test_a_download_that_breaks_off_is_one_line(folder, monkeypatch):
    from boto3.exceptions import RetriesExceededError

    def broken(*arguments):
        raise RetriesExceededError(OSError("Connection broken"))

    put(folder, **{"counts.tsv": "counts"})
    monkeypatch.setattr(folder.client, "download_file", broken)
    with pytest.raises(UserError, match=f"^{folder.url}/counts.tsv: cannot be reached: .+$"):
        with fetched(folder, ["counts.tsv"]):
            pass


def test_every_missing_file_is_named(folder):
    put(folder, here="x")
    with pytest.raises(UserError) as error, fetched(folder, ["here", "b.tsv", "c.tsv"]):
        pass
    assert str(error.value).splitlines() == [
        f"b.tsv: is not in storage: upload it to {folder.url}/b.tsv",
        f"c.tsv: is not in storage: upload it to {folder.url}/c.tsv",
    ]


@pytest.mark.parametrize("file", ["/data/counts.tsv", "../counts.tsv", "s3://other/counts.tsv"])
def test_a_path_that_is_not_below_the_folder(folder, file):
    with pytest.raises(UserError, match="must be a path below the working directory"):
        with fetched(folder, [file]):
            pass


def test_a_whole_bucket_is_a_folder(folder):
    put(folder, x="x")
    whole = open_folder(f"s3://{folder.bucket}", {})
    assert whole.url == f"s3://{folder.bucket}"
    assert listed(whole, "a/") == ["a/study/x"]
    assert listed(folder, "") == ["x"]


def test_settings_of_the_plugin_come_before_the_environment(folder, s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="cannot be reached: Could not connect"):
        open_folder(f"s3://{folder.bucket}", {})
    settings = {"endpoint_url": s3.url, "access_key": "k", "secret_key": "s", "region": None}
    assert open_folder(f"s3://{folder.bucket}", settings).bucket == folder.bucket


def test_the_summary_names_places_in_storage(folder):
    assert stored_summary(folder) == f"results: {folder.url}/results"
    put(folder, **{"results/reports/index.html": "", "results/reports/patients/P1.html": ""})
    put(folder, **{"results/predict/crc/scores.tsv": "sample\n"})
    put(folder, **{"results/monitoring/psa/patients.tsv": "patient\tlast_call\nP1\talert\n"})
    assert stored_summary(folder).splitlines() == [
        "monitoring psa: 1 alert",
        f"scores: {folder.url}/results/predict/crc/scores.tsv",
        f"overview: {folder.url}/results/reports/index.html",
        f"patient reports: 1 in {folder.url}/results/reports/patients",
    ]


def test_a_storage_that_is_gone_when_the_run_has_ended_is_a_line(folder):
    folder.client.delete_bucket(Bucket=folder.bucket)
    assert stored_summary(folder).startswith(f"{folder.url}/results/: no such bucket")
