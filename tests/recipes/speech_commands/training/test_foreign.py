"""The sounds that ride in a file so that words can be enrolled."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_clips import RATE, write

from heedful.recipes.contract import knowledge_of
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load
from heedful.recipes.speech_commands.export import attachments
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.training.foreign import COUNTS, foreign_sounds

CONFIG = replace(BASE, sample_rate=RATE, width=12, blocks=1, heads=2, hidden=8, stem=8, words=("up", "down"))
SAID = {"up": 30, "down": 30, "often": 40, "seldom": 4}  # recordings for training


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("words")
    for word, count in SAID.items():
        for number in range(count):
            write(root / "train" / word / f"{number}.wav")
        write(root / "validation" / word / "0.wav")
    return load(str(root), CONFIG)


@pytest.fixture(scope="module")
def model(data):
    keras.utils.set_random_seed(3)
    return build(CONFIG, knowledge_of(data))


def test_words_of_training_and_what_is_made_of_them(data, model):
    found = foreign_sounds(model, data)
    assert [found.kinds.count(kind) for kind in COUNTS] == list(COUNTS.values())
    np.testing.assert_allclose(np.linalg.norm(found.embeddings, axis=1), 1, atol=1e-5)
    clips = data.split("train")
    ours = model.predict_on_batch(clips.waveforms.astype("float32") / 32768)["embedding"]
    for row in (0, 71, 239):
        nearest = int(np.argmax(ours @ found.embeddings[row]))
        np.testing.assert_allclose(found.embeddings[row], ours[nearest], atol=1e-5)
        assert clips.words[nearest] == found.words[row]
    made = found.embeddings[found.kinds.index("backwards") : found.kinds.index("parts")]
    assert np.linalg.norm(made[:, None] - ours, axis=2).min() > 1e-4  # what is made is none of the clips
    # Drawn by the root of their numbers: of 240 words 69 are `down`, 80 `often` and 25 `seldom`.
    roots = {word: np.sqrt(count) for word, count in SAID.items()}
    for word, root in roots.items():
        assert abs(found.words.count(word) - 240 * root / sum(roots.values())) < 20


def test_always_the_same(data, model):
    assert attachments(model, data) == attachments(model, data)


def test_a_model_as_published_has_none(data):
    published = replace(CONFIG, architecture="kwt", width=8)
    assert attachments(build(published, knowledge_of(data)), data) == {}
