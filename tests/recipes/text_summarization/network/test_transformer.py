"""Writing word by word is teacher forcing, whatever the writer, and padding says nothing; the Transformer is the one in
the papers, in float64 NumPy.
"""

import keras
import numpy as np
import pytest
from small_recommender import dense, float64, logistic, normed
from small_summarizer import KINDS, LENGTH, SOURCE, TOKENS, WIDTH, copying, probabilities, some_ids, some_writer
from transformer_by_hand import attention_by_hand, reading_by_hand, writing_by_hand

from heedful.apps.tokenizer import END, PAD, START

BATCH = 5


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def writer(kind):
    return some_writer(kind)


def some_words(seed=0):
    """What was written so far, int32 `(BATCH, LENGTH)`, START first."""
    tokens = np.random.default_rng(seed).integers(END + 1, TOKENS, (BATCH, LENGTH)).astype(np.int32)
    tokens[:, 0] = START
    return tokens


def forced(writer, source, tokens):
    """Scores, gates and weights of teacher forcing, float64."""
    return [float64(array) for array in writer(source, tokens)]


def test_word_by_word_is_teacher_forcing(writer, kind):
    source, tokens = some_ids(BATCH), some_words()
    scores, gate, weights = forced(writer, source, tokens)
    assert scores.shape == (BATCH, LENGTH, TOKENS) and weights.shape == (BATCH, LENGTH, SOURCE)
    likely, copied = probabilities(scores, gate, weights, source), copying(gate)
    memory = writer.look(keras.ops.convert_to_tensor(source))
    state = writer.start(memory)
    for index in range(LENGTH):
        answer = writer.step(tokens[:, index], keras.ops.convert_to_tensor(index), memory, state)
        found, looked, took, state = *map(float64, answer[:3]), answer[3]
        np.testing.assert_allclose(np.exp(found), likely[:, index], atol=1e-5, err_msg=f"word {index}")
        np.testing.assert_allclose(looked, weights[:, index], atol=1e-5, err_msg=f"word {index}")
        np.testing.assert_allclose(took, copied[:, index], atol=1e-5, err_msg=f"word {index}")
    spread = np.abs(scores - scores.mean(axis=(0, 1))).max(axis=(0, 1))
    assert spread.min() > 0.05, "every score depends on document and place"
    assert np.ptp(copied) > 0.1 if kind != "no_copy" else copied.max() < 1e-99


def test_padding_says_nothing_however_long_it_is(writer):
    """A document among longer ones is as it is alone, without a place behind its end."""
    source, tokens = some_ids(BATCH, 1), some_words(1)
    scores, gate, weights = forced(writer, source, tokens)
    for row in range(BATCH):
        length = np.count_nonzero(source[row])
        alone = forced(writer, source[row : row + 1, :length], tokens[row : row + 1])
        np.testing.assert_allclose(scores[row], alone[0][0], atol=3e-5)
        np.testing.assert_allclose(gate[row], alone[1][0], atol=3e-5)
        np.testing.assert_allclose(weights[row, :, :length], alone[2][0], atol=1e-5)
        assert not weights[row, :, length:].any()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    changed = source.copy()
    changed[:, 2] = END + 1 + (source[:, 2] - END) % (TOKENS - END - 1)
    moved = np.abs(forced(writer, changed, tokens)[0] - scores).max(-1)
    assert moved.min() > 1e-3, "a token that is read does not matter"


def test_a_later_word_changes_nothing_before_it(writer):
    source, tokens = some_ids(BATCH, 2), some_words(2)
    before = forced(writer, source, tokens)
    for place in (1, 4):
        changed = tokens.copy()
        changed[:, place] = END + 1 + (tokens[:, place] - END) % (TOKENS - END - 1)
        after = forced(writer, source, changed)
        for was, now in zip(before, after, strict=True):
            np.testing.assert_allclose(now[:, :place], was[:, :place], atol=3e-5)
        assert np.abs(after[0] - before[0])[:, place:].max(axis=(0, 2)).min() > 1e-3, "a word it read does not matter"


def test_dropout_is_for_training_only(kind):
    writer, source, tokens = some_writer(kind, dropout=0.3), some_ids(BATCH, 3), some_words(3)
    plain = forced(writer, source, tokens)[0]
    np.testing.assert_allclose(plain, forced(some_writer(kind), source, tokens)[0], atol=1e-5)
    assert np.abs(float64(writer(source, tokens, training=True)[0]) - plain).max() > 0.1


def test_lower_precision_scores_in_float32(kind):
    writer, source, tokens = some_writer(kind, dtype="mixed_float16"), some_ids(BATCH, 4), some_words(4)
    parts = writer(source, tokens)
    for array in parts:
        assert keras.backend.standardize_dtype(array.dtype) == "float32" and np.isfinite(float64(array)).all()
    memory = writer.look(keras.ops.convert_to_tensor(source))
    found = writer.step(tokens[:, 0], keras.ops.convert_to_tensor(0), memory, writer.start(memory))
    scores, gate, weights = map(float64, parts)
    wanted = probabilities(scores, gate, weights, source)[:, 0]
    np.testing.assert_allclose(np.exp(float64(found[0])), wanted, atol=0.02)


def vectors_by_hand(writer, ids):
    """Of tokens `(n,)`, where every place knows the two before it."""
    vectors = float64(writer.words.vectors)[ids] * np.sqrt(WIDTH)
    first, second = (np.concatenate([np.zeros((i, WIDTH)), vectors])[: len(ids)] for i in (1, 2))
    return vectors + dense(first, writer.before[0]) + dense(second, writer.before[1])


def document_by_hand(writer, ids):
    """What the writing blocks read of the tokens `(S,)`."""
    x = vectors_by_hand(writer, ids) + float64(writer.places)[: len(ids)]
    for block in writer.reading:
        x = reading_by_hand(block, x)
    x = normed(x, writer.norm_source)
    if writer.selective:
        x = x * logistic(dense(x, writer.here) + dense(x.mean(0), writer.whole))
    return x


@pytest.mark.parametrize("kind", ["transformer", "selective", "no_copy"], scope="module")
def test_the_transformer_is_that_of_the_papers(writer):
    """Pre-norm blocks, scaled embeddings with learnt positions, one last look with a single head, which reads the bare
    words where nothing is copied, the gate of See, Liu and Manning, and the embedding once more at the output.
    """
    source, tokens = some_ids(BATCH, 5), some_words(5)
    scores, gate, weights = forced(writer, source, tokens)
    vectors = float64(writer.words.vectors)
    for row in range(BATCH):
        ids = source[row][source[row] != PAD]
        document = document_by_hand(writer, ids)
        word = vectors_by_hand(writer, tokens[row]) + float64(writer.positions)
        x = word
        for block in writer.writing:
            x, _ = writing_by_hand(block, x, document)
        ready = normed(x, writer.norm_ready)
        words = None if writer.pointer.copies else vectors[ids] * np.sqrt(WIDTH)
        read, looked = attention_by_hand(ready, document, True, writer.last_look, words)
        hidden = normed(ready + read, writer.norm_out)
        np.testing.assert_allclose(scores[row], hidden @ vectors.T + float64(writer.words.bias), atol=5e-5)
        np.testing.assert_allclose(weights[row, :, : len(ids)], looked[0], atol=1e-5)
        if writer.pointer.copies:
            wanted = dense(np.concatenate([hidden, read, word], -1), writer.pointer.gate)[:, 0]
            np.testing.assert_allclose(gate[row], wanted, atol=5e-5)
