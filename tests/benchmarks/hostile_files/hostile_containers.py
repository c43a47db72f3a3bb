"""Changes to files that hold others: the container stays whole, and what is in it is hostile."""

import io
import json
import random
import struct
import zipfile
from typing import Any

import hostile_seeds as seeds
import numpy as np
from hostile_mutations import Mutate, changed, changed_rows, of_bytes, other_value

from heedful.apps.model_file import attach, split

CELLS: tuple[Any, ...] = (
    b"\xff\0", b"text", [1, 2], ["a", "b"], [], {"a": 1}, {"a": {"b": [1]}}, 1 << 62, -1.5, float("nan"), True, None,
    np.datetime64("1678-01-01"), np.timedelta64(9, "D"), "\0", "x" * 9999, [{"role": "a", "content": "b"}], [[["a"]]],
)  # fmt: skip
NAMES = (
    "../out.txt", "/tmp/out.txt", "a/../../out", "C:\\out", "a", "a/", "a/b", "a.zip", "\n", "é" * 90, "x" * 300, ".",
    "..", "\x1b[31m", "con", "a\\..\\b",
)  # fmt: skip


def either(of_csv: Mutate, of_document: Mutate) -> Mutate:
    """By what the content begins with."""
    return lambda content, rng, other: (of_document if content[:1] in b"{[" else of_csv)(content, rng, other)


def of_frame(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """A parquet or a feather that is whole, of columns and cells that nobody expects."""
    import pandas as pd

    table = [list(seeds.frame().columns), *seeds.frame().values.tolist()]
    table = changed_rows(table, rng)
    width = max(map(len, table))
    names = [str(name) for name in [*table[0], *range(width)][:width]]
    cells = [[*row, *[None] * width][:width] for row in table[1:]]
    stream = io.BytesIO()
    try:
        frame = pd.DataFrame(cells, columns=names, dtype=object)  # pyright: ignore[reportArgumentType]
        for _ in range(rng.choice((0, 1, 2))):
            odd, place = rng.choice(CELLS), rng.randrange(width)
            frame.isetitem(place, [odd] * len(frame) if rng.random() < 0.7 else [odd, *[None] * (len(frame) - 1)])
        (frame.to_parquet if rng.random() < 0.7 else frame.to_feather)(stream)
    except Exception:  # what cannot be written is no input
        return b"PAR1"
    return stream.getvalue()


def of_graph(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """A graph with changed bytes and the checksum that fits."""
    graph, files = split(content)
    damaged = bytearray(of_bytes(graph, rng, split(other)[0])).ljust(8, b"\0")
    damaged[4:8] = b"TFL3"
    return attach(bytes(damaged), files)


def of_attached(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """What rides in a file changed, with the checksum that fits."""
    files = split(content)[1]
    name = rng.choice(sorted(set(files) - {"model.sha256"}))
    given = files[name]
    if name.endswith(".json") and rng.random() < 0.8:
        value = json.loads(given)
        if name == "card.json" and rng.random() < 0.8:
            key = rng.choice([key for key in ("facts", "facts", "file", "attachments", "recipe") if key in value])
            value[key] = changed(value[key], rng)
        else:
            value = changed(value, rng)
        given = json.dumps(value).encode("utf-8", "surrogatepass")
    elif name.endswith(".txt") and rng.random() < 0.5:
        lines: list[Any] = given.decode().split("\n")
        lines[rng.randrange(len(lines))] = other_value(None, rng)
        given = "\n".join(map(str, lines)).encode("utf-8", "surrogatepass")
    else:
        given = of_bytes(given, rng, other)
    return attach(content, {name: given})


def of_zip(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """The end of a file, where the zip is: its entries, its directory, and what is attached."""
    start = content.find(b"PK\3\4")
    return content[:start] + of_bytes(content[start:], rng, other[other.find(b"PK\3\4") :])


def of_keras(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """A `.keras` that is a whole zip, of a changed configuration or changed weights."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(files))
    if name.endswith(".json"):
        files[name] = json.dumps(changed(json.loads(files[name]), rng)).encode("utf-8", "surrogatepass")
    else:
        files[name] = of_bytes(files[name], rng, b"")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def of_arrays(content: bytes, rng: random.Random, _: bytes) -> bytes:
    """Arrays with changed headers and values, in a whole zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, of_bytes(data[:200], rng, b"\x80\x04cos\nsystem\n") + data[200:])
    return stream.getvalue()


def of_members(content: bytes, rng: random.Random, other: bytes) -> bytes:
    """A zip whose members have names, sizes and kinds that lead elsewhere."""
    if not content.startswith(b"PK"):
        return of_bytes(content, rng, other)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(rng.choice((1, 2, 3, 30))):
            name = rng.choice((*NAMES, f"{number}.csv"))
            info = zipfile.ZipInfo(name)
            info.external_attr = rng.choice((0, 0o120777 << 16, 0o40777 << 16, 0o10644 << 16, 0xFFFFFFFF))
            if name not in archive.namelist():
                archive.writestr(info, rng.choice((b"", b"text", bytes(99_999), content[:200])))
    packed = bytearray(stream.getvalue())
    if rng.random() < 0.3:
        at = packed.rfind(b"PK\1\2")
        packed[at + 20 : at + 28] = struct.pack("<2I", 100, rng.choice((0, 1 << 30, 0xFFFFFFFF)))
    return bytes(packed)
