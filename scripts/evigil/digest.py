"""A hash of the code behind a rule: Snakemake does not see a change in an imported module."""

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def code_digest(*modules: str) -> str:
    """Hash modules of the package with every module of it that they import, and its templates.

    Parameters
    ----------
    modules
        Dotted names, for example ``"evigil.quality.gates"``.

    Returns
    -------
    str
        16 hexadecimal digits, the same on every machine for the same sources.

    Raises
    ------
    ModuleNotFoundError
        If a name is no module of the package.
    """
    seen: set[str] = set()
    queue = list(modules)
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue.extend(imported_modules(name))
    files = {path for name in seen for path in (module_file(name), *_data_files(name))}
    content = b"".join(path.read_bytes() for path in sorted(files))
    return hashlib.sha256(content).hexdigest()[:16]


def module_file(name: str) -> Path:
    """Return the source file of a module of the package."""
    stem = ROOT.joinpath(*name.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    raise ModuleNotFoundError(f"no module {name!r} in the package")


@cache
def imported_modules(name: str) -> tuple[str, ...]:
    """Return the modules of the package that a module imports, also inside its functions."""
    package = name.partition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(module_file(name).read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
            found.add(node.module)
    return tuple(sorted(m for m in found if m.partition(".")[0] == package and _is_module(m)))


def _data_files(name: str) -> list[Path]:
    """Return what is not Python in the subpackage of a module: templates and style sheets."""
    folder = module_file(name).parent
    if folder.parent == ROOT:
        return []
    return [p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]


def _is_module(name: str) -> bool:
    try:
        module_file(name)
    except ModuleNotFoundError:
        return False
    return True
