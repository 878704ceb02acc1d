"""A step leaves its outcome in its log, and tells a user one line."""

import pytest

from evigil.errors import UserError
from evigil.logs import step


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
