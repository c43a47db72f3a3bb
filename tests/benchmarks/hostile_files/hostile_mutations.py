"""Changes that make a sound file hostile: to its bytes, to the chunks of its format, or to what its cells say.

Every function takes a `random.Random` and gives the same for the same.
"""

import copy
import csv
import io
import json
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

Mutate = Callable[[bytes, random.Random, bytes], bytes]  # of a content, with another of its kind
SIZES = (1, 1, 2, 4, 16, 64, 1024)  # bytes that are cut out or doubled
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 62)
WIDTHS = (1, 2, 4, 8)
HEAD = 200  # bytes at either end, where formats keep their lengths
SPICE = [b'"', b"\\", b"\n", b"\r", b",", b";", b"\t", b"[", b"{", b"}", b"\0", b"\xff", b"\xef\xbb\xbf", b"::", b"'"]
TEXTS = (
    "", " ", "\0", "\n", '"', "'", ",", "null", "NaN", "-1", "1e999", "9" * 400, "=1+2", "@SUM(A1)", "../../etc/passwd",
    "/etc/passwd", "C:\\x", "\x1b[31m", "\u202e", "\ud800", "\ufeff", "é" * 70, "a" * 10_000, "<script>", "%s%n", "0x1",
    "2024-02-30", "1970-01-01", "-9223372036854775808", "9999-12-31T23:59:59Z", "١٢٣", "1,5", "{}", "[]", "tfds:x",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3.5, 1 << 31, 1 << 63, 10**30, -(1 << 63), 1e308, float("nan"), float("inf"), "",
    [], {}, [[]], [None], {"": None}, [[[[]]]], {"__class__": "x"},
)  # fmt: skip


