import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from evigil.errors import UserError
from evigil.reference.fetch import fetch

CONTENT = b">a\nACGT\n" * 400_000


class Server(BaseHTTPRequestHandler):
    """Answers by the path: what a database's server does on a bad day."""

    requests: list[str] = []

    def do_GET(self):  # noqa: N802
        self.requests.append(self.path)
        first = self.requests.count(self.path) == 1
        if self.path == "/missing" or (self.path == "/busy" and first):
            self.send_error(404 if self.path == "/missing" else 503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        cut = self.path == "/cut" or (self.path == "/cut_once" and first)
        self.wfile.write(CONTENT[: len(CONTENT) // 3] if cut else CONTENT)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    Server.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("path", ["whole", "cut_once", "busy"])
def test_file_arrives_whole(server, tmp_path, path):
    target = tmp_path / "sources" / "file.fa"
    assert fetch(f"{server}/{path}", target, SUM, pause=0) == SUM
    assert target.read_bytes() == CONTENT
    assert len(Server.requests) == (1 if path == "whole" else 2)


@pytest.mark.parametrize(
    ("path", "sha256", "fault", "requests"),
    [
        ("cut", SUM, f"not fetched in 3 tries: cut off after 1066666 of {len(CONTENT)} bytes", 3),
        ("missing", SUM, "the server says 404", 1),
        ("whole", "0" * 64, f"sha256 is {SUM}, expected {'0' * 64}: the file changed", 1),
    ],
)
def test_nothing_is_left_of_a_file_that_is_not_right(
    server, tmp_path, path, sha256, fault, requests
):
    with pytest.raises(UserError, match=fault) as error:
        fetch(f"{server}/{path}", tmp_path / "file.fa", sha256, pause=0)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
    assert len(Server.requests) == requests


def test_an_earlier_file_stays_when_the_new_one_is_wrong(server, tmp_path):
    (tmp_path / "file.fa").write_text("before")
    with pytest.raises(UserError, match="sha256"):
        fetch(f"{server}/whole", tmp_path / "file.fa", "0" * 64, pause=0)
    assert (tmp_path / "file.fa").read_text() == "before"


def test_no_server(tmp_path):
    with pytest.raises(UserError, match="not fetched in 3 tries: .*refused"):
        fetch("http://127.0.0.1:9/x", tmp_path / "x", pause=0)


def test_only_the_web_is_fetched(tmp_path):
    with pytest.raises(UserError, match="only http and https"):
        fetch(f"file://{tmp_path}/x", tmp_path / "y")
