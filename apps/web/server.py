"""Serves the web app on this machine alone.

with Server(pages(), port=8000) as server:
    print(server.address)
    server.serve_forever()
"""

import gzip
import mimetypes
import os
import sys
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from heedful.apps.errors import InputError
from heedful.apps.web.pages import Site

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")  # by which a browser may ask: another name that leads here is somebody else's page
PORTS = range(8000, 8020)  # tried in turn
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm", ".gz": "application/octet-stream",
    ".flac": "audio/flac",
}  # fmt: skip
COMPRESSED = (".html", ".css", ".js", ".json", ".webmanifest", ".svg", ".txt", ".wasm")  # on their way


class Server(ThreadingHTTPServer):
    """Raises `InputError` where the port is taken, `None` being the first of `PORTS` that is free."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would share the port with another server

    def __init__(self, site: Site, port: int | None = None) -> None:
        self.site = site
        for number in PORTS if port is None else [port]:
            try:
                super().__init__((HOST, number), Handler)
                return
            except OSError:
                continue
        wanted = f"port {port} is taken" if port is not None else f"the ports {PORTS[0]} to {PORTS[-1]} are taken"
        raise InputError(f"{wanted}: give another one with --port.")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Gives the files of the site, and nothing else."""

    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for a request, so that a silent visitor holds no thread
    server_version, sys_version = "heedful", ""

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def _answer(self, with_content: bool) -> None:
        if (self.headers.get("Host") or "").partition(":")[0] not in NAMES:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        address = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        content = self.server.site.get(address)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        suffix = Path(address).suffix
        packed = suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = read(content) if not packed else compressed(content)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", TYPES.get(suffix) or mimetypes.guess_type(address)[0] or TYPES[".gz"])
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        if with_content:
            self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who watches has the browser's own list of requests."""


def read(content: Path | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


@lru_cache(64)
def compressed(content: Path | bytes) -> bytes:
    return gzip.compress(read(content), mtime=0)
