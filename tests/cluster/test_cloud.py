"""Inputs and results in object storage, jobs on nodes that have nothing: the mechanism of clouds.

Every job starts in an empty folder with a clean environment and a Python that has the requirements
and no evigil (tests/cluster/nodes); the sources come to it as an archive, as on Kubernetes and AWS
Batch. The first run of docs/cloud.md is followed to the letter.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from evigil.config_file import load_yaml

ROOT = Path(__file__).parents[2]
NODES = Path(__file__).with_name("nodes")
SCRIPT = "#!{python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"


def blocks(section: str) -> str:
    """Shell blocks of a section of docs/cloud.md."""
    text = (ROOT / "docs" / "cloud.md").read_text()
    (body,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, flags=re.M | re.S)
    return "\n".join(re.findall(r"```bash\n(.*?)```", body, flags=re.S))


def environment_with_requirements(folder: Path, sources: Path | None) -> Path:
    """A Python that has what is installed here; of evigil only `sources`, or nothing.

    A path file is not looked into for further ones, so the editable install is not found.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    base = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", base))
    paths = [sysconfig.get_path("purelib"), *([str(sources)] if sources else [])]
    (site / "paths.pth").write_text("".join(f"{path}\n" for path in paths))
    for name, module in (("snakemake", "snakemake.cli"), ("evigil", "evigil.cli")):
        script = folder / "bin" / name
        script.write_text(SCRIPT.format(python=folder / "bin" / "python", module=module))
        script.chmod(0o755)
    return folder


