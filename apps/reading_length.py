"""How much of a text a model has read, which takes so many tokens and no more."""

import math
from typing import Any, Protocol


class Tokenizes(Protocol):
    """A tokenizer of any kind."""

    def encode(self, text: str, most: int | None = None) -> list[int]: ...


def how_far(tokenizer: Tokenizes, text: str, most: int) -> dict[str, int]:
    """`read`: how many tokens of a text are read, `most` of them at most, and `tokens`: how many there are."""
    read = len(tokenizer.encode(text, most))
    return {"read": read, "tokens": read if read < most else len(tokenizer.encode(text))}


def how_much(result: dict[str, Any]) -> list[str]:
    """Of what `how_far` gave: a line about a text of which the beginning alone was read; none where all was."""
    if result["read"] == result["tokens"]:
        return []
    share = math.floor(100 * result["read"] / result["tokens"])
    return [
        f"  The model reads {result['read']:,} tokens (words or parts of them) and so read the beginning only, "
        f"{share or 'less than 1'} % of the {result['tokens']:,} in the text."
    ]
