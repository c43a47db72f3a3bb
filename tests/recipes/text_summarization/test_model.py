"""The loop that writes a summary is a plain loop over `decode_step`, and what it may never do; files, and what a model
takes over from an older one.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import float64
from small_summarizer import (
    CONFIG,
    DOCUMENTS,
    LENGTH,
    SOURCE,
    config_of,
    documents,
    knowledge_for,
    some_summarizer,
    talkative,
    texts,
)

from heedful.apps.errors import InputError
from heedful.apps.tokenizer import END, PAD, START
from heedful.recipes.shared.network.writing import BARRED
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.text_summarization.config import ARCHITECTURES
from heedful.recipes.text_summarization.model import Summarizer, build, inherit, tokenizer_of


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request):
    return talkative(request.param)


def generated(model, ids):
    return {name: keras.ops.convert_to_numpy(value) for name, value in model.generate(ids).items()}


@pytest.fixture(scope="module")
def written(model):
    """What is written of `documents()`."""
    return generated(model, documents())


def repeats(tokens, n):
    """Whether a run of `n` tokens stands in them twice."""
    runs = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return len(set(runs)) < len(runs)


def by_loop(model, ids, n, least):
    """Tokens, looks and what was copied, by asking `decode_step` for each token and taking the likeliest allowed."""
    known = model.encode(keras.ops.convert_to_tensor(ids))
    state = {name: known[name] for name in model.writer.start(known)}
    memory = {name: value for name, value in known.items() if name not in state}
    rows = [([], [], []) for _ in ids]
    token, done = np.full(len(ids), START, np.int32), np.zeros(len(ids), bool)
    for index in range(LENGTH):
        state = model.decode_step(token, np.array([index], np.int32), memory, state)
        scores, looked, copied = (float64(state.pop(name)) for name in ("scores", "attention", "copied"))
        for row, (tokens, looks, took) in enumerate(rows):
            best = next(
                int(word)
                for word in np.argsort(-scores[row], kind="stable")
                if not (n and repeats([*tokens, word], n)) and not (word == END and index < least)
            )
            done[row] |= best == END
            if not done[row]:
                tokens.append(best)
                looks.append(looked[row])
                took.append(copied[row])
            token[row] = PAD if done[row] else best
    return rows


def test_shapes_and_types_are_those_of_the_contract(model, written):
    found = {name: (value.shape, value.dtype.name) for name, value in written.items()}
    assert found == {
        "tokens": ((DOCUMENTS, LENGTH), "int32"),
        "length": ((DOCUMENTS,), "int32"),
        "attention": ((DOCUMENTS, LENGTH, SOURCE), "float32"),
        "copied": ((DOCUMENTS, LENGTH), "float32"),
    }
    for name, value in model(documents()).items():
        np.testing.assert_array_equal(float64(value), written[name])


def test_summaries_end_early_and_nothing_comes_behind(written):
    tokens, length = written["tokens"], written["length"]
    assert len(set(length.tolist())) > 2 and length.min() < LENGTH - 1, length
    behind = np.arange(LENGTH) >= length[:, None]
    assert (tokens[behind] == PAD).all() and (tokens[~behind] > END).all()
    assert not written["attention"][behind].any() and not written["copied"][behind].any()
    np.testing.assert_allclose(written["attention"][~behind].sum(-1), 1, atol=1e-4)
    there = (tokens[:, :, None] == documents()[:, None]).any(-1)[~behind]
    assert there.mean() > 0.2, "it copies"
    assert np.ptp(written["copied"][~behind]) > 0.3


@pytest.mark.parametrize(("n", "least"), [(0, 0), (2, 3), pytest.param(3, 1, marks=pytest.mark.long)])
def test_it_is_a_loop_over_the_steps(model, written, monkeypatch, n, least):
    """With what may not be written, too: no run of `n` tokens twice, and no end before so many."""
    monkeypatch.setattr(model, "no_repeated_ngram", n)
    monkeypatch.setattr(model, "min_words", least)
    found = generated(model, documents()) if n else written
    for row, (tokens, looks, took) in enumerate(by_loop(model, documents(), n, least)):
        length = found["length"][row]
        assert found["tokens"][row, :length].tolist() == tokens
        np.testing.assert_allclose(found["attention"][row, :length], np.reshape(looks, (-1, SOURCE)), atol=1e-4)
        np.testing.assert_allclose(found["copied"][row, :length], took, atol=1e-4)
        assert length >= least and not (n and repeats(tokens, n))
    if n:
        assert written["length"].min() < least, "an end was early without the rule"
        assert any(repeats(row[row > 0].tolist(), n) for row in written["tokens"]), "it repeats itself without the rule"


def test_documents_of_a_batch_are_summarized_as_each_alone(model, written):
    """Without any padding, too."""
    for row in range(2):
        ids = documents()[row : row + 1]
        alone = generated(model, ids[:, : np.count_nonzero(ids)])
        np.testing.assert_array_equal(alone["tokens"][0], written["tokens"][row])
        looked = written["attention"][row, :, : np.count_nonzero(ids)]
        np.testing.assert_allclose(alone["attention"][0], looked, atol=1e-4)
    assert len({tuple(row) for row in written["tokens"]}) > 5, "they are all summarized alike"


def test_a_step_bars_what_is_no_token(model):
    known = model.encode(keras.ops.convert_to_tensor(documents()))
    state = {name: known[name] for name in model.writer.start(known)}
    token = np.full(DOCUMENTS, START, np.int32)
    raw = float64(model.writer.step(token, keras.ops.convert_to_tensor(0), known, state)[0])
    found = model.decode_step(token, np.array([0], np.int32), known, state)
    assert set(found) == {"scores", "attention", "copied", *state}
    scores = float64(found["scores"])
    assert (scores[:, [PAD, START]] == BARRED).all() and BARRED < -9000
    np.testing.assert_allclose(scores[:, END:], raw[:, END:], atol=1e-6)
    np.testing.assert_allclose(np.exp(raw).sum(-1), 1, atol=1e-4)


@pytest.mark.long
def test_keras_file_comes_back_the_same(model, monkeypatch, tmp_path):
    monkeypatch.setattr(model, "no_repeated_ngram", 3)
    monkeypatch.setattr(model, "min_words", 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert isinstance(loaded, Summarizer) and len(loaded.weights) == len(model.weights)
    for weight, was in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(float64(weight), float64(was))
    wanted = generated(model, documents())
    for name, value in generated(loaded, documents()).items():
        np.testing.assert_allclose(value, wanted[name], atol=1e-6)
    assert (loaded.source, loaded.length, loaded.no_repeated_ngram, loaded.min_words) == (SOURCE, LENGTH, 3, 2)


def test_tokens_that_are_known_keep_their_vectors_and_the_others_start_anew(model):
    facts = knowledge_for(train([*texts(97, 7), "harbour harbour"], 331, True))
    new, config = tokenizer_of(facts).tokens, config_of("transformer")
    if not hasattr(model.writer, "writing"):
        config = config_of("bahdanau")
    heir, fresh = build(config, facts), build(config, facts)
    inherit(heir, facts, model, knowledge_for())
    row_of = {token: row for row, token in enumerate(tokenizer_of(knowledge_for()).tokens)}
    own = {id(weight) for weight in heir.writer.words.weights}
    for weight, start, was in zip(heir.weights, fresh.weights, model.weights, strict=True):
        values, before, trained = map(float64, (weight, start, was))
        if id(weight) not in own:
            np.testing.assert_array_equal(values, trained)
            continue
        for row, token in enumerate(new):
            np.testing.assert_array_equal(values[row], trained[row_of[token]] if token in row_of else before[row])
    moved = [row for row, token in enumerate(new) if row_of.get(token, row) != row]
    assert moved and not set(new) <= set(row_of)


@pytest.mark.parametrize(
    "change",
    [{"width": 24}, {"architecture": "bahdanau"}, pytest.param({"blocks": 1}, marks=pytest.mark.long), {"copy": False}],
    ids=str,
)
def test_a_model_that_is_built_differently_is_not_inherited(change):
    model = build(config_of("transformer", **change), knowledge_for())
    with pytest.raises(InputError, match=r"^the model to continue from is built differently: [^\n]*\.$"):
        inherit(model, knowledge_for(), some_summarizer("transformer"), knowledge_for())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "rnn"}, "architecture is one of transformer, bahdanau, not 'rnn'"),
        ({"max_words": 0}, "max_words=0 is out of range"),
        ({"coverage": -1.0}, "coverage=-1.0 is out of range"),
        ({"word_dropout": 1.0}, "word_dropout=1.0 is out of range"),
        ({"vocabulary": 258}, "vocabulary=258 is out of range"),
        ({"no_repeated_ngram": 1}, "no_repeated_ngram=1 is out of range"),
        ({"min_words": LENGTH}, f"min_words={LENGTH} is out of range"),
        ({"width": 20}, "width 20 does not divide by twice the 3 heads"),
    ],
    ids=str,
)
def test_settings_that_no_model_has_are_one_sentence(change, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(CONFIG, **change)