def git(folder: Path, *arguments: str) -> str:
    # in CI's container the checkout is somebody else's, which git refuses unless told
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A repository with the sources as they are now, committed."""
    folder = tmp_path_factory.mktemp("checkout")
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
            target.chmod((ROOT / name).stat().st_mode)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    git(folder, *who, "commit", "-q", "-m", "sources")
    return folder


@pytest.fixture(scope="module")
def variables(tmp_path_factory, checkout, s3) -> dict[str, str]:
    """The environment of a person who follows docs/cloud.md, here with emulated nodes."""
    nodes = tmp_path_factory.mktemp("nodes")
    node = environment_with_requirements(tmp_path_factory.mktemp("python") / "venv", None)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    python = [node / "bin" / "python", "-c", "import snakemake, evigil"]
    found = subprocess.run(python, env=inherited, capture_output=True, text=True)
    assert "No module named 'evigil'" in found.stderr
    return (
        inherited
        | s3.environment
        | {
            "EVIGIL": str(checkout),
            "EVIGIL_STORAGE": f"s3://{s3.bucket()}/study",
            "EVIGIL_NODES": str(NODES),
            "PROFILE": str(NODES),
            "NODES": str(nodes),
            "NODE_PYTHON": str(node / "bin"),
            # git takes a submodule from a folder only where it is told to
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "protocol.file.allow",
            "GIT_CONFIG_VALUE_0": "always",
        }
    )


def follow(script: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash"],
        input="set -euo pipefail\n" + script,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=1200,
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory, variables) -> Path:
    """The study of the first run, uploaded and not run."""
    folder = tmp_path_factory.mktemp("cloud")
    done = follow(blocks("1. A study under git"), folder, variables)
    assert done.returncode == 0, done.stderr
    study = folder / "study"
    # instead of the set-up of section 2: what is installed here, and the study's own sources
    environment_with_requirements(study / "evigil" / ".venv", study / "evigil" / "scripts")
    done = follow(blocks("3. Sheets to git, tables to storage"), study, variables)
    assert done.returncode == 0, done.stderr
    return study


def logs(variables: dict[str, str]) -> str:
    return "".join(path.read_text()[-2000:] for path in Path(variables["NODES"]).glob("*.log"))


def test_the_first_run_of_the_docs_gives_the_results_of_a_local_run(
    study, variables, tiny, checksums
):
    """One test, as tests that share a run may be given to several processes, each with its own."""
    run = follow(blocks("4. Check, then run"), study, variables)
    assert run.returncode == 0, run.stderr + logs(variables)
    assert not (study / "results").exists()
    says_what_a_local_run_does(run.stdout, variables["EVIGIL_STORAGE"])
    had_a_node_for_every_job(run.stderr, Path(variables["NODES"]))

    done = follow(blocks("5. Read the results"), study, variables)
    assert done.returncode == 0, done.stderr
    expected = checksums(tiny / "results")
    assert "reports/index.html" in expected and len(expected) > 25
    assert checksums(study / "results") == expected
    inputs = (study / "results" / "provenance" / "inputs.tsv").read_text()
    assert inputs == (tiny / "results" / "provenance" / "inputs.tsv").read_text()

    again = snakemake(study, variables)
    assert again.returncode == 0, again.stderr
    assert "Nothing to be done" in again.stdout + again.stderr


def test_reads_in_storage_are_counted_as_by_a_local_run(
    study, variables, tiny_reads, tiny_reads_study, checksums, tmp_path, s3
):
    """Every node compiles the kernels for itself; they give the same bytes."""
    ignored = shutil.ignore_patterns(".venv")
    copy = shutil.copytree(study, tmp_path / "study", symlinks=True, ignore=ignored)
    environment_with_requirements(copy / "evigil" / ".venv", copy / "evigil" / "scripts")
    shutil.copytree(tiny_reads_study / "config", copy / "config", dirs_exist_ok=True)
    git(copy, "add", "config/libraries.tsv")
    bucket = s3.bucket()
    inputs = [p for p in (tiny_reads_study / "data").rglob("*") if p.is_file()]
    inputs.append(tiny_reads_study / "config" / "reference.json")
    s3.upload(
        tiny_reads_study, [str(p.relative_to(tiny_reads_study)) for p in inputs], bucket, "reads"
    )
    stored = variables | {"EVIGIL_STORAGE": f"s3://{bucket}/reads"}
    run = snakemake(copy, stored, "smallrna")
    assert run.returncode == 0, run.stderr + logs(variables)
    there = s3.download(bucket, "reads", tmp_path / "there")
    assert checksums(there / "results") == checksums(tiny_reads / "results")


def says_what_a_local_run_does(said: str, storage: str) -> None:
    assert f"overview: {storage}/results/reports/index.html" in said
    assert f"patient reports: 7 in {storage}/results/reports/patients" in said
    assert re.search(r"smallrna: \d+ pass", said)
    # the check of the tables, which are in storage only, by the names that the user gave them
    assert "data/counts.tsv.gz: features in rows, 18 samples of the sheet" in said


def had_a_node_for_every_job(said: str, nodes: Path) -> None:
    used = [path for path in nodes.iterdir() if path.is_dir()]
    submitted = re.findall(r"Submitted (?:group )?job \S+ with external jobid '(.*)'", said)
    assert sorted(submitted) == sorted(map(str, used))
    # two groups, two repeats and the model; the provenance reads the sheets where they are
    assert len(used) >= 5
    for node in used:
        assert (node / "evigil" / "scripts" / "evigil" / "study.py").is_file()
        assert not (node / "data").exists()


def snakemake(study: Path, variables: dict[str, str], *arguments: str):
    command = f"evigil/.venv/bin/snakemake {' '.join(arguments)} --snakefile evigil/Snakefile "
    command += '--configfile config/config.yaml --profile "$PROFILE"'
    return follow(command, study, variables)


@pytest.mark.parametrize(
    ("prefix", "lines"),
    [
        ("s3://no-such-bucket/study", ["s3://no-such-bucket: no such bucket; make it, or mend"]),
        ("study", ["default-storage-prefix: must be s3://BUCKET/FOLDER, got 'study'"]),
        ("{storage}/other", ["config/reference.json: is not in storage: upload it to",
                             "data/counts.tsv.gz: is not in storage: upload it to"]),
    ],
    ids=["no bucket", "no address", "no input"],
)  # fmt: skip
def test_a_run_is_refused_in_a_line_before_any_job(study, variables, prefix, lines):
    prefix = prefix.format(storage=variables["EVIGIL_STORAGE"])
    refused = snakemake(study, variables | {"EVIGIL_STORAGE": prefix}, "--dry-run")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    said = [line for line in refused.stderr.splitlines() if "profile" not in line]
    assert len(said) == len(lines), refused.stderr
    assert all(one.startswith(line) for one, line in zip(said, lines, strict=True))


def test_an_untracked_sheet_stops_a_run(study, variables):
    git(study, "rm", "-q", "--cached", "config/samples.tsv")
    try:
        refused = snakemake(study, variables, "--dry-run")
    finally:
        git(study, "add", "config/samples.tsv")
    assert refused.returncode == 1
    assert (
        "config/samples.tsv: is not tracked by git and would not reach the nodes, which share no "
        "file system: git add config/samples.tsv"
    ) in refused.stderr.splitlines()


def platform(variables: dict[str, str]) -> dict[str, str]:
    """What the profiles ask to be exported, for platforms that are not there."""
    return variables | {
        "EVIGIL_IMAGE": "registry.example/evigil",
        "AWS_REGION": "eu-central-1",
        "SNAKEMAKE_AWS_BATCH_JOB_QUEUE": "arn:aws:batch:eu-central-1:1:job-queue/evigil",
        "SNAKEMAKE_AWS_BATCH_JOB_ROLE": "arn:aws:iam::1:role/evigil",
        "SNAKEMAKE_GOOGLEBATCH_PROJECT": "evigil",
        "SNAKEMAKE_GOOGLEBATCH_REGION": "europe-west3",
        "PYTHONPATH": "evigil/scripts",
    }


@pytest.mark.parametrize("name", ["kubernetes", "aws-batch"])
def test_a_run_is_planned_with_the_profile_of_a_cloud(study, variables, cloud_snakemake, name):
    """Every option of it is one of the plugin's, and what the plugin requires is there."""
    command = [*cloud_snakemake, "--snakefile", "evigil/Snakefile", "--dry-run", "--forceall"]
    command += ["--profile", f"evigil/profiles/{name}", "--configfile", "config/config.yaml"]
    planned = subprocess.run(
        command, cwd=study, env=platform(variables), capture_output=True, text=True, timeout=120
    )
    assert planned.returncode == 0, planned.stderr
    counted = dict(re.findall(r"^(\w+) +(\d+)$", planned.stdout + planned.stderr, flags=re.M))
    assert counted["classifier_repeat"] == "2" and counted["total"] == "22"


