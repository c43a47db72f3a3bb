"""Trains the tokenizer of a model: byte-pair encoding by the library `tokenizers`, run by `heedful.apps.tokenizer`."""

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, trainers

from heedful.apps.tokenizer import CLEANING, PATTERN, SPECIAL, byte_characters

SMALLEST = len(SPECIAL) + 256  # tokens: no merge at all


def train(texts: Iterable[str], size: int, lowercase: bool) -> str:
    """A tokenizer of at most `size` tokens, as JSON: the pairs that are most frequent in `texts` become tokens.

    Few texts give fewer tokens. The same texts give the same tokenizer. With `lowercase` it takes all text in lower
    case. Raises `ValueError` when `size` has no place for every byte.
    """
    if size < SMALLEST:
        raise ValueError(f"a tokenizer has at least {SMALLEST} tokens, not {size}")
    tokenizer = Tokenizer.from_str(json.dumps(untrained(lowercase)))
    alphabet = list(byte_characters().values())
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, show_progress=False, special_tokens=list(SPECIAL), initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator((_without_surrogates(text) for text in texts), trainer)
    facts = json.loads(tokenizer.to_str())
    facts["added_tokens"] = []  # else "<pad>" in a text would be the token
    return json.dumps(facts, ensure_ascii=False)


def untrained(lowercase: bool) -> dict:
    """The format of the library: how a text is cleaned and cut, and a model without tokens."""
    (controls, *spaces) = ({"type": "Replace", "pattern": {"Regex": of}, "content": text} for of, text in CLEANING)
    steps = [controls, {"type": "NFC"}, *spaces, {"type": "Strip", "strip_left": True, "strip_right": True}]
    steps += [{"type": "Replace", "pattern": {"String": "\n"}, "content": "\n "}, {"type": "Prepend", "prepend": " "}]
    split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
    as_bytes = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    line_starts = {"type": "Replace", "pattern": {"String": "\n "}, "content": "\n"}
    start = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [*steps, *[{"type": "Lowercase"}] * lowercase]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, as_bytes]},
        "post_processor": as_bytes,
        "decoder": {"type": "Sequence", "decoders": [as_bytes, line_starts, start]},
        "model": {"type": "BPE", "vocab": {}, "merges": []},
    }


def _without_surrogates(text: str) -> str:
    """What has no UTF-8 cannot go into the library."""
    return text.encode(errors="ignore").decode()
