"""The loop that writes a caption: it is the search of the apps with a beam of 1, and what it may never do."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_captioner import CONFIG, LENGTH, PICTURES, TOKENS, config_of, knowledge_for, some_pictures, talkative
from small_recommender import float64

from heedful.apps.beam import Decoding, search
from heedful.recipes.image_captioning.config import ARCHITECTURES
from heedful.recipes.image_captioning.model import Captioner, build
from heedful.recipes.image_captioning.reading.vocabulary import FIRST, PAD, START, UNKNOWN
from heedful.recipes.shared.network.writing import BARRED

CELLS = 4


def some_grids(model):
    """What the encoder makes of some pictures, float32 `(PICTURES, CELLS, channels)`."""
    return keras.ops.convert_to_numpy(model.encoder(some_pictures(PICTURES)))


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request):
    return talkative(request.param)


@pytest.fixture(scope="module")
def written(model):
    """What is written of `some_grids(model)`."""
    return {name: keras.ops.convert_to_numpy(value) for name, value in model.write(some_grids(model)).items()}


def searched(model, grids, beam, no_repeated_ngram):
    """The same by the search of the apps, which asks the model word by word."""
    known = model.look(keras.ops.convert_to_tensor(grids))
    memory = {name: np.repeat(float64(known[name]).astype("float32"), beam, 0) for name in model.decoder.look(grids)}
    state = {name: float64(value).astype("float32") for name, value in known.items() if name not in memory}

    def step(tokens, index, state):
        answer = model.decode_step(tokens, np.array([index], np.int32), memory, state)
        answer = {name: keras.ops.convert_to_numpy(value) for name, value in answer.items()}
        return answer.pop("scores"), {"attention": answer.pop("attention")}, answer

    return search(step, state, len(grids), Decoding(beam, 0.7, no_repeated_ngram, LENGTH))


def test_shapes_and_types_are_those_of_the_contract(written):
    found = {name: (value.shape, value.dtype.name) for name, value in written.items()}
    assert found == {
        "tokens": ((PICTURES, LENGTH), "int32"),
        "length": ((PICTURES,), "int32"),
        "attention": ((PICTURES, LENGTH, CELLS), "float32"),
    }


def test_captions_end_early_and_nothing_comes_behind(written):
    tokens, length = written["tokens"], written["length"]
    assert len(set(length.tolist())) > 2 and length.min() < LENGTH - 1, length
    behind = np.arange(LENGTH) >= length[:, None]
    assert (tokens[behind] == PAD).all() and not written["attention"][behind].any()
    assert (tokens[~behind] >= FIRST).all() and (written["attention"][~behind].sum(-1) > 0.01).all()


def test_it_writes_what_the_search_with_a_beam_of_1_finds(model, written):
    for row, found in enumerate(searched(model, some_grids(model), 1, 0)):
        length = written["length"][row]
        assert found.tokens.tolist() == written["tokens"][row, :length].tolist()
        np.testing.assert_allclose(found.attention, written["attention"][row, :length], atol=1e-5)


def test_without_repeated_bigrams_it_still_is_that_search(model, written):
    """Some captions had such pairs, and then have none."""
    model.no_repeated_ngram = 2
    try:
        answer = {name: keras.ops.convert_to_numpy(value) for name, value in model.write(some_grids(model)).items()}
    finally:
        model.no_repeated_ngram = 0
    for row, found in enumerate(searched(model, some_grids(model), 1, 2)):
        assert found.tokens.tolist() == answer["tokens"][row, : answer["length"][row]].tolist()

    def pairs(tokens):
        return [list(zip(row[row > 0][:-1], row[row > 0][1:], strict=True)) for row in tokens]

    assert any(len(set(row)) < len(row) for row in pairs(written["tokens"]))
    assert all(len(set(row)) == len(row) for row in pairs(answer["tokens"]))


def test_pictures_of_a_batch_are_described_as_each_alone(model, written):
    for row in range(3):
        alone = {name: float64(value)[0] for name, value in model.write(some_grids(model)[row : row + 1]).items()}
        np.testing.assert_array_equal(alone["tokens"], written["tokens"][row])
        np.testing.assert_allclose(alone["attention"], written["attention"][row], atol=1e-5)
    assert len({tuple(row) for row in written["tokens"]}) > 2, "they are all described alike"


def test_a_step_gives_log_probabilities_and_bars_what_is_no_word(model):
    grids = some_grids(model)
    memory = model.decoder.look(grids)
    state = model.decoder.start(memory)
    token, index = np.full(PICTURES, START, np.int32), np.array([0], np.int32)
    raw = float64(model.decoder.step(token, keras.ops.convert_to_tensor(0), memory, state)[0])
    found = model.decode_step(token, index, memory, state)
    assert set(found) == {"scores", "attention", *state}
    scores, banned = float64(found["scores"]), [PAD, START, UNKNOWN]
    assert (scores[:, banned] == BARRED).all() and BARRED < -9000
    allowed = np.setdiff1d(np.arange(TOKENS), banned)
    logs = raw - np.log(np.exp(raw).sum(-1, keepdims=True))
    np.testing.assert_allclose(scores[:, allowed], logs[:, allowed], atol=1e-4)


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(path)
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def test_keras_file_comes_back_the_same(model, loaded, written):
    assert isinstance(loaded, Captioner)
    assert len(loaded.weights) == len(model.weights)
    for weight, was in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(float64(weight), float64(was))
    for name, value in loaded.write(some_grids(model)).items():
        np.testing.assert_allclose(float64(value), written[name], atol=1e-6)
    images = some_pictures(2)
    np.testing.assert_allclose(float64(loaded.encoder(images)), float64(model.encoder(images)), atol=1e-6)
    assert (loaded.length, loaded.no_repeated_ngram) == (LENGTH, 0)


def test_it_describes_pictures(model):
    images = some_pictures(2)
    seen, wanted = model.generate(images), model.write(model.encoder(images))
    for name, value in model(images).items():
        np.testing.assert_array_equal(float64(value), float64(seen[name]))
        np.testing.assert_allclose(float64(value), float64(wanted[name]), atol=1e-6)
    known = model.encode(images)
    for name, value in model.look(model.encoder(images)).items():
        np.testing.assert_allclose(float64(known[name]), float64(value), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "rnn"}, "architecture is one of transformer, soft, hard, adaptive, not 'rnn'"),
        ({"encoder": "vgg"}, "encoder is one of small, mobilenet_v2, .*, not 'vgg'"),
        ({"estimator": "guess"}, "estimator is one of straight_through, reinforce, not 'guess'"),
        ({"units": 0}, "units=0 is out of range"),
        ({"doubly_stochastic": -1.0}, "doubly_stochastic=-1.0 is out of range"),
        ({"image_size": 31}, "image_size=31 is out of range"),
        ({"word_dropout": 1.0}, "word_dropout=1.0 is out of range"),
        ({"width": 23}, "width 23 does not divide by 2 heads"),
    ],
    ids=str,
)
def test_settings_that_no_model_has_are_one_sentence(change, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(CONFIG, **change)


def test_its_words_are_those_of_the_vocabulary():
    model = build(config_of("adaptive"), knowledge_for())
    assert model.decoder.words.vocabulary == TOKENS and model.length == LENGTH