PARSE = """
import dataclasses, json, sys
from snakemake.cli import parse_args
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
for profile in sys.argv[1:]:
    parser, options = parse_args(["--profile", profile, "all"])
    plugin = ExecutorPluginRegistry().get_plugin(options.executor)
    settings = dataclasses.asdict(plugin.get_settings(options))
    print(json.dumps(vars(options) | {"settings": settings}, default=str))
"""
SETTINGS = {
    "kubernetes": {"namespace": "default"},
    "aws-batch": {
        "region": "eu-central-1",
        "task_timeout": 86400,
        "job_queue": "arn:aws:batch:eu-central-1:1:job-queue/evigil",
        "job_role": "arn:aws:iam::1:role/evigil",
    },
    "google-batch": {
        "project": "evigil",
        "region": "europe-west3",
        "max_run_duration": "86400s",
        "image_family": "batch-cos-stable-official",
        "container": "registry.example/evigil",
    },
}


def test_the_plugins_take_the_profiles(cloud_snakemake, variables):
    profiles = [str(ROOT / "profiles" / name) for name in SETTINGS]
    done = subprocess.run(
        [cloud_snakemake[0], "-c", PARSE, *profiles],
        env=platform(variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    kubernetes, aws, google = (json.loads(line) for line in done.stdout.splitlines())
    for options, (name, settings) in zip((kubernetes, aws, google), SETTINGS.items(), strict=True):
        assert options["settings"] | settings == options["settings"], name
        assert options["default_storage_prefix"] == variables["EVIGIL_STORAGE"]
        assert options["retries"] == 2
    for options in (kubernetes, aws):
        assert options["container_image"] == "registry.example/evigil"
        assert options["default_storage_provider"] == "s3"
    assert google["default_storage_provider"] == "gcs"
    assert "googlebatch_memory" in google["default_resources"]
    executors = [options["executor"] for options in (kubernetes, aws, google)]
    assert executors == ["kubernetes", "aws-batch", "googlebatch"]


def test_memory_on_aws_batch_is_whole_gib_for_every_rule():
    """The plugin makes 2 GiB of any other value, so that a second try would have no more."""
    profile = load_yaml(ROOT / "profiles" / "aws-batch" / "config.yaml")
    given = {name: known["mem_mb"] for name, known in profile["set-resources"].items()}
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = dict(re.findall(r"^ *rule (\w+):.*?mem_mb=\D*(\d+)", text, flags=re.M | re.S))
    # raw runs are searched where `make raw` was run, which is not in the image
    assert set(given) == set(rules) - {"proteomics_search"}
    for name, expression in given.items():
        (mebibytes,) = map(int, re.fullmatch(r"(\d+) \* attempt", expression).groups())
        assert mebibytes % 1024 == 0 and 2048 <= mebibytes
        assert mebibytes >= int(rules[name]), name
        assert mebibytes * (1 + profile["retries"]) <= 8192, name


def test_a_run_on_this_machine_with_results_in_storage(tmp_path, tiny_study, s3, command):
    """profiles/s3: the study's folder needs no git, and nothing of the results stays in it."""
    bucket = s3.bucket()
    inputs = ("data/counts.tsv.gz", "config/reference.json")
    s3.upload(tiny_study, inputs, bucket, "here")
    (tiny_study / "data" / "counts.tsv.gz").unlink()
    done = subprocess.run(
        command(tiny_study, "quality", "--cores", "2", "--profile", "profiles/s3"),
        cwd=ROOT,
        env=os.environ | s3.environment | {"EVIGIL_STORAGE": f"s3://{bucket}/here"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    there = s3.download(bucket, "here", tmp_path / "there")
    assert (there / "results" / "quality" / "samples.tsv").is_file()
    assert (there / "logs" / "quality_gates" / "cohort.log").read_text() == "done\n"
    assert not list((tiny_study / "results").rglob("*.tsv"))
    assert re.search(r"smallrna: \d+ pass", done.stdout)
