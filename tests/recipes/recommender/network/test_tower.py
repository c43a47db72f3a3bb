"""The tower against SASRec written out in float64 NumPy, and what must not matter to it."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from small_recommender import dense, float64, normed, shake

from heedful.recipes.recommender.network.tower import Tower

BATCH, LENGTH, WIDTH, HEADS, HIDDEN, BLOCKS = 5, 13, 14, 2, 11, 2
REAL = np.array([13, 1, 7, 0, 4])  # actions of each history


def some_tower(length=LENGTH, **options) -> Tower:
    tower = Tower(length, BLOCKS, HEADS, HIDDEN, dropout=0.3, **options)
    tower.build((None, length, WIDTH), (None, length))
    return shake(tower)


def actions(seed=0, real: Sequence[int] | np.ndarray = REAL, length=LENGTH):
    """Vectors `(batch, length, width)` and which of them are there, padded on the left with something that is not 0."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(real), length, WIDTH)).astype("float32")
    return vectors, np.arange(length) >= length - np.asarray(real)[:, None]


def of_distances(bias, time):
    """What the bias adds for a key `t - s` actions back: the nearer half of the buckets holds one distance each, the
    others grow geometrically up to the longest; float64 `(heads, time, time)`.
    """
    half, longest = bias.num_buckets // 2, bias.max_distance
    found = np.zeros((HEADS, time, time))
    for t, s in zip(*np.tril_indices(time), strict=True):
        bucket = back = t - s
        if back >= half:
            bucket = min(2 * half - 1, half + int(half * np.log(back / half) / np.log(longest / half)))
        found[:, t, s] = float64(bias.table)[bucket]
    return found


def attended(attention, x, there):
    """What each query of `x` `(time, width)` reads of each key where `there (T, S)`, part by part `(T, S, width)`; the
    parts of a row that may read nothing are 0.
    """
    q, k, v = (
        np.einsum("td,dhw->htw", x, float64(part.kernel)) + float64(part.bias)[:, None]
        for part in (attention.query_dense, attention.key_dense, attention.value_dense)
    )
    scores = np.einsum("htw,hsw->hts", q, k) / np.sqrt(q.shape[-1])
    if attention.bias is not None:
        scores += of_distances(attention.bias, len(x))
    scores = np.where(there, scores, -np.inf)
    high = np.where(there.any(-1), scores.max(-1), 0)[..., None]
    weights = np.exp(scores - high)
    weights /= np.maximum(weights.sum(-1, keepdims=True), 1e-300)
    return np.einsum("hts,hsw,hwo->tso", weights, v, float64(attention.output_dense.kernel))


def forward(tower, vectors, real):
    """`(time, width)` and the parts that the newest action read in all blocks, one history."""
    time = len(vectors)
    x = vectors * np.sqrt(WIDTH) + float64(tower.positions)[tower.length - time :]
    there = np.tril(np.ones((time, time), bool)) & real
    parts = np.zeros((time, WIDTH))
    for block in tower.stack:
        y = normed(x, block.attention_norm)
        read = attended(block.attention, y, there)
        parts += read[-1]
        bias = float64(block.attention.output_dense.bias) * there.any(-1, keepdims=True)
        x = x + read.sum(1) + bias
        hidden = np.maximum(dense(normed(x, block.feed_norm), block.feed_in), 0)
        x = x + dense(hidden, block.feed_out)
    return normed(x, tower.norm), parts


@pytest.mark.parametrize("distances", [True, False], ids=["distances", "positions"])
def test_it_is_sasrec_with_pre_norm_and_positions_from_the_end(distances):
    tower, (vectors, real) = some_tower(distances=distances), actions()
    assert (tower.stack[0].attention.bias is not None) == distances
    found = float64(tower(vectors, real))
    for row in range(BATCH):
        wanted, _ = forward(tower, vectors[row].astype(float), real[row])
        np.testing.assert_allclose(found[row], wanted, atol=2e-5, err_msg=f"{REAL[row]} actions")


def test_the_newest_alone_is_the_last_of_all():
    tower, (vectors, real) = some_tower(), actions(1)
    newest, parts = tower.last(vectors, real)
    np.testing.assert_allclose(float64(newest), float64(tower(vectors, real))[:, -1], atol=2e-6)
    gamma = float64(tower.norm.gamma)
    for row in range(BATCH):
        wanted = forward(tower, vectors[row].astype(float), real[row])[1]
        wanted = (wanted - wanted.mean(-1, keepdims=True)) * gamma
        np.testing.assert_allclose(float64(parts)[row], wanted, atol=2e-5)
    assert np.abs(float64(parts)[~real]).max() < 1e-5, "padding said something"


def test_distances_of_a_long_history_share_buckets():
    """Longer than the half of the buckets that hold one distance each."""
    tower = some_tower(length=83, distances=True)
    vectors, real = actions(8, real=[83, 41], length=83)
    found, newest = float64(tower(vectors, real)), float64(tower.last(vectors, real)[0])
    for row in range(2):
        wanted, _ = forward(tower, vectors[row].astype(float), real[row])
        np.testing.assert_allclose(found[row], wanted, atol=5e-5)
        np.testing.assert_allclose(newest[row], wanted[-1], atol=5e-5)


def test_one_head_explains_a_long_history():
    """TensorFlow 2.21 crashes when it multiplies with one head's kernel for several long histories."""
    tower = Tower(199, 1, 1, HIDDEN, dropout=0.0)
    tower.build((None, 199, 53), (None, 199))
    vectors = np.random.default_rng(0).normal(size=(3, 199, 53)).astype("float32")
    newest, parts = tower.last(vectors, np.ones((3, 199), bool))
    assert tuple(parts.shape) == (3, 199, 53) and np.isfinite(float64(newest)).all()


