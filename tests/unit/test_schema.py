"""Schemas and the configuration page are what the models say."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from evigil.errors import UserError
from evigil.schema import configuration_page, rendered, sheet_schema, write_schemas
from evigil.sheets.columns import SHEETS

ROOT = Path(__file__).parents[2]


def test_the_repository_holds_what_the_models_say():
    for path, text in rendered().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run `evigil schema`"


def test_writing_twice_gives_the_same_bytes(tmp_path):
    (tmp_path / "scripts/evigil").mkdir(parents=True)
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").touch()
    written = write_schemas(tmp_path)
    first = [path.read_bytes() for path in written]
    assert [path.relative_to(tmp_path).as_posix() for path in written] == list(rendered())
    assert [path.read_bytes() for path in write_schemas(tmp_path)] == first


def test_only_the_checkout_is_written_to(tmp_path):
    study = tmp_path / "study"
    (study / "config").mkdir(parents=True)
    (study / "config/config.yaml").write_text("project: mine\n")
    for root in (study, tmp_path / "none"):
        with pytest.raises(UserError, match=f"{root}: is not the checkout of evigil"):
            write_schemas(root)
    assert (study / "config/config.yaml").read_text() == "project: mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


@pytest.fixture(scope="module")
def schema() -> dict:
    return json.loads(rendered()["workflow/schemas/config.schema.json"])


def test_the_schema_takes_a_right_configuration(schema):
    config = yaml.safe_load((ROOT / "tests/valid_study/config.yaml").read_text())
    jsonschema.validate(config, schema)
    config["classifiers"]["crc"]["repeets"] = 3
    with pytest.raises(jsonschema.ValidationError, match="repeets"):
        jsonschema.validate(config, schema)


@pytest.mark.parametrize("sheet", SHEETS)
def test_sheet_schemas_are_schemas(sheet):
    jsonschema.Draft202012Validator.check_schema(sheet_schema(sheet))


def test_sheet_schema():
    samples = sheet_schema("samples")
    assert samples["required"] == ["sample", "patient", "condition"]
    assert samples["properties"]["visit_reason"]["enum"] == ["scheduled", "symptom", "imaging"]
    assert samples["properties"]["storage_temperature"]["minimum"] == -273.15
    assert "age" in samples["properties"]


def test_the_page_names_every_key_and_says_what_is_not_built():
    page = configuration_page()
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert "| `seed` | a whole number from 0 | `20260101` |" in page
    assert "### samples" in page and "## `monitoring.<name>`" in page
    confirm = next(row for row in rows if row.startswith("| `confirm`"))
    assert confirm.endswith("*Not in 0.1.* |")
    rule = next(row for row in rows if row.startswith("| `primary_rule`"))
    assert "*Not in 0.1: change_point, cusum, ewma, rcv.*" in rule
    for row in rows:
        assert row.startswith("|---") or row.count(" | ") in (2, 3, 5), row


def test_the_page_explains_every_metric():
    page = configuration_page()
    assert (
        "(of a count table: all of it); molecules where there are UMIs | fail_below 100,000, "
        "warn_below 200,000 | yes | exRNA Atlas / exceRpt: more than 100,000; the warning is ours |"
    ) in page
    assert "| fitted | no | ours |" in page
    assert "| warn_above 0.25, fail_above 0.5 | yes | ours |" in page
