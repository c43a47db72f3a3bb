"""Learning on from a trained model: words that both know keep what was learnt of them, others start anew."""

import json
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest
from command_line import RECIPE, heedful, train

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS, Config
from heedful.recipes.speech_commands.model import build, inherit

CONFIG = replace(PRESETS["tiny"], width=10, blocks=1, heads=2, hidden=7, stem=6, clip_seconds=0.23)
WORDS = ("yes", "no", "up", "_silence_", "_unknown_")
OTHERS = ("no", "down", "_silence_", "yes", "left", "right", "_unknown_")  # three new ones, the old in another order
numpy = keras.ops.convert_to_numpy


def known(labels: tuple[str, ...] = WORDS, config: Config = CONFIG) -> Knowledge:
    """What a card says of the model, read from JSON."""
    return Knowledge({"labels": list(labels), "front_end": asdict(config.front_end)}, {})


def shaken(config: Config = CONFIG, labels: tuple[str, ...] = WORDS, seed: int = 3) -> keras.Model:
    """A model in which no weight is what it is in another."""
    model, rng = build(config, known(labels, config)), np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.3, weight.shape).astype("float32") for weight in model.weights])
    return model


def head(model: keras.Model) -> np.ndarray:
    """The directions of the words, `(width, words)`."""
    return numpy(model.get_layer("classifier").get_layer("logits").directions)


def body(model: keras.Model) -> list[np.ndarray]:
    return [numpy(weight) for weight in model.weights if "logits" not in weight.path]


def test_the_same_words_take_over_every_weight():
    old, new = shaken(seed=3), shaken(seed=5)
    inherit(new, known(), old, known())
    assert len(new.weights) == len(body(new)) + 1
    for now, before in zip(new.get_weights(), old.get_weights(), strict=True):
        np.testing.assert_array_equal(now, before)


def test_other_words_keep_their_columns_by_name():
    old, new = shaken(seed=3), shaken(labels=OTHERS, seed=5)
    fresh = head(new)
    inherit(new, known(OTHERS), old, known())
    for now, before in zip(body(new), body(old), strict=True):
        np.testing.assert_array_equal(now, before)
    taught, now = head(old), head(new)
    for place, word in enumerate(OTHERS):
        wanted = taught[:, WORDS.index(word)] if word in WORDS else fresh[:, place]
        np.testing.assert_array_equal(now[:, place], wanted, err_msg=word)


def test_shared_words_get_the_logits_that_they_had():
    old, new = shaken(seed=3), shaken(labels=OTHERS, seed=5)
    inherit(new, known(OTHERS), old, known())
    features = np.random.default_rng(7).normal(0, 1, (3, CONFIG.front_end.frames, CONFIG.mel_bands))
    before, now = (numpy(model.get_layer("classifier")(features)["logits"]) for model in (old, new))
    for word in set(WORDS) & set(OTHERS):
        np.testing.assert_allclose(now[:, OTHERS.index(word)], before[:, WORDS.index(word)], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 14}, {"blocks": 2}, {"heads": 5}, {"hidden": 11}, {"stem": 8}, {"kernel": 5}, {"mel_bands": 31},
        {"hop_ms": 5.0}, {"mel_low": 50.0}, {"sample_rate": 8000}, {"clip_seconds": 0.31},
        {"architecture": "mhatt_rnn"}, {"architecture": "kwt"},
    ],
    ids=str,
)  # fmt: skip
def test_a_model_that_is_built_differently_is_not_continued(changes):
    config = replace(CONFIG, **changes)
    new, old = build(config, known(config=config)), shaken()
    before = new.get_weights()
    with pytest.raises(InputError, match="built differently: give --preset and --set as it was trained"):
        inherit(new, known(config=config), old, known())
    for weight, was in zip(new.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, was)


@pytest.mark.long
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the command line does not differ by backend")
def test_the_command_goes_on_from_a_folder_with_fewer_words(trained, tmp_path):
    done = train(tmp_path / "next", "--set", "words=no,yes,go", "--epochs", 1, "--init", trained.folder)
    assert done.code == 0 and "Traceback" not in done.err
    card = json.loads((tmp_path / "next" / "card.json").read_text())
    assert {"no", "yes", "go"} < set(card["facts"]["labels"]) and "up" not in card["facts"]["labels"]
    result = tmp_path / "result.json"
    done = heedful("evaluate", RECIPE, "--model", tmp_path / "next" / "model.tflite", "--json", result)
    assert (done.code, done.err) == (0, "")
    assert json.loads(result.read_text())["metrics"]["accuracy"] == card["metrics"]["test"]["accuracy"]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the command line does not differ by backend")
def test_the_training_starts_from_what_was_learnt(trained, tmp_path, monkeypatch):
    started = []

    def fit(trainer, model, *_, **__):
        started.append(model)
        raise KeyboardInterrupt

    monkeypatch.setattr("heedful.recipes.suite.training_loop.fit", fit)
    assert train(tmp_path / "next", "--init", trained.folder).code == 1
    old = keras.saving.load_model(trained.folder / "model.keras", compile=False)
    for now, before in zip(started[0].get_weights(), old.get_weights(), strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the command line does not differ by backend")
@pytest.mark.parametrize(
    ("init", "more", "reason"),
    [
        ("model.tflite", (), "is exported and cannot be trained on: give its folder"),
        ("card.json", (), "is not a model of this recipe, or is damaged"),
        ("nowhere", (), "nowhere does not exist"),
        ("", ("--set", "width=10"), "is built differently: give --preset and --set as it was trained"),
        ("", ("--set", "hop_ms=20"), "is built differently: give --preset and --set as it was trained"),
    ],
)
def test_what_cannot_be_continued_is_one_sentence(trained, tmp_path, init, more, reason):
    done = train(tmp_path / "next", "--init", trained.folder / init if init else trained.folder, *more)
    assert done.code == 2 and reason in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "next" / "state.npz").exists()
