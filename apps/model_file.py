"""One exported `.tflite`: the graph that LiteRT runs, and the labels and card that ride in the same file.

The attachments are a zip appended to the flatbuffer, stored without compression, as the TFLite metadata convention
has it: every runtime ignores what follows the graph, and every unzip program lists it. `attach` also stores size and
SHA-256 of the graph, and `ModelFile` checks them before LiteRT sees a byte, because a damaged graph may pass LiteRT's
own check and then answer nonsense or bring the process down. They say that a file is whole and not who made it: of a
stranger's, `heedful inspect` runs the graph in a process of its own.
"""

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import reading
from heedful.apps.json_text import parsed

IDENTIFIER = b"TFL3"  # bytes 4 to 8 of a TFLite flatbuffer
CARD = "card.json"
DIGEST = "model.sha256"  # text: hexadecimal SHA-256 and size in bytes of the graph before the zip
# What Python raises for a damaged zip; NotImplementedError is for a compression, or a version, that it does not know.
DAMAGED_ZIP = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, OverflowError, MemoryError,
)  # fmt: skip
LARGEST = 1 << 28  # bytes of attached files where they are compressed, which a zip of a few kB may promise
EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's first date, so that the same content gives the same file


def attach(content: bytes, files: Mapping[str, bytes]) -> bytes:
    """A `.tflite` that carries `files` by name; those it carried already stay unless replaced.

    Equal arguments give equal bytes. Raises `ValueError` when `content` is no TFLite flatbuffer.
    """
    if content[4:8] != IDENTIFIER:
        raise ValueError("attach needs the content of a .tflite file")
    graph, carried = split(content)
    digest = f"{hashlib.sha256(graph).hexdigest()} {len(graph)}\n".encode()
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, data in sorted({**carried, **files, DIGEST: digest}.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return buffer.getvalue()


def split(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The graph alone and the attached files by name (none when there is no zip). Raises `zipfile.BadZipFile`."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content, {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        check_size(entries, len(content))
        start = min((entry.header_offset for entry in entries), default=len(content))
        return content[:start], {entry.filename: archive.read(entry) for entry in entries}


def check_size(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Raises `zipfile.BadZipFile` where the files in a `.tflite` of so many bytes would fill the memory."""
    if sum(entry.file_size for entry in entries) > max(LARGEST, size):
        raise zipfile.BadZipFile("the attached files are too large")


class ModelFile:
    """An exported model, ready to run on `threads` CPU threads.

    Raises `InputError` when the file is missing, not a `.tflite`, truncated or damaged, or carries no heedful card.
    One `ModelFile` serves one thread at a time.
    """

    def __init__(self, path: str | PathLike[str], threads: int = 1) -> None:
        with reading(path, ".tflite file"):
            content = Path(path).read_bytes()
        self._open(content, str(path), threads)

    @classmethod
    def from_bytes(cls, content: bytes, name: str, threads: int = 1) -> "ModelFile":
        """The same from memory; `name` stands for the path in messages."""
        model = cls.__new__(cls)
        model._open(content, name, threads)
        return model

    def _open(self, content: bytes, path: str, threads: int) -> None:
        graph, self._attachments = _parts(content, path)
        self.path = path
        self.size = len(content)  # bytes, attachments included
        self.card = _card(self._attachments[CARD], path)
        self._interpreter = _interpreter(graph, path, threads)
        try:
            names = self._interpreter.get_signature_list()
            self._runners = {name: self._interpreter.get_signature_runner(name) for name in names}
        except (ValueError, RuntimeError) as error:
            raise _refused(path, error) from None

    @property
    def facts(self) -> dict[str, Any]:
        """What the data of the training decided, from the card; empty when that says nothing of it."""
        facts = self.card.get("facts")
        return facts if isinstance(facts, dict) else {}

    @property
    def attachments(self) -> tuple[str, ...]:
        """Names of the attached files."""
        return tuple(self._attachments)

    def attachment(self, name: str) -> bytes:
        """Content of an attached file. Raises `InputError` when the model carries none of that name."""
        if name not in self._attachments:
            raise InputError(f"{self.path} carries no {name}: export the model again.")
        return self._attachments[name]

    @cached_property
    def signatures(self) -> dict[str, dict[str, dict[str, tuple[tuple[int, ...], str]]]]:
        """`{signature: {"inputs" | "outputs": {name: (shape, dtype)}}}`, for example `((1, 16000), "float32")`."""
        return {
            name: {"inputs": _specs(runner.get_input_details()), "outputs": _specs(runner.get_output_details())}
            for name, runner in self._runners.items()
        }

    def run(self, signature: str, **arrays: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by name of one call of `signature`.

        Raises `ValueError` when the signature, the names, a shape or a dtype are not the file's own: LiteRT itself
        would resize the graph to a wrong shape without a word, or fail deep inside a delegate.
        """
        if signature not in self._runners:
            raise ValueError(f"{self.path} has the signatures {sorted(self._runners)}, not {signature!r}")
        wanted = self.signatures[signature]["inputs"]
        given = {name: (np.shape(array), np.asarray(array).dtype.name) for name, array in arrays.items()}
        if given != wanted:
            raise ValueError(f"{signature} of {self.path} takes {wanted}, not {given}")
        try:
            return dict(self._runners[signature](**arrays))
        except (RuntimeError, ValueError) as error:
            raise _refused(self.path, error) from None


def card_of(path: str | PathLike[str]) -> dict[str, Any]:
    """The card in a `.tflite` that is whole, without LiteRT. Raises `InputError` as `ModelFile` does."""
    with reading(path, ".tflite file"):
        content = Path(path).read_bytes()
    return _card(_parts(content, str(path))[1][CARD], str(path))


def check_recipe(file: ModelFile, recipe: str) -> None:
    """Raises `InputError` when the file is a model of another recipe."""
    if (found := file.card.get("recipe", "an unnamed recipe")) != recipe:
        named = found if isinstance(found, str) and len(found) < 80 else "something else"
        raise InputError(f"{file.path} is a model of {named}, not of {recipe}: give one of {recipe}.")


@contextlib.contextmanager
def fitting(file: ModelFile) -> Iterator[None]:
    """Around what reads a card and compares it with the graph: what a wrong card raises there becomes the `InputError`
    that they do not fit.
    """
    try:
        yield
    except InputError:
        raise
    except (LookupError, AttributeError, TypeError, ValueError, OverflowError):
        raise InputError(f"{file.path} has a card that does not fit its graph: export the model again.") from None


def _parts(content: bytes, path: str) -> tuple[bytes, dict[str, bytes]]:
    """Graph and attachments, the graph proven to be the one that was exported."""
    if content[4:8] != IDENTIFIER:
        raise InputError(f"{path} is not a .tflite model: give a file that `heedful export` wrote.")
    try:
        graph, files = split(content)
    except DAMAGED_ZIP:
        raise InputError(f"{path} is damaged: its attached files cannot be read; copy or export it again.") from None
    if not files and CARD.encode() in content:
        raise InputError(f"{path} is truncated: copy or export it again.")
    if CARD not in files or DIGEST not in files:
        raise InputError(
            f"{path} carries no heedful card, so it is truncated or was made by another program: "
            "give a file that `heedful export` wrote."
        )
    expected = f"{hashlib.sha256(graph).hexdigest()} {len(graph)}".encode()
    if files[DIGEST].strip() != expected:
        raise InputError(f"{path} is damaged: its checksum is wrong; copy or export it again.")
    return graph, files


def _card(content: bytes, path: str) -> dict[str, Any]:
    try:
        card = parsed(content)
    except ValueError:
        card = None
    if not isinstance(card, dict):
        raise InputError(f"{path} carries a card that is not a JSON object: export the model again.")
    return card


def _interpreter(graph: bytes, path: str, threads: int) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise InputError('running a model needs LiteRT: run `pip install "heedful[run]"`.') from None
    from heedful.apps.graph.entry_points import lead_inside

    if not lead_inside(graph):
        raise InputError(f"{path} is damaged: a signature leads out of its graph; export the model again.")
    try:
        interpreter = Interpreter(model_content=graph, num_threads=threads)
        interpreter.allocate_tensors()
        return interpreter
    except (ValueError, RuntimeError) as error:
        raise _refused(path, error) from None


def _refused(path: str, error: Exception) -> InputError:
    reason = (str(error).splitlines() or ["no reason given"])[0]
    return InputError(f"{path} is refused by LiteRT ({reason}): export the model again.")


def _specs(details: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {
        name: (tuple(int(size) for size in detail["shape_signature"]), np.dtype(detail["dtype"]).name)
        for name, detail in details.items()
    }
