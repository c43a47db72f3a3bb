"""The ranker against the Deep Interest Network written out in float64 NumPy."""

from pathlib import Path

import keras
import numpy as np
from small_recommender import dense, float64, logistic, shake

from heedful.recipes.recommender.network.ranker import Ranker

BATCH, LENGTH, CANDIDATES, WIDTH, PROJECTED = 5, 7, 3, 11, 13
UNITS, HIDDEN = (17, 2), (19, 23)
REAL = np.array([7, 1, 3, 0, 5])


def some_ranker() -> Ranker:
    ranker = Ranker(LENGTH, PROJECTED, UNITS, HIDDEN, name="ranker")
    ranker.build((None, LENGTH, WIDTH), (None, LENGTH), (None, CANDIDATES, WIDTH))
    return shake(ranker)


def offered(seed=0):
    rng = np.random.default_rng(seed)
    actions = rng.normal(size=(BATCH, LENGTH, WIDTH)).astype("float32")
    candidates = rng.normal(size=(BATCH, CANDIDATES, WIDTH)).astype("float32")
    return actions, np.arange(LENGTH) >= LENGTH - REAL[:, None], candidates


def forward(ranker, actions, real, candidates, training=False):
    """Logits `(batch, C)` and attention `(batch, C, length)`."""
    a, c = (dense(x.astype(float), ranker.project) for x in (actions, candidates))
    k, q = np.broadcast_arrays(a[:, None], c[:, :, None])
    hidden = np.concatenate([q, k, q - k, q * k], -1)
    unit = ranker.attention.score
    for layer in unit.hidden:
        hidden = logistic(dense(hidden, layer))
    attention = logistic(dense(hidden, unit.read_out)[..., 0]) * real[:, None]
    interest = attention @ a  # of an action that is not there nothing is left
    x = np.concatenate([interest, c, interest * c], -1)
    for layer, dice in zip(ranker.network[::2], ranker.network[1::2], strict=True):
        x = dense(x, layer)
        norm = dice.statistics
        mean, variance = (
            (x.mean((0, 1)), x.var((0, 1))) if training else (float64(norm.moving_mean), float64(norm.moving_variance))
        )
        share = logistic((x - mean) / np.sqrt(variance + dice.epsilon))
        x = share * x + (1 - share) * float64(dice.alpha) * x
    return dense(x, ranker.read_out)[..., 0], attention


def test_it_is_the_deep_interest_network():
    ranker = some_ranker()
    for seed, training in ((0, True), (1, True), (2, False)):  # the last by running averages that are not 0 and 1
        wanted = forward(ranker, *offered(seed), training)
        for found, expected in zip(ranker(*offered(seed), training=training), wanted, strict=True):
            np.testing.assert_allclose(float64(found), expected, atol=3e-5)
    assert float64(ranker.network[1].statistics.moving_mean).any()


def test_padding_has_no_weight_and_no_effect():
    ranker, (actions, real, candidates) = some_ranker(), offered()
    logits, attention = ranker(actions, real, candidates)
    assert tuple(attention.shape) == (BATCH, CANDIDATES, LENGTH)
    assert not float64(attention).transpose(0, 2, 1)[~real].any()
    assert (float64(attention).transpose(0, 2, 1)[real] > 0).all()
    changed = np.where(real[..., None], actions, 9.0).astype("float32")
    for found, wanted in zip(ranker(changed, real, candidates), (logits, attention), strict=True):
        np.testing.assert_allclose(float64(found), float64(wanted), atol=1e-6)


def test_a_history_without_actions_is_finite_and_judges_by_the_candidate():
    ranker, (actions, _, candidates) = some_ranker(), offered()
    none = np.zeros((BATCH, LENGTH), bool)
    logits, attention = ranker(actions, none, candidates)
    assert np.isfinite(float64(logits)).all() and not float64(attention).any()
    other, _ = ranker(-actions, none, candidates)
    np.testing.assert_allclose(float64(other), float64(logits), atol=1e-6)
    assert np.ptp(float64(logits)) > 0.01


def test_candidates_do_not_see_each_other():
    ranker, (actions, real, candidates) = some_ranker(), offered()
    together = float64(ranker(actions, real, candidates)[0])
    for place in range(CANDIDATES):
        alone = float64(ranker(actions, real, candidates[:, place : place + 1])[0])[:, 0]
        np.testing.assert_allclose(alone, together[:, place], atol=1e-5)


def test_keras_file_and_symbolic_shapes(tmp_path: Path):
    ranker = some_ranker()
    inputs = [
        keras.Input((LENGTH, WIDTH)),
        keras.Input((LENGTH,), dtype="bool"),
        keras.Input((CANDIDATES, WIDTH)),
    ]
    outputs = ranker(*inputs)
    assert [tuple(t.shape) for t in outputs] == [(None, CANDIDATES), (None, CANDIDATES, LENGTH)]
    keras.Model(inputs, outputs).save(tmp_path / "ranker.keras")
    loaded = keras.saving.load_model(tmp_path / "ranker.keras", compile=False, safe_mode=True)
    twin = loaded.get_layer("ranker")
    assert isinstance(twin, Ranker) and (twin.units, twin.hidden) == (UNITS, HIDDEN)
    for found, wanted in zip(twin(*offered()), ranker(*offered()), strict=True):
        np.testing.assert_array_equal(float64(found), float64(wanted))
