"""The locked model: the same bytes, and refused when it is not what was written."""

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io

from evigil.classifier import locked, predict
from evigil.errors import UserError

HERE = Path(__file__).parent


@pytest.fixture
def folder(model, tmp_path):
    locked.save(model, tmp_path)
    return tmp_path


def digest(folder: Path) -> list[str]:
    return [
        hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in (locked.MODEL, locked.MANIFEST)
    ]


def test_manifest_says_what_is_documented(cohort, folder):
    manifest = json.loads((folder / locked.MANIFEST).read_text())
    assert manifest["features"] == sorted(manifest["features"])
    assert manifest["kit"] == ["A"] and manifest["isolation_method"] == []
    assert manifest["quality_reference"] == {"limits": {}}
    training = sorted(cohort.training.dropna()["sample"])
    assert manifest["training"] == {
        "n_samples": 40,
        "n_cases": 16,
        "n_controls": 24,
        "sha256": hashlib.sha256("\n".join(training).encode()).hexdigest(),
    }
    assert [(t["specificity"], t["kind"], t["estimable"]) for t in manifest["thresholds"]] == [
        (0.9, "nominal", True),
        (0.9, "assured", False),
        (0.95, "nominal", True),
        (0.95, "assured", False),
    ]
    assert len(manifest["normalisation"]["log_reference"]) == len(manifest["features"])
    assert manifest["sha256"][locked.MODEL] == digest(folder)[0]


def test_read_back_it_scores_the_same(cohort, model, folder):
    one = predict.score(model, cohort.counts)
    other = predict.score(locked.load(folder), cohort.counts)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_order_of_rows_changes_no_byte(cohort, model_of, folder, tmp_path):
    shuffled = cohort._replace(
        counts=cohort.counts.sample(frac=1, random_state=1),
        training=cohort.training.sample(frac=1, random_state=2),
        samples=cohort.samples.sample(frac=1, random_state=3),
    )
    locked.save(model_of(shuffled), tmp_path / "again")
    assert digest(tmp_path / "again") == digest(folder)


def test_what_is_not_training_changes_no_byte(cohort, model_of, folder, tmp_path):
    followed = cohort.training.loc[cohort.training["label"].isna(), "sample"]
    counts = cohort.counts.copy()
    counts.loc[followed] = 7
    samples = cohort.samples.copy()
    samples.loc[samples["sample"].isin(followed), ["label", "kit"]] = [1.0, "B"]
    locked.save(model_of(cohort._replace(counts=counts, samples=samples)), tmp_path / "again")
    assert digest(tmp_path / "again") == digest(folder)


def test_other_processes_write_the_same_bytes(cohort, folder):
    code = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("helper", {str(HERE / "conftest.py")!r})
helper = importlib.util.module_from_spec(spec); spec.loader.exec_module(helper)
from evigil.classifier import locked
locked.save(helper.train_model(helper.make_cohort(visits=2)), sys.argv[1])
"""
    for seed in ("1", "2"):
        out = folder / f"process{seed}"
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(out)], check=True, env=environment)
        assert digest(out) == digest(folder)


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        locked.load(folder)
    line = str(error.value)
    assert "\n" not in line
    return line


class Bomb:
    """Something whose unpickling leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return (os.mkdir, (str(self.trace),))


def with_checksums(folder: Path) -> None:
    """Forge the manifest so that its checksums are right again."""
    path = folder / locked.MANIFEST
    manifest = json.loads(path.read_text())
    data = (folder / locked.MODEL).read_bytes()
    manifest["sha256"][locked.MODEL] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(manifest))


def test_a_pickle_in_its_place_is_refused_unread(folder):
    trace = folder / "gone_off"
    (folder / locked.MODEL).write_bytes(pickle.dumps(Bomb(trace)))
    with_checksums(folder)
    assert refusal(folder).endswith("model.skops: is not a skops file; the model is refused")
    assert not trace.exists()


def test_a_changed_model_is_refused(folder):
    path = folder / locked.MODEL
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "model.skops: was changed after it was written" in refusal(folder)


def test_a_changed_manifest_is_refused(folder):
    path = folder / locked.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["thresholds"][0]["threshold"] -= 1
    path.write_text(json.dumps(manifest))
    assert "manifest.json: was changed after it was written" in refusal(folder)


def test_a_foreign_type_is_refused_even_with_right_checksums(folder):
    path = folder / locked.MODEL
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    schema["__class__"], schema["__module__"] = "Popen", "subprocess"
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with_checksums(folder)
    assert "holds subprocess.Popen, which a model of this program never does" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        (locked.MANIFEST, None, "manifest.json: cannot be read (No such file or directory)"),
        (locked.MODEL, None, "model.skops: cannot be read (No such file or directory)"),
        (locked.MANIFEST, "{", "manifest.json: is not JSON; the model is refused"),
        (locked.MANIFEST, "[]", "manifest.json: has no sha256; the model is refused"),
    ],
)
def test_a_missing_or_foreign_file_is_one_line(folder, name, content, line):
    (folder / name).unlink() if content is None else (folder / name).write_text(content)
    assert refusal(folder).endswith(line)


def test_a_reversed_calibrator_is_said(cohort, model_of):
    rng = np.random.default_rng(1)
    labels = cohort.training["label"].dropna()
    notes = []
    for _ in range(4):
        training = cohort.training.copy()
        training.loc[labels.index, "label"] = rng.permutation(labels)
        model = model_of(cohort._replace(training=training))
        if model.manifest["calibration"]["kind"] == "base_rate":
            scores = predict.score(model, cohort.counts)
            assert scores["probability"].to_numpy() == pytest.approx(16 / 40)
            assert (scores["positive"] == 0).all()
            notes.append(model.manifest["calibration"]["note"])
    assert notes[0] == "the calibrator's slope was not positive: every sample gets the base rate"


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (zipped({"other.txt": b""}), "cannot be read as a model (KeyError)"),
        (zipped({"schema.json": b"{}"}), "cannot be read as a model"),
        (zipped({"schema.json": b"not json"}), "cannot be read as a model"),
        (skops.io.dumps({"a": 1}), "is no model of this program; the model is refused"),
    ],
)
def test_a_forged_model_is_one_line_even_with_right_checksums(folder, data, line):
    (folder / locked.MODEL).write_bytes(data)
    with_checksums(folder)
    assert line in refusal(folder)


def test_a_manifest_without_its_keys_is_one_line(folder):
    path = folder / locked.MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["thresholds"], manifest["kit"]
    path.write_text(json.dumps(manifest))
    assert refusal(folder).endswith("has no kit, thresholds; the model is refused")
