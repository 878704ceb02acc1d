"""Every rule carries what the house asks of it."""

import re
from pathlib import Path

import pytest

from evigil.digest import module_file

ROOT = Path(__file__).parents[2]
RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
REQUIRED = {
    "input",
    "output",
    "log",
    "benchmark",
    "message",
    "conda",
    "threads",
    "resources",
    "params",
    "script",
}


def rules() -> dict[str, dict[str, str]]:
    """Sections of every rule with a job of its own, as text."""
    found = {}
    for path in RULE_FILES:
        text = path.read_text()
        if "\n    rule " in text:  # rules that depend on how a study enters stand below an if
            text = re.sub(r"^    ", "", text, flags=re.M)
        blocks = re.split(r"^rule (\w+):\n", text, flags=re.M)[1:]
        for name, body in zip(blocks[::2], blocks[1::2], strict=True):
            parts = re.split(r"^    (\w+):\n?", body, flags=re.M)[1:]
            found[name] = dict(zip(parts[::2], parts[1::2], strict=True))
    return found


RULES = rules()


def test_the_parser_finds_the_rules():
    assert {"smallrna_counts", "classifier_repeat", "reports_html"} <= set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_rule_is_complete(name):
    sections = RULES[name]
    assert REQUIRED <= set(sections)
    for section in ("input", "output"):
        for item in re.findall(r"^        (\S.*)$", sections[section], flags=re.M):
            assert item in ("),", ")") or re.match(r"\w+=", item), f"unnamed {section}: {item}"
    assert f'"logs/{name}/' in sections["log"]
    assert f'"logs/{name}/' in sections["benchmark"]
    assert f"scripts/{name}.py" in sections["script"]
    assert "code=code_digest(" in sections["params"]
    memory = re.search(r"mem_mb=.*?(\d+)", sections["resources"])
    assert memory and int(memory[1]) >= 600
    assert "runtime=" in sections["resources"]
    assert (ROOT / "envs" / Path(re.search(r"envs/(\S+)\"", sections["conda"])[1])).is_file()


@pytest.mark.parametrize("name", RULES)
def test_code_digest_covers_what_the_script_calls(name):
    """A module that a script imports is in the rule's digest, by itself or through another one."""
    from evigil.digest import imported_modules

    script = (ROOT / "scripts" / f"{name}.py").read_text()
    called = set(re.findall(r"^from (evigil[\w.]*) import", script, flags=re.M))
    covered, queue = set(), re.findall(r'"(evigil\.[\w.]+)"', RULES[name]["params"])
    while queue:
        module = queue.pop()
        if module not in covered:
            covered.add(module)
            queue.extend(imported_modules(module))
    # the writers and the log are common to all: a change there changes no number
    assert called - covered <= {"evigil.logs", "evigil.tables"}


@pytest.mark.parametrize("name", RULES)
def test_script_is_glue(name):
    script = (ROOT / "scripts" / f"{name}.py").read_text()
    code = [line for line in script.splitlines() if line.strip() and not line.startswith('"""')]
    body = [line for line in code if not re.match(r"(from|import) ", line)]
    assert "with step(snakemake.log[0]):" in body
    assert len(body) <= 15
    assert "def " not in script


@pytest.mark.parametrize(
    "path", [*RULE_FILES, ROOT / "workflow" / "Snakefile"], ids=lambda p: p.name
)
def test_no_rule_has_logic_of_its_own(path):
    text = path.read_text()
    assert not re.search(r"^\s+run:", text, flags=re.M)
    assert "wrapper:" not in text and "github(" not in text and "checkpoint " not in text
    for line in re.findall(r".*lambda.*", text):
        assert "attempt" in line
    for log in re.findall(r'"(results/[^"]*)"', text):
        assert log.startswith("results/")


def test_every_module_in_a_digest_exists():
    for sections in RULES.values():
        for module in re.findall(r'"(evigil\.[\w.]+)"', sections["params"]):
            module_file(module)


def test_the_conda_environment_has_the_versions_of_the_lock():
    """All that can be shown of conda here."""
    text = (ROOT / "envs" / "core.yaml").read_text()
    conda = dict(re.findall(r"^  - ([\w-]+)=([\d.]+)$", text, flags=re.M))
    lock = (ROOT / "envs" / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([\w-]+)==([\d.]+)", lock, flags=re.M))
    assert conda.pop("python") == "3.11" and len(conda) >= 9
    for name, version in conda.items():
        # conda-forge calls some by another name than the index does
        found = locked.get(name) or locked[name.removeprefix("python-")]
        assert f"{found}.".startswith(f"{version}."), name
