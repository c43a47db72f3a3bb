"""What may stand on a screen: letters that its encoding lacks become escapes, and so does what a terminal acts upon."""

import io
import re
from collections.abc import Mapping
from typing import Any

# Control characters, line and paragraph separators, what turns the direction of writing, and bytes that are no letter.
ACTED_UPON = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def forgive(*streams: Any) -> None:
    """Lets streams write any letter: those that their encoding lacks as `\\u5f00`."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):  # a notebook has others, which take everything
            stream.reconfigure(errors="backslashreplace")


def escaped(text: str, keep: str = "") -> str:
    """Text with every character that a terminal acts upon as Python writes it, `\\x1b`; those to `keep` as they are."""
    return ACTED_UPON.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def escaped_all(value: Any) -> Any:
    """What is JSON-able, with every text in it `escaped`."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {escaped_all(key): escaped_all(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [escaped_all(inner) for inner in value]
    return value


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