def test_what_each_action_said_adds_up_to_what_the_attention_gave():
    tower, (vectors, real) = some_tower(), actions(2)
    block = tower.stack[-1]
    attended_to, parts = block.read(vectors, real)
    y = block.attention_norm(vectors)
    output = float64(block.attention(y, y, value_mask=real))[:, -1]
    assert block.attention.output_dense is not None
    bias = float64(block.attention.output_dense.bias)
    some = real.any(-1)
    np.testing.assert_allclose(float64(attended_to)[:, 0], output, atol=1e-5)
    np.testing.assert_allclose(float64(parts).sum(1)[some] + bias, output[some], atol=1e-5)
    assert not output[~some].any() and not float64(parts)[~some].any()


def test_a_later_action_changes_nothing_before_it():
    tower, (vectors, real) = some_tower(), actions(3, real=[LENGTH] * BATCH)
    before = float64(tower(vectors, real))
    for place in range(LENGTH):
        changed = vectors.copy()
        changed[:, place] *= -1
        after = float64(tower(changed, real))
        # Softmax leaks e^-16 of each masked key.
        np.testing.assert_allclose(after[:, :place], before[:, :place], atol=2e-5)
        assert np.abs(after[:, place:] - before[:, place:]).max(axis=(0, 2)).min() > 1e-3


def test_padding_on_the_left_changes_nothing():
    tower = some_tower()
    short, there = actions(4, real=[7, 3, 1, 5, 6], length=7)
    padded = np.concatenate([np.full((BATCH, LENGTH - 7, WIDTH), 2.5, "float32"), short], axis=1)
    real = np.pad(there, [(0, 0), (LENGTH - 7, 0)])
    for found, wanted in zip(tower.last(padded, real), tower.last(short, there), strict=True):
        found = found if len(found.shape) == 2 else found[:, -7:]
        np.testing.assert_allclose(float64(found), float64(wanted), atol=2e-5)
    np.testing.assert_allclose(
        float64(tower(padded, real))[:, -7:][there], float64(tower(short, there))[there], atol=2e-5
    )
    replaced = np.where(real[..., None], padded, -100.0).astype("float32")
    np.testing.assert_allclose(float64(tower.last(replaced, real)[0]), float64(tower.last(padded, real)[0]), atol=2e-5)


def test_histories_of_a_batch_do_not_see_each_other():
    tower, (vectors, real) = some_tower(), actions(5)
    together = float64(tower(vectors, real))
    for row in range(BATCH):
        np.testing.assert_allclose(
            float64(tower(vectors[row : row + 1], real[row : row + 1]))[0], together[row], atol=1e-5
        )


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_an_empty_history_is_finite_in_any_precision(policy):
    tower, (vectors, real) = some_tower(dtype=policy), actions(6, real=[0, 0, 1])
    for training in (True, False):
        output = tower(10 * vectors, real, training=training)
        assert keras.backend.standardize_dtype(output.dtype) == "float32"
        assert np.isfinite(float64(output)).all()
    newest, parts = tower.last(10 * vectors, real)
    assert np.isfinite(float64(newest)).all() and np.isfinite(float64(parts)).all()


def test_dropout_is_for_training_only():
    tower, (vectors, real) = some_tower(), actions(7)
    np.testing.assert_array_equal(float64(tower(vectors, real)), float64(tower(vectors, real, training=False)))
    assert np.abs(float64(tower(vectors, real, training=True)) - float64(tower(vectors, real)))[real].max() > 0.1


def test_a_tower_with_times_adds_what_the_clock_says_to_the_actions():
    tower, (vectors, real) = some_tower(times=True), actions(9)
    times = np.random.default_rng(9).integers(1, 10**9, (BATCH, LENGTH + 1)).astype("int32")
    times = np.where(np.pad(real, [(0, 0), (0, 1)], constant_values=True), np.sort(times), 0)
    told = vectors + float64(tower.action_times(times)) / np.sqrt(WIDTH)
    found, (newest, parts) = float64(tower(vectors, real, times)), tower.last(vectors, real, times)
    np.testing.assert_allclose(float64(newest), found[:, -1], atol=2e-6)
    for row in range(BATCH):
        wanted, read = forward(tower, told[row], real[row])
        np.testing.assert_allclose(found[row], wanted, atol=5e-5)
        read = (read - read.mean(-1, keepdims=True)) * float64(tower.norm.gamma)
        np.testing.assert_allclose(float64(parts)[row], read, atol=5e-5)
    unknown = np.zeros_like(times)
    np.testing.assert_array_equal(float64(tower(vectors, real)), float64(tower(vectors, real, unknown)))
    assert np.abs(float64(tower(vectors, real)) - found)[real].min(axis=-1).max() > 1e-3


def test_times_after_an_action_but_for_the_next_change_nothing_before_it():
    tower, (vectors, real) = some_tower(times=True), actions(10, real=[LENGTH] * BATCH)
    times = np.sort(np.random.default_rng(1).integers(1, 10**9, (BATCH, LENGTH + 1)).astype("int32"))
    before = float64(tower(vectors, real, times))
    for place in range(1, LENGTH + 1):
        changed = times.copy()
        changed[:, place:] += 123_456_789
        after = float64(tower(vectors, real, changed))
        np.testing.assert_allclose(after[:, : place - 1], before[:, : place - 1], atol=2e-5)
        assert np.abs(after[:, place - 1] - before[:, place - 1]).max() > 1e-3
