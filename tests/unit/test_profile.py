"""A profile is read as Snakemake reads it."""

import pytest

from evigil.errors import UserError
from evigil.profile import read_profile


def profile(folder, **options: str):
    lines = (f"{name.replace('_', '-')}: {value}\n" for name, value in options.items())
    (folder / "config.yaml").write_text("".join(lines))
    return read_profile(folder)


def test_without_options_everything_is_on_this_machine(tmp_path):
    found = profile(tmp_path, cores="4")
    assert (found.executor, found.storage, found.prefix) == ("local", "", "")
    assert not found.ships_sources
    assert found.faults() == []
    assert read_profile(tmp_path / "config.yaml") == found


@pytest.mark.parametrize(
    ("usage", "ships"),
    [
        ("none", True),
        ("[persistence, input-output]", True),
        ("persistence sources", False),
        ("[sources]", False),
    ],
)
def test_sources_are_shipped_where_they_are_not_shared(tmp_path, usage, ships):
    assert profile(tmp_path, executor="slurm", shared_fs_usage=usage).ships_sources is ships


@pytest.mark.parametrize("executor", ["kubernetes", "aws-batch", "googlebatch"])
def test_clouds_share_nothing_whatever_the_profile_says(tmp_path, executor):
    assert profile(tmp_path, executor=executor).ships_sources


def test_variables_and_settings_of_the_storage(tmp_path, monkeypatch):
    monkeypatch.setenv("PLACE", "s3://bucket/study")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("SNAKEMAKE_STORAGE_S3_REGION", "eu-west-1")
    found = profile(tmp_path, default_storage_prefix="$PLACE/2", storage_s3_region="eu-central-1")
    assert found.prefix == "s3://bucket/study/2"
    assert found.s3 == {"access_key": "key", "region": "eu-central-1"}


def test_a_profile_that_is_none(tmp_path):
    with pytest.raises(UserError, match="no profile there; it is a folder with a config.yaml"):
        read_profile(tmp_path / "kubernets")
    (tmp_path / "config.yaml").write_text("- kubernetes\n")
    with pytest.raises(UserError, match="must hold keys and values"):
        read_profile(tmp_path)
