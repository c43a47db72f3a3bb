"""The modules of the web app, called from Python in Node: their answers beside those of `heedful.apps`."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError

WEB = Path(__file__).parents[2] / "apps" / "web"
ENTRY = Path(__file__).parent / "web" / "bridge" / "main.ts"
WASM = WEB / "node_modules" / "@litertjs" / "core" / "wasm"
MISSING = "run `npm ci` in apps/web: the web app is tested in Node"
TYPES = ("float32", "float64", "int32", "uint8")


class Bridge:
    """A Node process; `call` is a function of `web/bridge/`."""

    def __init__(self, folder: Path) -> None:
        script = folder / "bridge.mjs"
        bundle = [str(WEB / "node_modules" / ".bin" / "esbuild"), str(ENTRY), f"--outfile={script}", "--bundle"]
        subprocess.run([*bundle, "--platform=node", "--format=esm", "--log-level=error"], check=True, env=self._env())
        self._process = subprocess.Popen(
            ["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env=self._env(),
        )  # fmt: skip

    @staticmethod
    def _env() -> dict[str, str]:
        return {**os.environ, "NODE_PATH": str(WEB / "node_modules"), "LITERT_WASM": str(WASM)}

    def call(self, name: str, *given: Any) -> Any:
        """What the function gives, arrays as those of NumPy. Raises `InputError` where it does, else `RuntimeError`."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"call": name, "given": given}, default=_packed) + "\n")
        self._process.stdin.flush()
        while not (line := self._process.stdout.readline()).startswith('{"'):  # what LiteRT says of itself goes by
            if not line:
                raise RuntimeError(f"Node ended in {name}")
        answer = json.loads(line, object_hook=_array)
        if "error" in answer:
            raise (InputError if answer["error"] == "InputError" else RuntimeError)(answer["message"])
        return answer["result"]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def available() -> bool:
    return shutil.which("node") is not None and WASM.is_dir()


def _packed(array: Any) -> dict[str, str]:
    assert array.dtype.name in TYPES, array.dtype
    return {"type": array.dtype.name, "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}


def _array(entry: dict[str, Any]) -> Any:
    if set(entry) == {"type", "data"} and entry["type"] in TYPES:
        return np.frombuffer(base64.b64decode(entry["data"]), entry["type"])
    return entry
