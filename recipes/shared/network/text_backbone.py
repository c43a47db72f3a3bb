"""A text backbone of KerasHub, with its own tokenizer, under a network of ours.

A preset is a name or a folder that `save_to_preset` wrote. KerasHub is imported only where one is asked for.
"""

from pathlib import Path
from typing import Any

import keras
from keras import ops

from heedful.apps.errors import InputError
from heedful.apps.wordpiece import WordPiece


def tokenizer_of(preset: str) -> WordPiece:
    """The tokenizer of a preset, without KerasHub. Raises `InputError` where there is none that a phone can run."""
    keras_hub = imported()
    try:
        found = keras_hub.tokenizers.Tokenizer.from_preset(preset)
    except (OSError, ValueError) as error:
        raise unusable(preset, error) from None
    if not isinstance(found, keras_hub.tokenizers.WordPieceTokenizer):
        raise InputError(
            f"{preset} has a {type(found).__name__}: give a preset with a WordPiece tokenizer, such as a BERT."
        )
    if found.pad_token_id != 0:
        raise InputError(f"{preset} pads with token {found.pad_token_id}: give a preset that pads with token 0.")
    return WordPiece(
        tuple(found.vocabulary),
        found.lowercase,
        found.strip_accents,
        found.start_token,
        found.end_token,
        found.oov_token,
    )


def backbone_of(preset: str, frozen: bool, length: int) -> keras.Model:
    """What gives the vectors of tokens, of texts of `length` at most. Raises `InputError` where it cannot be used."""
    keras_hub = imported()
    try:
        whole = keras_hub.models.Backbone.from_preset(preset)
    except (OSError, ValueError) as error:
        raise unusable(preset, error) from None
    vectors = whole.output.get("sequence_output") if isinstance(whole.output, dict) else whole.output
    if vectors is None or not isinstance(whole.input, dict) or "token_ids" not in whole.input:
        raise InputError(f"{preset} is no encoder of texts: give a preset of one, such as a BERT.")
    if (most := getattr(whole, "max_sequence_length", None) or length) < length:
        raise InputError(f"{preset} reads {most} tokens and the texts have up to {length}: add --set longest={most}.")
    backbone = keras.Model(whole.input, vectors, name="backbone")  # without what reads the first token only
    backbone.trainable = not frozen
    return backbone


def read_by(backbone: keras.Model, ids: Any, seen: Any) -> Any:
    """The vectors `(batch, tokens, width)` of `ids` that are `seen`, both `(batch, tokens)`."""
    known = {"token_ids": ids, "padding_mask": ops.cast(seen, "int32"), "segment_ids": ops.zeros_like(ids)}
    return backbone({name: known[name] for name in backbone.input})


def imported() -> Any:
    try:
        import keras_hub
    except ImportError:
        raise InputError('a backbone needs KerasHub: run `pip install "heedful[recipes]"`.') from None
    return keras_hub


def unusable(preset: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    kind = "folder" if Path(preset).exists() else "preset"
    return InputError(f"{preset} is no {kind} of a text backbone of KerasHub ({reason}): give one that is.")
