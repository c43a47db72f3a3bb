"""A small BERT that the test makes and saves, under our pooling: its tokens are KerasHub's, and its file runs alone."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.text_classification.app import Classifier, classify
from heedful.apps.wordpiece import WordPiece
from heedful.recipes.contract import knowledge_of
from heedful.recipes.shared.network.text_backbone import tokenizer_of
from heedful.recipes.suite import cards, train
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.export import export
from heedful.recipes.text_classification.model import parted

RECIPE = Recipe("text_classification")
LETTERS = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
WORDS = ["how", "much", "is", "fine", "the", "card", "to", "##day", "##row", "bor", "cafe", "日", "ß", "½", "1⁄2"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS]
TEXTS = (
    "How MUCH is the fine?", "borrow,today", "日本 TODAY日", "a​b café Café ﬁne Straße", "x" * 101 + " y", "İstanbul",
    "[CLS] card-room  \t\x07 is", "1,000 $5 ^_^ ½", "to­day ~ ١٢", "", "  ", "ΌΣΟΣ и Ёлка", "한국어 ไทย",
)  # fmt: skip


@pytest.fixture(scope="module", params=[True, False], ids=["accents gone", "accents kept"])
def preset(request, tmp_path_factory) -> Path:
    keras_hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("bert")
    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=VOCABULARY, lowercase=request.param, strip_accents=request.param
    )
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 12, "intermediate_dim": 20, "max_sequence_length": 40}
    backbone = keras_hub.models.BertBackbone(vocabulary_size=len(VOCABULARY), **sizes)
    for part in (tokenizer, backbone):
        part.save_to_preset(str(folder))
    return folder


def test_the_tokens_are_those_of_kerashub(preset):
    import keras_hub

    theirs, mine = keras_hub.tokenizers.Tokenizer.from_preset(str(preset)), tokenizer_of(str(preset))
    start, end = VOCABULARY.index("[CLS]"), VOCABULARY.index("[SEP]")
    for text in TEXTS:
        assert mine.encode(text) == [start, *map(int, theirs(text)), end], text
    assert WordPiece.from_json(mine.to_json()) == mine and mine.encode(TEXTS[0], 4) == [*mine.encode(TEXTS[0])[:3], end]


def test_half_a_character_is_one_sentence(preset):
    with pytest.raises(InputError, match="character 3 of a text is half a character"):
        tokenizer_of(str(preset)).encode("ab\ud83d")


def test_a_piece_stands_for_its_letters(preset):
    mine = tokenizer_of(str(preset))
    text = "the Cafés today"
    for piece in mine.pieces(text)[1:-1]:
        shown = unicodedata.normalize("NFD", text[piece.start : piece.end].lower())
        token = VOCABULARY[piece.id].removeprefix("##")
        assert token == "[UNK]" or "".join(letter for letter in shown if letter.isascii()) == token


def test_a_frozen_backbone_is_trained_under_and_exported(preset, tmp_path):
    config = replace(RECIPE.config.PRESETS["tiny"], backbone=str(preset), heads=2, batch_size=16)
    data = RECIPE.data.load("sample", config)
    with pytest.raises(InputError, match=r"reads 40 tokens and the texts have up to \d+: add --set longest=40"):
        RECIPE.model.build(config, knowledge_of(data))
    config = replace(config, longest=40)
    data = RECIPE.data.load("sample", config)
    knowledge = knowledge_of(data)
    model = RECIPE.model.build(config, knowledge)
    trainer = RECIPE.trainer.build_trainer(model, config, knowledge, data.steps_per_epoch, 0)
    backbone = model.get_layer("classifier").get_layer("backbone")
    before = [keras.ops.convert_to_numpy(weight) for weight in backbone.weights]
    losses = [float(trainer.train_on_batch(*data.batch(0, step))) for step in range(3)]
    assert np.isfinite(losses).all() and not backbone.trainable_weights
    for weight, was in zip(backbone.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), was)

    train.keep(RECIPE, data, tmp_path, model, data.attachments)
    progress = type("Progress", (), {"step": 3, "seconds": 1.0, "history": [{"epoch": 1, "score": 0.1}]})
    card = train.make_card(RECIPE, train.Request(), config, data, tmp_path, model, progress, {}, data.attachments)
    cards.write(tmp_path, card)
    assert export(RECIPE, tmp_path, ("none", "dynamic"), data) == {}
    answer = classify(Classifier(ModelFile(tmp_path / "model.dynamic.tflite")), "how much is the fine")
    assert answer.attention.shape[0] == 2 and not answer.attention[:, [0, -1]].any()  # the marks of start and end
    assert sum(share for _, share in answer.words) == pytest.approx(1, abs=1e-5)
    ids = np.zeros((1, data.facts["length"]), np.int32)
    found = tokenizer_of(str(preset)).encode("how much is the fine", ids.shape[1])
    ids[0, : len(found)] = found
    theirs = ModelFile(tmp_path / "model.tflite").run("classify", ids=ids)["probabilities"]
    np.testing.assert_allclose(theirs, model.predict_on_batch(ids)["probabilities"], atol=1e-4)


@pytest.mark.long
def test_a_backbone_is_trained_with_changes_of_the_vectors_that_it_gives(preset):
    config = replace(RECIPE.config.PRESETS["tiny"], backbone=str(preset), heads=2, longest=40, adversarial=0.3)
    data = RECIPE.data.load("sample", config)
    model = RECIPE.model.build(config, knowledge_of(data))
    classifier, (ids, targets) = model.get_layer("classifier"), map(keras.ops.convert_to_tensor, data.batch(0, 0))
    vectors, read = parted(classifier, config)
    known = {"token_ids": ids, "padding_mask": keras.ops.cast(ids != 0, "int32"), "segment_ids": 0 * ids}
    given = keras.Model(classifier.input, vectors)(ids)
    np.testing.assert_allclose(given, classifier.get_layer("backbone")(known), atol=1e-5)
    for name, value in classifier(ids).items():
        np.testing.assert_allclose(read([ids, given])[name], value, atol=1e-5)
    trainer = RECIPE.trainer.build_trainer(model, config, knowledge_of(data), data.steps_per_epoch, 0)
    assert np.isfinite(trainer.train_on_batch(ids, targets))


def test_what_is_no_backbone_is_one_sentence(tmp_path):
    pytest.importorskip("keras_hub")
    with pytest.raises(InputError, match="is no folder of a text backbone of KerasHub") as error:
        tokenizer_of(str(tmp_path))
    assert "\n" not in str(error.value)