def of_bytes(content: bytes, rng: random.Random, other: bytes = b"") -> bytes:
    """The content with one to eight changes: bits, cuts, doubles, moves, extreme numbers, another file's head."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(BYTE_CHANGES)(found, rng, other)
    return bytes(found)


def place(found: bytearray, rng: random.Random) -> int:
    """Somewhere, and half of the time near an end."""
    near = min(HEAD, len(found))
    return rng.choice((rng.randrange(near + 1), len(found) - rng.randrange(near + 1), rng.randrange(len(found) + 1),
                       rng.randrange(len(found) + 1)))  # fmt: skip


def flip(found: bytearray, rng: random.Random, other: bytes) -> None:
    for _ in range(rng.choice((1, 1, 4, 32))):
        if found:
            found[min(place(found, rng), len(found) - 1)] ^= 1 << rng.randrange(8)


def cut_out(found: bytearray, rng: random.Random, _: bytes) -> None:
    at = place(found, rng)
    del found[at : at + rng.choice(SIZES)]


def double(found: bytearray, rng: random.Random, _: bytes) -> None:
    at, size = place(found, rng), rng.choice(SIZES)
    found[at:at] = found[at : at + size] * rng.randint(1, 3)


def move(found: bytearray, rng: random.Random, _: bytes) -> None:
    at, size = place(found, rng), rng.choice(SIZES)
    piece = found[at : at + size]
    del found[at : at + size]
    at = place(found, rng)
    found[at:at] = piece


def put_extreme(found: bytearray, rng: random.Random, _: bytes) -> None:
    at, width = place(found, rng), rng.choice(WIDTHS)
    number = rng.choice(EXTREMES) & ((1 << 8 * width) - 1)
    found[at : at + width] = number.to_bytes(width, rng.choice(("little", "big")))


def spice(found: bytearray, rng: random.Random, _: bytes) -> None:
    at = place(found, rng)
    found[at:at] = rng.choice(SPICE) * rng.choice((1, 1, 2, 50))


def end(found: bytearray, rng: random.Random, _: bytes) -> None:
    if rng.random() < 0.3:
        del found[place(found, rng) :]


def splice(found: bytearray, rng: random.Random, other: bytes) -> None:
    """The head of another file over that of this one, or its tail."""
    size = rng.choice((4, 12, 44, 100, 1000))
    if rng.random() < 0.5:
        found[:size] = other[:size]
    else:
        found[len(found) - size :] = other[-size:]


BYTE_CHANGES: Sequence[Callable[[bytearray, random.Random, bytes], None]] = (
    flip, flip, cut_out, double, move, put_extreme, put_extreme, spice, end, splice,
)  # fmt: skip


def of_png(content: bytes, rng: random.Random, other: bytes = b"") -> bytes:
    """Chunks changed, doubled, dropped or moved, each with the checksum that fits, so that a decoder goes on."""
    chunks, at = [], 8
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    for _ in range(rng.choice((1, 1, 2, 3))):
        number = rng.randrange(len(chunks))
        name, data = chunks[number]
        change = rng.randrange(5)
        if change < 2 and data:
            chunks[number] = name, of_bytes(data, rng, other)
        elif change == 2:
            chunks.insert(rng.randrange(len(chunks)), (name, data))
        elif change == 3 and len(chunks) > 1:
            del chunks[number]
        else:
            kind = rng.choice((b"tRNS", b"gAMA", b"iCCP", b"eXIf", b"zTXt", b"acTL", b"fcTL", b"fdAT", b"PLTE"))
            chunks.insert(rng.randrange(len(chunks) + 1), (kind, rng.randbytes(rng.choice((0, 1, 4, 26, 300)))))
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return content[:8] + b"".join(packed)


def of_json(content: bytes, rng: random.Random, other: bytes = b"") -> bytes:
    """A document, or lines of them, with values, names and shapes that nobody expects."""
    lines = content.decode().splitlines() if content[:1] == b"{" and content.count(b"\n{") else [content.decode()]
    values = [json.loads(line) for line in lines]
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        number = rng.randrange(len(values))
        values[number] = changed(values[number], rng)
    if rng.random() < 0.02:
        return content[: content.find(b":") + 1] + b"[" * 100_000
    text = "\n".join(json.dumps(value, ensure_ascii=rng.random() < 0.5) for value in values)
    return text.encode("utf-8", "surrogatepass")


def changed(value: Any, rng: random.Random) -> Any:
    """A value with one change somewhere in it."""
    if isinstance(value, (dict, list)) and value and rng.random() < 0.93:
        value = copy.copy(value)
        keys: Sequence[Any] = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[rng.randrange(len(keys))]
        if rng.random() < 0.7:
            value[key] = changed(value[key], rng)
        elif isinstance(value, dict):
            rng.choice((drop_name, rename))(value, key, rng)
        elif rng.random() < 0.5:
            del value[key]
        else:
            value.insert(key, value[key])
        return value
    return rng.choice((other_value, other_value, wrapped, nested))(value, rng)


def drop_name(value: dict, key: Any, rng: random.Random) -> None:
    del value[key]


def rename(value: dict, key: Any, rng: random.Random) -> None:
    value[rng.choice((*TEXTS, key.upper(), *value))] = value.pop(key)


def other_value(_: Any, rng: random.Random) -> Any:
    return rng.choice((*VALUES, *TEXTS))


def wrapped(value: Any, rng: random.Random) -> Any:
    return rng.choice(([value], {"x": value}, [value] * (2 if isinstance(value, dict | list) else 1000), str(value)))


def nested(value: Any, rng: random.Random) -> Any:
    for _ in range(rng.choice((2, 20, 200))):
        value = [value]
    return value


def of_table(content: bytes, rng: random.Random, _: bytes = b"") -> bytes:
    """Cells, rows and columns of a text table changed, written with one of the usual separators."""
    text = content.decode()
    separator = "\t" if "\t" in text.split("\n")[0] else ","
    rows = changed_rows(list(csv.reader(io.StringIO(text), delimiter=separator)), rng)
    stream = io.StringIO()
    separator = rng.choice((separator, separator, separator, ";", "|", "\t", ","))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    csv.writer(stream, delimiter=separator, quoting=quoting).writerows(rows)
    encoding = rng.choice(("utf-8",) * 5 + ("utf-8-sig", "utf-16", "cp1252"))
    return stream.getvalue().encode(encoding, "replace" if encoding == "cp1252" else "surrogatepass")


def changed_rows(rows: list[list[Any]], rng: random.Random) -> list[list[Any]]:
    """Rows with a header, with one to five changes."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        number = rng.randrange(len(rows)) if rng.random() < 0.8 else 0
        column = rng.randrange(max(1, max(map(len, rows))))
        change = rng.randrange(8)
        if change <= 1 and column < len(rows[number]):
            rows[number][column] = rng.choice(TEXTS)
        elif change == 2:
            text = rng.choice(TEXTS)
            rows = [rows[0], *([*row[:column], text, *row[column + 1 :]] for row in rows[1:])]
        elif change == 3:
            rows = [[*row[:column], *row[column + 1 :]] for row in rows]
        elif change == 4:
            rows = [[*row[: column + 1], *row[column:]] for row in rows]
        elif change == 5:
            rows.insert(number, list(rng.choice(rows)))
        elif change == 6 and len(rows) > 1:
            del rows[number]
        else:
            rows[number] = [rng.choice(TEXTS) for _ in range(rng.choice((0, 1, 2, 5, 50)))]
    return rows
