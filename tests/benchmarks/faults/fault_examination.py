"""What lies in a folder after a fault: whether every file is whole, what it holds, and whether it is ours."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from heedful.apps.errors import InputError
from heedful.apps.files import MARK
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.entries import CARD as CARD_ENTRY
from heedful.apps.model_file import CARD, DIGEST, ModelFile, split
from heedful.recipes.suite import arrays_file

# What holds times of day, or how long something took, or follows from them: on a card, and in a `.keras`.
TIMES = {"created", "seconds", "latency_ms", "command", "machine", "bytes", "sha256", "data_dir", "shared_object_id"}
TEMPORARY = re.compile(rf"\..*{re.escape(MARK)}.*")
INCOMPLETE = "incomplete."  # begins the name of a folder in which TensorFlow Datasets prepares
STRANGERS = {
    "notes.txt": b"mine\n", ".hidden": b"\0\1", "model.keras.bak": b"old", ".state.ab12cd34.npz": b"not ours",
    "below/state.npz": b"deeper", ".card.heedful.json": b"{}",
}  # fmt: skip


def plant(folder: Path) -> None:
    """Puts files there that are none of ours."""
    for name, content in STRANGERS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def touched(folder: Path) -> list[str]:
    """Those that are no longer what they were."""
    return [n for n, content in STRANGERS.items() if not (folder / n).is_file() or (folder / n).read_bytes() != content]


def ours(folder: Path) -> dict[str, Path]:
    """All other files below a folder, by name; without what TensorFlow Datasets calls incomplete."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in found.items() if name not in STRANGERS and INCOMPLETE not in name}


def incomplete(folder: Path) -> list[str]:
    """Folders that a killed preparation left. They are not removed: another program may be at work in one."""
    return [path.name for path in folder.rglob(f"{INCOMPLETE}*") if path.is_dir()]


def temporary(folder: Path) -> list[str]:
    """What bears the mark of temporary files."""
    return [path.name for path in folder.rglob("*") if TEMPORARY.fullmatch(path.name)]


def half_written(folder: Path) -> list[str]:
    """Files with a final name that are not whole."""
    return [name for name, path in ours(folder).items() if MARK not in name and not whole(path)]


def whole(path: Path) -> bool:
    try:
        content_of(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile, InputError):
        return False
    return True


def contents(folder: Path) -> dict[str, Any]:
    """What every file holds, comparable, without times of day."""
    return {name: content_of(path) for name, path in ours(folder).items() if MARK not in name}


def content_of(path: Path) -> Any:
    """Of a file by its kind. Raises one of several exceptions where it is not whole."""
    if path.suffix == ".npz":
        return {name: digest(value.tobytes()) for name, value in arrays_file.read(path).items()}
    if path.suffix == ".tflite":
        card = ModelFile(path).card
        content, files = split(path.read_bytes())
        graph = flatbuffer.read(content)
        for item in graph.metadata:
            if item.name.decode() == CARD_ENTRY:  # it is compared without its times
                graph.buffers[item.buffer].data = None
        others = {name: digest(content) for name, content in files.items() if name not in (CARD, DIGEST)}
        return digest(flatbuffer.write(graph)), timeless(card), others
    if path.suffix == ".keras":
        return weights(path)
    if path.suffix == ".json":
        return timeless(json.loads(path.read_text()))
    if path.suffix == ".png":
        with Image.open(path) as picture:
            return digest(np.asarray(picture).tobytes())
    return digest(path.read_bytes())


def weights(path: Path) -> tuple[Any, dict[str, str]]:
    """Of a `.keras`: its configuration and its weights by name."""
    with zipfile.ZipFile(path) as archive:
        if broken := archive.testzip():
            raise ValueError(broken)
        config, content = archive.read("config.json"), archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as file:
        names: list[str] = []
        file.visit(names.append)
        found = {name: digest(item[()]) for name in names if isinstance(item := file[name], h5py.Dataset)}
    return timeless(json.loads(config)), found


def digest(content: Any) -> str:
    return hashlib.sha256(
        content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
    ).hexdigest()


def timeless(value: Any) -> Any:
    """JSON without what holds times."""
    if isinstance(value, Mapping):
        return {key: timeless(item) for key, item in value.items() if key not in TIMES}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Names of files that are missing, too many, or hold something else."""
    return sorted(n for n in {*found, *expected} if n not in found or n not in expected or found[n] != expected[n])
