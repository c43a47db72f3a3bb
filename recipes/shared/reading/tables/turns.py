"""Conversations as data has them, lists of turns: `[{"speaker": "Ann", "text": "Hello"}, ...]`, also with `role` and
`content`, or `from` and `value`.
"""

from collections.abc import Sequence
from typing import Any

SPEAKERS = ("role", "from", "speaker", "name", "author", "sender", "user")
SAID = ("content", "value", "text", "utterance", "message", "sentence")


def turns(value: Any) -> list[tuple[str, str]]:
    """Who says what, in order; nothing where a value is no conversation."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return []
    found = []
    for turn in value:
        if not isinstance(turn, dict):
            return []
        speaker = next((turn[key] for key in SPEAKERS if isinstance(turn.get(key), str)), None)
        said = next((turn[key] for key in SAID if isinstance(turn.get(key), str)), None)
        if speaker is None or said is None:
            return []
        found.append((speaker, said))
    return found


def by_speaker(value: Any) -> dict[str, str]:
    """What each says in all, one turn a line."""
    said: dict[str, list[str]] = {}
    for speaker, text in turns(value):
        said.setdefault(speaker, []).append(text)
    return {speaker: "\n".join(texts) for speaker, texts in said.items()}


def written(value: Any) -> str:
    """A conversation as text, a turn a line; "" where it is none."""
    return "\n".join(f"{speaker}: {text}" for speaker, text in turns(value))
