"""The pages on this machine: who gets them, with which promises, and what is written for other servers."""

import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from heedful.apps.errors import InputError
from heedful.apps.model_file import attach
from heedful.apps.web.pages import Site, export, pages
from heedful.apps.web.server import PORTS, Server

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "saved_models" / "recommender" / "shop" / "model.float16.tflite"
SHIPPED = [{"recipe": "translation", "name": "lumo", "file": "models/lumo.tflite.gz", "bytes": 3}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pages as the build writes them, but short."""
    static = tmp_path / "static"
    (static / "wasm").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>" + "<p>here</p>" * 100)
    (static / "service.js").write_text("1")
    (static / "models.json").write_text(json.dumps(SHIPPED))
    (static / "wasm" / "runtime.wasm.gz").write_bytes(gzip.compress(b"runtime"))
    return static


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(pages([MODEL], folder), port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def asked(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    return response, response.read()


def test_a_page_comes_with_a_policy_that_lets_it_ask_nobody_else(server: Server) -> None:
    response, body = asked(server, "/")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'" and policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert {name: sources for name, sources in policy.items() if "http" in sources or "*" in sources} == {}
    assert b"here" in body
    assert asked(server, "/", "HEAD")[1] == b""


def test_texts_are_compressed_on_their_way_and_packed_files_are_not_unpacked(server: Server, folder: Path) -> None:
    response, body = asked(server, "/index.html", **{"Accept-Encoding": "gzip, br"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == (folder / "index.html").read_bytes()
    response, body = asked(server, "/wasm/runtime.wasm.gz", **{"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] is None
    assert gzip.decompress(body) == b"runtime"


@pytest.mark.parametrize("path", ["/../../pyproject.toml", "/%2e%2e/%2e%2e/pyproject.toml", "/nothing", "//etc/passwd"])
def test_what_is_no_page_is_not_there(server: Server, path: str) -> None:
    response, body = asked(server, path)
    assert response.status == 404 and b"heedful" not in body


def test_only_this_machine_is_answered(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert asked(server, "/", Host="evil.example:8000")[0].status == 421
    for name in (f"localhost:{server.server_port}", "localhost"):  # port 80 is not told
        assert asked(server, "/", Host=name)[0].status == 200
    assert asked(server, "/", "POST")[0].status == 501


def test_a_model_of_ones_own_stands_first(server: Server) -> None:
    own, *shipped = json.loads(asked(server, "/models.json")[1])
    assert shipped == SHIPPED
    assert (own["recipe"], own["name"], own["own"]) == ("recommender", "model.float16", True)
    packed = asked(server, f"/{own['file']}")[1]
    assert gzip.decompress(packed) == MODEL.read_bytes() and len(packed) == own["bytes"]


def test_a_file_that_is_no_model_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(b"no model")
    with pytest.raises(InputError, match=r"other\.tflite is not a \.tflite model"):
        pages([other], folder)


def test_a_port_that_is_taken_is_a_sentence_and_the_default_goes_on_to_the_next(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="is taken: give another one with --port"):
            Server(pages([], folder), taken.getsockname()[1])
    with Server(pages([], folder)) as first, Server(pages([], folder)) as second:
        assert first.server_port != second.server_port and {first.server_port, second.server_port} <= set(PORTS)


def site(folder: Path) -> Site:
    return pages([MODEL], folder)


def test_models_are_listed_once_and_told_apart(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "my #1 50% ü.tflite", tmp_path / "my #1 50% ü.tflite"
    first.parent.mkdir()
    first.write_bytes(MODEL.read_bytes())
    second.write_bytes(attach(MODEL.read_bytes(), {"more.txt": b"x"}))
    listed = json.loads(pages([first, first, second], folder)["models.json"])  # type: ignore[arg-type]
    own = [entry for entry in listed if entry.get("own")]
    assert [entry["name"] for entry in own] == ["my #1 50% ü"] * 2
    assert len({entry["file"] for entry in own}) == 2


def test_a_folder_that_cannot_be_named_so_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        export(site(folder), tmp_path / ("x" * 300))


def test_an_export_is_whole_and_replaces_an_earlier_one(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "public"
    export(site(folder), target)
    (target / "stale.txt").write_text("of an earlier version")
    export(site(folder), target)
    written = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert written == set(site(folder))
    assert {path.name for path in tmp_path.iterdir()} == {"static", "public"}  # nothing half-written is left


def test_an_export_goes_over_nothing_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="mine holds other files"):
        export(site(folder), tmp_path / "mine")
    with pytest.raises(InputError, match=r"thesis\.txt is a file"):
        export(site(folder), tmp_path / "mine" / "thesis.txt")
    with pytest.raises(InputError, match="nowhere of public does not exist"):
        export(site(folder), tmp_path / "nowhere" / "public")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_an_installation_without_pages_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("heedful.apps.web.pages.STATIC", tmp_path / "static")
    monkeypatch.setattr("heedful.apps.web.pages.SOURCES", tmp_path / "source")
    with pytest.raises(InputError, match="came without its web pages"):
        pages()
    (tmp_path / "source").mkdir()
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match="install Node 20 or newer"):
        pages()
