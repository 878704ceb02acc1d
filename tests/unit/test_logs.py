"""A step leaves its outcome in its log, and tells a user one line."""

import os
import signal

import pytest

from evigil.errors import UserError
from evigil.logs import step
from evigil.tables import whole


def test_success(tmp_path):
    with step(tmp_path / "a" / "b.log"):
        pass
    assert (tmp_path / "a" / "b.log").read_text() == "done\n"


def test_a_user_error_is_its_text_and_code_1(tmp_path):
    with pytest.raises(SystemExit) as stopped, step(tmp_path / "log"):
        raise UserError("samples.tsv: row 3 is wrong")
    assert stopped.value.code == "samples.tsv: row 3 is wrong"  # printed by Python, code 1
    assert (tmp_path / "log").read_text() == "samples.tsv: row 3 is wrong\n"


def test_any_other_failure_keeps_its_traceback_and_goes_on(tmp_path):
    with pytest.raises(ZeroDivisionError), step(tmp_path / "log"):
        raise ZeroDivisionError
    text = (tmp_path / "log").read_text()
    assert text.startswith("Traceback") and "ZeroDivisionError" in text


def test_an_interrupted_step_says_so_without_a_traceback(tmp_path):
    with pytest.raises(SystemExit) as stopped, step(tmp_path / "log"):
        raise KeyboardInterrupt
    assert stopped.value.code == 130
    assert (tmp_path / "log").read_text() == "interrupted\n"


def test_an_error_of_the_disk_is_one_line(tmp_path):
    with pytest.raises(SystemExit) as stopped, step(tmp_path / "log"):
        raise OSError(28, "No space left on device", "results/a/.b.tsv@node-1.some.where.123.part")
    line = "results/a/b.tsv: cannot be written or read (No space left on device)"
    assert stopped.value.code == line
    assert (tmp_path / "log").read_text() == f"{line}\n"


def test_a_log_that_cannot_be_written_hides_no_line(tmp_path):
    log = tmp_path / "log"
    log.mkdir()
    with pytest.raises(SystemExit) as stopped, step(log):
        raise UserError("samples.tsv: row 3 is wrong")
    assert stopped.value.code == "samples.tsv: row 3 is wrong"


def test_a_step_that_is_told_to_end_cleans_up_and_says_so(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    with (
        pytest.raises(SystemExit) as stopped,
        step(tmp_path / "log"),
        whole(tmp_path / "t.tsv") as part,
    ):
        part.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped.value.code == 143
    assert [p.name for p in tmp_path.iterdir()] == ["log"]
    assert (tmp_path / "log").read_text().startswith("ended from outside")
    assert signal.getsignal(signal.SIGTERM) is before
