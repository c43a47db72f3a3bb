"""A text backbone of KerasHub, with its own tokenizer, under a network of ours.

A preset is a name or a folder that `save_to_preset` wrote. KerasHub is imported only where one is asked for.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.byte_pair import BytePair
from heedful.apps.errors import InputError
from heedful.apps.tokenizer import PAD, byte_characters
from heedful.apps.wordpiece import WordPiece

ENCODER, DECODER = "encoder_", "decoder_"  # what names of inputs and outputs begin with where a backbone is of both
READ = {"token_ids", "padding_mask", "segment_ids"}  # what is known of texts


def tokenizer_of(preset: str) -> WordPiece | BytePair:
    """The tokenizer of a preset, without KerasHub. Raises `InputError` where there is none that a phone can run."""
    keras_hub = imported()
    try:
        found = keras_hub.tokenizers.Tokenizer.from_preset(preset)
    except (OSError, ValueError) as error:
        raise unusable(preset, error) from None
    if isinstance(found, keras_hub.tokenizers.WordPieceTokenizer):
        return word_piece_of(preset, found)
    if isinstance(found, (keras_hub.models.RobertaTokenizer, keras_hub.models.BartTokenizer)):
        return byte_pair_of(preset, found)
    raise InputError(
        f"{preset} has a {type(found).__name__}: give a preset with a WordPiece tokenizer, such as a BERT, or with the "
        "byte-pair tokenizer of a RoBERTa or a BART."
    )


def word_piece_of(preset: str, found: Any) -> WordPiece:
    if found.pad_token_id != PAD:
        raise InputError(f"{preset} pads with token {found.pad_token_id}: give a preset that pads with token {PAD}.")
    return WordPiece(
        vocabulary=tuple(found.vocabulary),
        lowercase=found.lowercase,
        strip_accents=found.strip_accents,
        start=found.start_token,
        end=found.end_token,
        unknown=found.oov_token,
    )


def byte_pair_of(preset: str, found: Any) -> BytePair:
    """Its padding and its token 0 have changed places, for behind a text there are zeros."""
    vocabulary = [""] * (1 + max(found.vocabulary.values()))
    for token, number in found.vocabulary.items():
        vocabulary[number] = token
    padding = found.pad_token_id
    vocabulary[PAD], vocabulary[padding] = vocabulary[padding], vocabulary[PAD]
    if missing := sorted({*byte_characters().values()} - {*vocabulary}):
        raise InputError(f"{preset} has no token for {len(missing)} of the 256 bytes: give a preset that has all.")
    return BytePair(
        vocabulary=tuple(vocabulary),
        merges=tuple(merge for merge in found.merges if "#version:" not in merge),
        special=tuple(sorted(found.unsplittable_tokens)),  # KerasHub has a set of them
        start=found.start_token,
        end=found.end_token,
        space=found.add_prefix_space,
        padding=padding,
    )


def backbone_of(preset: str, frozen: bool, length: int) -> keras.Model:
    """What gives the vectors of tokens, of texts of `length` at most. Raises `InputError` where it cannot be used."""
    keras_hub = imported()
    try:
        whole = keras_hub.models.Backbone.from_preset(preset)
    except (OSError, ValueError) as error:
        raise unusable(preset, error) from None
    given = whole.input if isinstance(whole.input, dict) else {}
    inputs = {name: value for name, value in given.items() if not name.startswith(DECODER)}
    outputs = whole.output if isinstance(whole.output, dict) else {"sequence_output": whole.output}
    vectors = outputs.get("sequence_output", outputs.get(f"{ENCODER}sequence_output"))
    names = {name.removeprefix(ENCODER) for name in inputs}
    if vectors is None or "token_ids" not in names or names - READ:
        raise InputError(f"{preset} is no encoder of texts: give a preset of one, such as a BERT.")
    if (most := getattr(whole, "max_sequence_length", None) or length) < length:
        raise InputError(f"{preset} reads {most} tokens and the texts have up to {length}: add --set longest={most}.")
    backbone = keras.Model(inputs, vectors, name="backbone")  # without what reads the first token only
    backbone.trainable = not frozen
    return backbone


def check_exports(preset: str, length: int) -> None:
    """Raises `InputError` where a backbone cannot be exported. Another backend than TensorFlow cannot tell."""
    if keras.backend.backend() != "tensorflow":
        return
    from heedful.export.errors import ExportError
    from heedful.export.exporter import Exporter
    from heedful.export.signature import of_model

    ids = keras.Input((length,), dtype="int32", name="ids")
    vectors = read_by(backbone_of(preset, True, length), ids, ops.not_equal(ids, PAD), PAD)
    model = keras.Model(ids, {"vectors": vectors})
    text = {"ids": np.ones((1, length), np.int32)}
    try:
        Exporter(model, {"vectors": of_model(model)}, {"vectors": [text]}).export()
    except ExportError as error:
        raise InputError(f"{preset} cannot be exported ({error}): give another backbone.") from None


def read_by(backbone: keras.Model, ids: Any, seen: Any, padding: int) -> Any:
    """The vectors `(batch, tokens, width)` of `ids` that are `seen`, both `(batch, tokens)`.

    The backbone has `padding` for our `PAD`, and the other way round.
    """
    if padding != PAD:
        ids = ops.where(ops.equal(ids, PAD), padding, ops.where(ops.equal(ids, padding), PAD, ids))
    known = {"token_ids": ids, "padding_mask": ops.cast(seen, "int32"), "segment_ids": ops.zeros_like(ids)}
    return backbone({name: known[name.removeprefix(ENCODER)] for name in backbone.input})


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
