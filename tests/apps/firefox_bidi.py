"""A Firefox as it is installed, by WebDriver BiDi, which it speaks without a driver (https://w3c.github.io/webdriver-bidi)."""

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket

LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """One window. Raises `RuntimeError` when it does not start in 60 seconds, or a script throws."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        log = Path(self._profile.name) / "log.txt"
        with open(log, "wb") as stream:
            command = [program, "--headless", "--no-remote", "--profile", self._profile.name]
            self._process = subprocess.Popen([*command, "--remote-debugging-port", "0"], stdout=stream, stderr=stream)
        end = time.monotonic() + 60
        while not (found := LISTENING.search(log.read_bytes())):
            if time.monotonic() > end:
                raise RuntimeError("Firefox does not start")
            time.sleep(0.2)
        self._socket = websocket.create_connection(f"{found[1].decode()}/session", suppress_origin=True, timeout=120)
        self._count = 0
        self._send("session.new", capabilities={})
        self._context = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def value(self, expression: str) -> Any:
        """What an expression gives, a promise is awaited; it comes as JSON."""
        target, wrapped = {"context": self._context}, f"Promise.resolve({expression}).then(JSON.stringify)"
        given = self._send("script.evaluate", expression=wrapped, target=target, awaitPromise=True)
        if given["type"] == "exception":
            raise RuntimeError(given["exceptionDetails"]["text"])
        return json.loads(given["result"].get("value", "null"))

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)
        self._profile.cleanup()

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._count:
            pass  # events
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]
