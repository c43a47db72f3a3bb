"""A graph with what rides in its file.

The card, and the labels of the answer, stand in the flatbuffer as well as in the zip behind it: Swift reads the one,
everything that unzips the other.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from heedful.apps.graph import flatbuffer
from heedful.apps.graph.entries import CARD as CARD_ENTRY
from heedful.apps.graph.entries import add_entry
from heedful.apps.model_file import CARD, attach


def carrying(graph: Any, card: Mapping[str, Any], files: Mapping[str, bytes], inside: Iterable[str]) -> bytes:
    """The content of the file: `files` are attached, and those named in `inside` stand in the flatbuffer, too. A card
    among them is an old one.

    Equal arguments give equal bytes.
    """
    text = json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
    for name, entry in {CARD_ENTRY: text, **{name: files[name] for name in inside}}.items():
        add_entry(graph, name, entry)
    return attach(flatbuffer.write(graph), {**files, CARD: text})
