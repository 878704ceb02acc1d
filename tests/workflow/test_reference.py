"""The target `reference`, on files of this machine and on a server of this machine."""

import hashlib
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from evigil.rna.bundle import Bundle
from evigil.rna.load import load_reference
from evigil.rna.paths import BUNDLED

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = "name\tformat\tclass\tsource\tversion\tlicence\tsha256"
FASTA = ">one\nACGTACGTTAGGCATTAGCAGG\n>two\nGGGTTTACCCATTATTACAGGA\n"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder of files, and the address at which they are to be had."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def study(tmp_path, sources, block):
    """A study whose reference is built from `sources`: rows of name, source and sha256."""
    folder = tmp_path / "study"
    shutil.copytree(ROOT / "tests" / "valid_study", folder)
    rows = [f"{name}\tfasta\trRNA\t{source}\t1\tnone\t{sha}" for name, source, sha in sources]
    (folder / "sources.tsv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    with (folder / "config.yaml").open("a") as config:
        config.write(f"reference: {block}\n")
    return folder


def snakemake(folder, *targets):
    command = [str(Path(sys.executable).with_name("snakemake")), *targets, "--cores", "1"]
    command += ["--directory", str(folder), "--configfile", str(folder / "config.yaml")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_fetched_and_local_files_make_a_reference(served, tmp_path):
    folder, address = served
    (folder / "one.fa").write_text(FASTA)
    local = tmp_path / "local.fa"
    local.write_text(FASTA.replace(">", ">my_"))
    found = hashlib.sha256(FASTA.encode()).hexdigest()
    rows = [("one", f"{address}/one.fa", found), ("two", str(local), "")]
    run = study(tmp_path, rows, "{sources: sources.tsv, download: true}")
    index = "results/reference/index.npz"
    done = snakemake(run, "reference", index)
    assert done.returncode == 0, done.stderr
    # what is built is used only where the config says so
    assert Bundle.read(run / index).key == load_reference(BUNDLED).key
    bundle = load_reference(run / "results" / "reference" / "bundle")
    # the same sequence under two names is one reference
    assert bundle.references["name"].tolist() == ["my_one/one", "my_two/two"]
    # what changed on the server since is refused, and nothing of it is left
    (folder / "one.fa").write_text(FASTA + ">three\nACGTACGTACGTACGTACGT\n")
    fetched = run / "results" / "reference" / "sources" / "one"
    done = snakemake(run, "reference", "--forcerun", "reference_source")
    assert done.returncode != 0
    assert "the file changed or is another one" in done.stderr
    assert not fetched.exists()


def test_a_url_is_fetched_only_when_asked(tmp_path):
    rows = [("one", "http://127.0.0.1:9/one.fa", "")]
    run = study(tmp_path, rows, "{sources: sources.tsv}")
    done = snakemake(run, "reference", "--dry-run")
    assert done.returncode != 0
    assert (
        "config: reference.download is false, but sources.tsv has URLs (one);"
        " set it to true or give paths in reference.sources" in done.stderr
    )
