"""What a backbone gives for our ids is what KerasHub's own preprocessing and backbone give for the text."""

import keras
import numpy as np
import pytest
from small_backbones import LONGEST, TEXTS, made

from heedful.apps.errors import InputError
from heedful.apps.tokenizer import PAD
from heedful.recipes.shared.network.text_backbone import backbone_of, read_by, tokenizer_of

pytest.importorskip("keras_hub")


def packed(tokenizer):
    """The ids and the mask `(texts, LONGEST)` that KerasHub feeds the backbone with."""
    import keras_hub

    tokenizer._allow_python_workflow = False  # as in a pipeline
    packer = keras_hub.layers.StartEndPacker(
        sequence_length=LONGEST, start_value=tokenizer.start_token_id, end_value=tokenizer.end_token_id,
        pad_value=tokenizer.pad_token_id, return_padding_mask=True,
    )  # fmt: skip
    ids, seen = packer(tokenizer(list(TEXTS)))
    return np.asarray(ids), np.asarray(seen).astype(np.int32)


@pytest.mark.parametrize("name", ["Bert", "DistilBert", "Electra", "Roberta", "Bart"])
def test_vectors_are_those_of_kerashub(name, tmp_path):
    import keras_hub

    folder = str(made(tmp_path, name))
    theirs, seen = packed(keras_hub.tokenizers.Tokenizer.from_preset(folder))
    tokenizer, backbone = tokenizer_of(folder), backbone_of(folder, True, LONGEST)
    ids = np.full(theirs.shape, PAD, np.int32)
    for row, text in zip(ids, TEXTS, strict=True):
        found = tokenizer.encode(text, LONGEST)
        row[: len(found)] = found
    np.testing.assert_array_equal(ids != PAD, seen)
    mine = keras.ops.convert_to_numpy(
        read_by(backbone, keras.ops.convert_to_tensor(ids), ids != PAD, tokenizer.padding)
    )
    inputs = {"token_ids": theirs, "padding_mask": seen, "segment_ids": np.zeros_like(theirs)}
    if name == "Bart":
        inputs = {f"{part}_{key}": value for key, value in inputs.items() for part in ("encoder", "decoder")}
    whole = keras_hub.models.Backbone.from_preset(folder)
    answer = whole({key: inputs[key] for key in whole.input})
    if isinstance(answer, dict):
        answer = answer["encoder_sequence_output" if name == "Bart" else "sequence_output"]
    np.testing.assert_allclose(mine, keras.ops.convert_to_numpy(answer), atol=1e-5)
    assert np.abs(mine[0] - mine[1]).max() > 0.1


@pytest.mark.parametrize(
    "name, reason",
    [("Albert", "has a AlbertTokenizer: give a preset with"), ("GPT2", "has a GPT2Tokenizer: give a preset with")],
)
def test_what_no_phone_can_cut_is_one_sentence(name, reason, tmp_path):
    with pytest.raises(InputError, match=reason) as error:
        tokenizer_of(str(made(tmp_path, name)))
    assert "\n" not in str(error.value)
