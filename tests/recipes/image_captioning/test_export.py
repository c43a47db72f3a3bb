"""The exported file writes what Keras writes, word for word, by either of its two ways."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from command_line import assert_sentence, heedful
from small_captioner import CONFIG, LENGTH, PICTURES, TOKENS, config_of, some_pictures, talkative, vocabulary
from small_recommender import float64

from heedful.apps.graph.flatbuffer import operators_of
from heedful.apps.graph.rules import VARIABLE_OPERATORS
from heedful.apps.image_captioning import Captioner
from heedful.apps.model_file import ModelFile, attach
from heedful.export.exporter import Exporter
from heedful.recipes.image_captioning import export
from heedful.recipes.image_captioning.data import CaptionData
from heedful.recipes.image_captioning.reading.pictures import Split

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

CELLS = 4
IMAGES = some_pictures(PICTURES)


def data_of(config, grids=None) -> CaptionData:
    names = tuple(f"{number}.png" for number in range(PICTURES))
    split = Split(names, (("a dog",),) * PICTURES, IMAGES.__getitem__)
    empty = Split((), (), IMAGES.__getitem__)
    splits = {"train": empty, "validation": split, "test": empty}
    return CaptionData(config, vocabulary(), splits, grids or {}, {"source": "here"})


class Exported:
    """A captioner and its file."""

    def __init__(self, kind):
        self.kind, self.config = kind, config_of(kind)
        self.model, self.data = talkative(kind), data_of(self.config)
        self.exporter = Exporter(
            self.model, export.signatures(self.model), export.examples(self.model, export.inputs(self.data))
        )
        self.content = self.exporter.export()
        card = {"recipe": "image_captioning", "facts": self.data.facts}
        attachments = {"card.json": json.dumps(card).encode(), **self.data.attachments}
        self.file = ModelFile.from_bytes(attach(self.content, attachments), "model.tflite")


@pytest.fixture(
    scope="module",
    params=["transformer", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("soft", "hard", "adaptive"))],
)
def exported(request):
    return Exported(request.param)


def test_signatures_are_those_that_the_apps_ask_for(exported):
    captioner = Captioner(exported.file)
    assert captioner.size == CONFIG.image_size and captioner.grid == (2, 2)
    assert len(captioner.vocabulary) == TOKENS
    step = exported.file.signatures["decode_step"]
    state = set(step["inputs"]) & set(step["outputs"])
    wanted = {f"{part}_{block}" for part in ("keys", "values") for block in range(CONFIG.blocks)}
    assert state == (wanted if exported.kind == "transformer" else {"hidden", "carry"})


def test_it_is_builtin_and_holds_its_weights_once(exported):
    found = operators_of(exported.content)
    assert found["WHILE"] == 1, "the loop over the words"
    assert not [name for name in found if name.startswith("CUSTOM") or name in VARIABLE_OPERATORS]
    assert len(exported.content) < 4 * exported.model.count_params() + 300_000


def test_it_writes_the_captions_of_keras(exported):
    """Of every picture, though it was verified with fewer."""
    wanted = {name: keras.ops.convert_to_numpy(value) for name, value in exported.model.generate(IMAGES).items()}
    assert len({tuple(row) for row in wanted["tokens"]}) > 2 and len(set(wanted["length"])) > 1
    for row, image in enumerate(IMAGES):
        found = exported.file.run("generate", image=image[None])
        np.testing.assert_array_equal(found["tokens"][0], wanted["tokens"][row])
        assert found["length"].tolist() == [wanted["length"][row]]
        np.testing.assert_allclose(found["attention"][0], wanted["attention"][row], atol=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("no_repeated_ngram", [0, 2], ids=["", "no_repeats"])
def test_predictors_of_keras_and_of_the_file_write_the_same(exported, beam, no_repeated_ngram):
    """That of Keras rounds features to half precision, as they are on the disk."""
    if no_repeated_ngram and beam == 1:
        pytest.skip("that is built into the graph")
    # Long captions are favoured, or the likeliest of all may be the one without a word.
    data = data_of(replace(exported.config, no_repeated_ngram=no_repeated_ngram, length_penalty=2.0))
    written, wanted = (
        export.predictor(model).write(data, "validation", beam) for model in (exported.file, exported.model)
    )
    assert len(written) == len(wanted) == PICTURES
    for one, other in zip(written, wanted, strict=True):
        assert one.tokens.tolist() == other.tokens.tolist()
        assert one.attention.shape == other.attention.shape == (len(one.tokens), CELLS)
        np.testing.assert_allclose(one.attention, other.attention, atol=5e-3)
        np.testing.assert_allclose(one.score, other.score, atol=5e-3)
    assert len({tuple(one.tokens) for one in written}) > 2
    assert max(len(one.tokens) for one in written) <= LENGTH


def test_a_wider_beam_finds_likelier_captions(exported):
    """By the sum of log-probabilities that teacher forcing gives, over the length."""
    model, sums = exported.model, []
    grids = model.encoder(IMAGES)
    for beam in (1, 3):
        rows = [written.tokens for written in export.predictor(model).write(exported.data, "validation", beam)]
        ended = [np.append(row, 2)[:LENGTH] for row in rows]
        tokens = np.stack([np.pad(np.append(1, row[:-1]), (0, LENGTH - len(row))) for row in ended]).astype(np.int32)
        positions = np.tile(np.arange(LENGTH, dtype=np.int32), (PICTURES, 1))
        raw = float64(model.decoder(grids, tokens, np.ones_like(tokens), positions)[0])
        logs = raw - np.log(np.exp(raw).sum(-1, keepdims=True))
        sums.append([logs[i, np.arange(len(row)), row].sum() / len(row) ** 0.7 for i, row in enumerate(ended)])
    assert np.mean(sums[1]) > np.mean(sums[0])


def test_features_at_hand_give_the_captions_of_the_pictures():
    model, config = talkative("soft"), config_of("soft")
    grids = {"validation": float64(model.encoder(IMAGES)).astype("float16")}
    predict = export.predictor(model)
    found, wanted = (predict.write(data, "all", 1) for data in (data_of(config, grids), data_of(config)))
    assert [row.tokens.tolist() for row in found] == [row.tokens.tolist() for row in wanted]


def test_other_weights_give_other_captions_and_no_model_is_kept():
    """What is compiled once must not remember the weights of then, as in the next epoch of a training."""
    import gc
    import weakref

    model, data = talkative("soft"), data_of(config_of("soft"))
    predict = export.predictor(model)
    before = [row.tokens.tolist() for row in predict.write(data, "validation", 1)]
    vectors = model.decoder.words.vectors
    vectors.assign(-float64(vectors).astype("float32"))
    after = [row.tokens.tolist() for row in predict.write(data, "validation", 1)]
    wanted = model.generate(IMAGES)
    tokens, length = (keras.ops.convert_to_numpy(wanted[name]) for name in ("tokens", "length"))
    assert after == [row[:count].tolist() for row, count in zip(tokens, length, strict=True)] != before
    alive = weakref.ref(model)
    del model, predict, vectors
    gc.collect()
    assert alive() is None


def test_int8_is_refused_in_one_sentence(tmp_path):
    done = heedful("export", "image_captioning", "--model", tmp_path, "--quantize", "int8")
    assert_sentence(done, 2, "--quantize int8: choose one of none, float16, dynamic for image_captioning, or auto.")
