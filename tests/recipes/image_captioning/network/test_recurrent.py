"""One step of each LSTM written out in float64 NumPy, and what REINFORCE draws in training."""

import numpy as np
import pytest
from keras import ops
from small_captioner import CELLS, RECURRENT, UNITS, WIDTH, some_decoder, some_grids
from small_recommender import dense, float64, logistic, normed

from heedful.recipes.image_captioning.reading.vocabulary import START

BATCH = 3


def softmax(x):
    exponents = np.exp(x - x.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def lstm(x, hidden, carry, cell):
    """Hochreiter and Schmidhuber with a forget gate; the parts of the kernel are input, forget, new and output."""
    z = x @ float64(cell.kernel) + hidden @ float64(cell.recurrent_kernel) + float64(cell.bias)
    enters, keeps, new, leaves = np.split(z, 4, axis=-1)
    carry = logistic(keeps) * carry + logistic(enters) * np.tanh(new)
    return logistic(leaves) * np.tanh(carry), carry


def additive(score, query, values):
    """`v . tanh(W q + U k)` of queries `(batch, units)` for values `(batch, cells, width)`: `(batch, cells)`."""
    asked, keys = dense(query, score.query_dense), dense(values, score.key_dense)
    return np.tanh(asked[:, None] + keys) @ float64(score.vector)[:, 0]


def looked(decoder, grids):
    """The cells as they are read, and the first state, from their mean."""
    cells = normed(dense(grids.astype(float), decoder.project), decoder.norm)
    mean = cells.mean(1)
    return cells, mean, np.tanh(dense(mean, decoder.first_hidden)), np.tanh(dense(mean, decoder.first_carry))


def step_by_hand(decoder, kind, word, cells, mean, hidden, carry):
    """What is scored, the weights and the next state (Xu et al. 2015, section 3.1.2; Lu et al. 2017, section 2)."""
    if kind == "adaptive":
        before = hidden
        hidden, carry = lstm(np.concatenate([word, mean], -1), hidden, carry, decoder.cell)
        gate = logistic(dense(np.concatenate([word, before], -1), decoder.sentinel_gate))
        sentinel = dense(gate * np.tanh(carry), decoder.sentinel)
        score = decoder.attention.score
        own = np.tanh(dense(hidden, score.query_dense) + dense(sentinel, decoder.attention.sentinel_dense))
        own = own @ float64(score.vector)
        weights = softmax(np.concatenate([additive(score, hidden, cells), own], -1))
        seen = np.einsum("bs,bsw->bw", weights[:, :-1], cells) + weights[:, -1:] * sentinel
        weights = weights[:, :-1]
    else:
        weights = softmax(additive(decoder.attention.score, hidden, cells))
        if kind != "soft":
            weights = np.eye(CELLS)[weights.argmax(-1)]
        seen = np.einsum("bs,bsw->bw", weights, cells)
        beta = logistic(dense(hidden, decoder.gate))
        hidden, carry = lstm(np.concatenate([word, beta * seen], -1), hidden, carry, decoder.cell)
    written = np.tanh(dense(np.concatenate([hidden, seen, word], -1), decoder.out))
    return written, weights, hidden, carry


@pytest.mark.parametrize("kind", RECURRENT)
def test_steps_are_those_of_the_papers(kind):
    decoder, grids = some_decoder(kind), some_grids(BATCH)
    memory = decoder.look(grids)
    state = decoder.start(memory)
    cells, mean, hidden, carry = looked(decoder, grids)
    np.testing.assert_allclose(float64(state["hidden"]), hidden, atol=1e-5)
    np.testing.assert_allclose(float64(state["carry"]), carry, atol=1e-5)
    assert hidden.shape == (BATCH, UNITS) and np.abs(hidden - carry).max() > 0.1
    vectors = float64(decoder.words.vectors)
    for index, token in enumerate([START, 5, 7, 5]):
        found, weights, state = decoder.step(
            np.full(BATCH, token, np.int32), ops.convert_to_tensor(index), memory, state
        )
        word = np.tile(vectors[token] * np.sqrt(WIDTH), (BATCH, 1))
        written, wanted, hidden, carry = step_by_hand(decoder, kind, word, cells, mean, hidden, carry)
        np.testing.assert_allclose(float64(found), written @ vectors.T + float64(decoder.words.bias), atol=3e-5)
        np.testing.assert_allclose(float64(weights), wanted, atol=1e-5)
        np.testing.assert_allclose(float64(state["hidden"]), hidden, atol=1e-5)
        np.testing.assert_allclose(float64(state["carry"]), carry, atol=1e-5)


def drawn(decoder, copies, training):
    """Where the first two words of one picture looked, many times over, and the weights that it was drawn by."""
    grids = np.repeat(some_grids(1, 3), copies, axis=0)
    words = (np.tile(np.array(row, np.int32), (copies, 1)) for row in ([START, 5], [1, 1], [0, 1]))
    return [float64(array) for array in decoder(grids, *words, training=training)[1:]]


def test_reinforce_draws_one_cell_by_its_weight_and_others_the_next_time():
    decoder, copies = some_decoder("reinforce"), 1999
    looks, weights = drawn(decoder, copies, True)
    assert set(np.unique(looks)) == {0, 1} and (looks.sum(-1) == 1).all()
    np.testing.assert_allclose(weights[:, 0], weights[:1, 0].repeat(copies, 0), atol=1e-6)
    likely = weights[0, 0]
    assert np.sort(likely)[-2] > 0.1
    assert (np.abs(looks[:, 0].mean(0) - likely) < 4.5 * np.sqrt(likely * (1 - likely) / copies)).all()
    # What was looked at decides how it goes on, so the second word is drawn by other weights after another look.
    after = [weights[looks[:, 0, cell] == 1, 1] for cell in np.argsort(likely)[-2:]]
    assert all(np.ptp(rows, axis=0).max() < 1e-5 for rows in after) and np.abs(after[0][0] - after[1][0]).max() > 1e-4
    assert not np.array_equal(drawn(decoder, copies, True)[0], looks)


def test_what_hard_attention_draws_in_training_it_does_not_draw_afterwards():
    looks, weights = drawn(some_decoder("reinforce"), 17, False)
    np.testing.assert_array_equal(looks, np.eye(CELLS)[weights.argmax(-1)])
    assert np.ptp(looks, axis=0).max() == 0
    straight, same = drawn(some_decoder("hard"), 17, True)
    np.testing.assert_array_equal(straight, same)
    assert np.ptp(straight, axis=0).max() < 1e-6 and np.allclose(straight.max(-1), 1)
