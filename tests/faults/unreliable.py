"""An S3 server that errs: a proxy on this machine that fails some requests and passes on others."""

import http.client
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: What a request meets: an answer of the server, a connection that breaks before or within the
#: answer, or an answer that takes its time.
FAULTS = ("500", "503", "reset", "cut", "slow")
BODY = b"<?xml version='1.0'?><Error><Code>%s</Code><Message>later</Message></Error>"
SLOW = 0.3


class Unreliable(ThreadingHTTPServer):
    """Hands requests on to `behind`.

    Attributes
    ----------
    share
        How many of the requests fail; the same request never twice in a row, as long as this is
        below 1. At 1 nothing is answered but by 503.
    failed
        How many failed so far.
    last_stored
        Name of the file after which the server is down: share becomes 1 when it was stored.
    """

    daemon_threads = True

    def __init__(self, behind: str, share: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = urlsplit(behind).netloc
        self.share = share
        self.failed = 0
        self.last_stored: str | None = None
        self._chance = random.Random(seed)
        self._last: set[str] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fault(self, request: str) -> str:
        """Return what befalls a request; nothing is an empty text."""
        with self._lock:
            if self.share >= 1:
                self.failed += 1
                return "503"
            hit = self._chance.random() < self.share and request not in self._last
            (self._last.add if hit else self._last.discard)(request)
            self.failed += hit
            return self._chance.choice(FAULTS) if hit else ""

    def handle_error(self, request, client_address) -> None:
        """Say nothing: a client that goes away is what happens here."""


class Handler(BaseHTTPRequestHandler):
    server: Unreliable
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self._body()
        fault = self.server.fault(f"{self.command} {self.path}")
        if fault == "reset":
            self.close_connection = True
            self.connection.close()
            return
        if fault in ("500", "503"):
            code = {"500": b"InternalError", "503": b"SlowDown"}[fault]
            self._send(int(fault), [], BODY % code)
            return
        if fault == "slow":
            time.sleep(SLOW)
        behind = http.client.HTTPConnection(self.server.behind, timeout=60)
        behind.request(self.command, self.path, body, dict(self.headers))
        got = behind.getresponse()
        content, headers = got.read(), got.getheaders()
        behind.close()
        last = self.server.last_stored
        if self.command == "PUT" and last and urlsplit(self.path).path.endswith(last):
            self.server.share = 1.0
        self._send(got.status, headers, content, cut=fault == "cut")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        del self.headers["Transfer-Encoding"]
        return b"".join(chunks)

    def _send(self, status: int, headers, content: bytes, cut: bool = False) -> None:
        self.send_response_only(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length":
                length = value  # of an answer to HEAD it is not that of its body
            elif name.lower() not in ("transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def log_message(self, *arguments) -> None:
        """Say nothing."""
