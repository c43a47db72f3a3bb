"""The metadata of a flatbuffer: bytes by name, which every runtime passes over and Swift can read."""

from typing import Any

import numpy as np

from heedful.apps.graph.flatbuffer import schema

MIN_RUNTIME = "min_runtime_version"  # written by the converter: the oldest TensorFlow Lite with all operators used
CARD = "heedful_card"  # the card as JSON


def entries(graph: Any) -> dict[str, bytes]:
    """Every entry by name."""
    found = {}
    for item in graph.metadata or ():
        data = graph.buffers[item.buffer].data
        found[(item.name or b"").decode(errors="replace")] = b"" if data is None else bytes(bytearray(data))
    return found


def add_entry(graph: Any, name: str, content: bytes) -> None:
    """Adds an entry, or replaces the one of that name."""
    buffer, item = schema().BufferT(), schema().MetadataT()
    buffer.data = np.frombuffer(content, np.uint8)
    item.name, item.buffer = name.encode(), len(graph.buffers)
    graph.buffers.append(buffer)
    graph.metadata = [old for old in graph.metadata or () if old.name != item.name] + [item]


def min_runtime(graph: Any) -> str:
    """The oldest TensorFlow Lite that has every operator of the graph: `2.17.0`; empty where the file does not say."""
    return entries(graph).get(MIN_RUNTIME, b"").rstrip(b"\0").decode(errors="replace")
