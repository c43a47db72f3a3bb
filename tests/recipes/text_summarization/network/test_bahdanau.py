"""The recurrent writer of the papers, written out in float64 NumPy; what it shares with the Transformer is tested
there.
"""

import numpy as np
from keras import ops
from small_recommender import dense, float64, logistic
from small_summarizer import LENGTH, WIDTH, some_ids, some_writer

from heedful.apps.tokenizer import PAD, START

BATCH = 3


def gru(x, hidden, cell):
    """Cho et al. (2014) with the reset gate behind the recurrent product; the parts of a kernel are update, reset and
    new.
    """
    inputs, before = float64(cell.bias)
    new = np.split(x @ float64(cell.kernel) + inputs, 3, axis=-1)
    old = np.split(hidden @ float64(cell.recurrent_kernel) + before, 3, axis=-1)
    update, reset = logistic(new[0] + old[0]), logistic(new[1] + old[1])
    return update * hidden + (1 - update) * np.tanh(new[2] + reset * old[2])


def read_by_hand(vectors, reader):
    """Forward and backward states of a document `(S, width)`, side by side."""
    both = []
    for layer, order in ((reader.forward_layer, 1), (reader.backward_layer, -1)):
        hidden, states = np.zeros(WIDTH // 2), []
        for vector in vectors[::order]:
            hidden = gru(vector, hidden, layer.cell)
            states.append(hidden)
        both.append(np.stack(states)[::order])
    return np.concatenate(both, axis=-1)


def written_by_hand(writer, ids, tokens):
    """Scores, gates, weights and states of the words, one after the other, of one document."""
    vectors, score = float64(writer.words.vectors) * np.sqrt(WIDTH), writer.attention.score
    document = read_by_hand(vectors[ids], writer.reader)
    hidden, read = np.tanh(dense(document.mean(0), writer.first)), np.zeros(WIDTH)
    for token in tokens:
        word = vectors[token]
        hidden = gru(np.concatenate([word, read]), hidden, writer.cell)
        seen = np.tanh(dense(hidden, score.query_dense) + dense(document, score.key_dense)) @ float64(score.vector)
        weights = np.exp(seen[:, 0]) / np.exp(seen[:, 0]).sum()
        read = weights @ document
        out = np.tanh(dense(np.concatenate([hidden, read, word]), writer.out))
        scores = out @ float64(writer.words.vectors).T + float64(writer.words.bias)
        yield scores, dense(np.concatenate([out, read, word]), writer.pointer.gate)[0], weights, hidden


def test_the_classic_is_that_of_the_papers():
    """Bahdanau, Cho and Bengio (2015), and the pointer of See, Liu and Manning (2017)."""
    writer, source = some_writer("bahdanau"), some_ids(BATCH)
    tokens = np.tile(np.array([START, 5, 7, 5, 9, 11, 3], np.int32), (BATCH, 1))
    scores, gate, weights = (float64(part) for part in writer(source, tokens))
    assert tokens.shape[1] == LENGTH
    for row in range(BATCH):
        ids = source[row][source[row] != PAD]
        for index, wanted in enumerate(written_by_hand(writer, ids, tokens[row])):
            np.testing.assert_allclose(scores[row, index], wanted[0], atol=3e-5)
            np.testing.assert_allclose(gate[row, index], wanted[1], atol=3e-5)
            np.testing.assert_allclose(weights[row, index, : len(ids)], wanted[2], atol=1e-5)


def test_the_state_is_what_is_known_and_what_was_read():
    writer, source = some_writer("bahdanau"), some_ids(BATCH, 1)
    memory = writer.look(ops.convert_to_tensor(source))
    state = writer.start(memory)
    assert set(state) == {"hidden", "read"} and not float64(state["read"]).any()
    token = np.full(BATCH, START, np.int32)
    *_, state = writer.step(token, ops.convert_to_tensor(0), memory, state)
    for row in range(BATCH):
        ids = source[row][source[row] != PAD]
        (*_, weights, hidden), document = (
            next(written_by_hand(writer, ids, [START])),
            read_by_hand(float64(writer.words.vectors)[ids] * np.sqrt(WIDTH), writer.reader),
        )
        np.testing.assert_allclose(float64(state["hidden"])[row], hidden, atol=1e-5)
        np.testing.assert_allclose(float64(state["read"])[row], weights @ document, atol=1e-5)
