"""A change of code, or of a template, changes the digest of what uses it, and of nothing else."""

import pytest

from evigil import digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in which stage.a imports stage.b inside a function; stage.c stands alone."""
    files = {
        "evigil/__init__.py": "",
        "evigil/base.py": "X = 1\n",
        "evigil/stage/__init__.py": "",
        "evigil/stage/a.py": "def f():\n    from evigil.stage.b import g\n    return g\n",
        "evigil/stage/b.py": "from evigil import base\n\ndef g():\n    return base.X\n",
        "evigil/other/__init__.py": "",
        "evigil/other/c.py": "Y = 2\n",
        "evigil/other/page.html": "<p>",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(digest, "ROOT", tmp_path)
    digest.imported_modules.cache_clear()
    yield tmp_path / "evigil"
    digest.imported_modules.cache_clear()


@pytest.mark.parametrize(
    ("changed", "module", "differs"),
    [
        ("base.py", "evigil.stage.a", True),  # through b, which a function of a imports
        ("stage/b.py", "evigil.stage.a", True),
        ("stage/a.py", "evigil.stage.b", False),
        ("other/c.py", "evigil.stage.a", False),
        ("other/page.html", "evigil.other.c", True),
        ("other/page.html", "evigil.stage.a", False),
    ],
)
def test_digest_follows_imports(package, changed, module, differs):
    before = digest.code_digest(module)
    (package / changed).write_text("Z = 3\n")
    digest.imported_modules.cache_clear()
    assert (digest.code_digest(module) != before) == differs


def test_a_misspelt_module_is_named():
    with pytest.raises(ModuleNotFoundError, match=r"evigil\.nowhere"):
        digest.code_digest("evigil.nowhere")
