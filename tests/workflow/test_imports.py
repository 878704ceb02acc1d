"""Dependencies point one way: cli, scripts → stages → matrix, stats → tables, study."""

import ast
from pathlib import Path

import pytest

from evigil.digest import imported_modules

PACKAGE = Path(__file__).parents[2] / "scripts" / "evigil"
STAGES = {
    "reference",
    "reads",
    "smallrna",
    "proteomics",
    "layers",
    "quality",
    "differential",
    "classifier",
    "monitoring",
    "reports",
    "simulate",
    "provenance",
}
LIBRARIES = {"matrix", "stats"}
#: Commands may join stages; nothing below them may.
COMMANDS = {"check", "check_differential", "check_libraries", "check_monitoring", "cli", "init"}
COMMANDS |= {"check_proteomics", "predict", "quantify", "schema", "__main__"}


def modules() -> list[str]:
    return sorted(
        ".".join(("evigil", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    )


def place(module: str) -> str:
    """The stage, library or single module at the top of the package that a module belongs to."""
    return module.split(".")[1]


@pytest.mark.parametrize("module", modules())
def test_imports_point_downwards(module):
    imported = {place(m) for m in imported_modules(module) if m.count(".")} - {place(module)}
    if place(module) in STAGES:
        assert not imported & (STAGES | COMMANDS)
    elif place(module) in LIBRARIES:
        assert not imported & (STAGES | COMMANDS | {"study", "config", "plan"})
    elif place(module) not in COMMANDS:
        assert not imported & (STAGES | COMMANDS)


@pytest.mark.parametrize("module", modules())
def test_package_never_imports_snakemake_or_pickle(module):
    path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add((node.module or "").partition(".")[0])
    assert not names & {"snakemake", "pickle", "joblib", "cloudpickle"}


def test_init_files_are_empty():
    assert [p for p in PACKAGE.rglob("__init__.py") if p.read_text()] == []
