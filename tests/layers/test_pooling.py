"""`AttentionPooling` against NumPy: learned queries, and queries from the last or the middle valid frame."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import attention, gradient, normalize, numpy
from attention_reference import score as score_reference

from heedful.layers import AdditiveScore, AttentionPooling, DotProductScore

BATCH, TIME, FEATURES, QUERIES = 3, 7, 11, 5
KINDS = ("learned", "last", "middle")
MASK = np.array([[1, 1, 1, 1, 1, 0, 0], [0, 1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0]], bool)
LAST, MIDDLE = (4, 4), (2, 3)  # the last and the middle valid frame of the first two examples


@pytest.fixture
def frames() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")


def expected(layer: AttentionPooling, frames: np.ndarray, mask: np.ndarray, normalizer: str, frame: tuple[int, ...]):
    """Pooled vectors and weights of the first `len(frame)` examples; `frame` is the frame that asks, if one does."""
    pooled, weights = [], []
    for example, valid, index in zip(frames, mask, frame, strict=False):
        if layer.query == "learned":
            queries = numpy(layer.queries)
        else:
            asked = example[index] @ numpy(layer.query_dense.kernel) + numpy(layer.query_dense.bias)
            queries = asked.reshape(QUERIES, FEATURES)
        scores = score_reference(layer.attention.score, queries, example)
        weights.append([normalize(normalizer, row, valid) for row in scores])
        pooled.append((np.array(weights[-1]) @ example).reshape(-1))
    return np.array(pooled), np.array(weights)


@pytest.mark.parametrize("normalizer", ["softmax", "sparsemax"])
@pytest.mark.parametrize("score", [DotProductScore, lambda: AdditiveScore(13)], ids=["dot_product", "additive"])
@pytest.mark.parametrize("kind", KINDS)
def test_pooling_is_the_formula(kind: str, score, normalizer: str, frames: np.ndarray) -> None:
    layer = AttentionPooling(kind, QUERIES, score(), normalizer)
    for mask, frame in ((MASK, MIDDLE if kind == "middle" else LAST), (None, (6, 6) if kind == "last" else (3, 3))):
        pooled, weights = layer(frames, mask=mask, return_attention_scores=True)
        assert tuple(pooled.shape) == (BATCH, QUERIES * FEATURES)
        assert tuple(weights.shape) == (BATCH, 1, QUERIES, TIME)
        allowed = np.ones_like(MASK) if mask is None else mask
        wanted_pooled, wanted_weights = expected(layer, frames, allowed, normalizer, frame)
        np.testing.assert_allclose(numpy(weights)[:2, 0], wanted_weights, atol=3e-6)
        np.testing.assert_allclose(numpy(pooled)[:2], wanted_pooled, atol=2e-5)


@pytest.mark.parametrize("flatten", [True, False], ids=["flat", "apart"])
@pytest.mark.parametrize("kind", KINDS)
def test_heads_are_those_of_keras_with_such_queries(kind: str, flatten: bool, frames: np.ndarray) -> None:
    theirs = keras.layers.MultiHeadAttention(2, 13, value_dim=17)
    layer = AttentionPooling(kind, QUERIES, num_heads=2, key_dim=13, value_dim=17, flatten=flatten)
    layer.build(frames.shape)
    if kind == "learned":
        queries = np.broadcast_to(numpy(layer.queries), (2, QUERIES, FEATURES))
    else:
        asking = frames[[0, 1], LAST if kind == "last" else MIDDLE]
        queries = numpy(layer.query_dense(asking)).reshape(2, QUERIES, FEATURES)
    theirs.build(queries.shape, frames.shape)
    random = np.random.default_rng(1)
    theirs.set_weights([random.normal(size=w.shape) / 3 for w in theirs.get_weights()])  # biases too
    layer.attention.set_weights(theirs.get_weights())
    mask = np.broadcast_to(MASK[:2, None], (2, QUERIES, TIME))
    wanted, wanted_weights = theirs(queries, frames[:2], attention_mask=mask, return_attention_scores=True)
    pooled, weights = layer(frames, mask=MASK, return_attention_scores=True)
    assert tuple(pooled.shape) == ((BATCH, QUERIES * FEATURES) if flatten else (BATCH, QUERIES, FEATURES))
    assert tuple(weights.shape) == (BATCH, 2, QUERIES, TIME)
    np.testing.assert_allclose(numpy(pooled)[:2].reshape(2, QUERIES, FEATURES), numpy(wanted), atol=1e-5)
    np.testing.assert_allclose(numpy(weights)[:2], numpy(wanted_weights), atol=1e-5)
    assert not numpy(pooled)[2].any() and not numpy(weights)[2].any()


@pytest.mark.parametrize("normalizer", ["softmax", "entmax15"])
def test_heads_with_any_score_are_the_formula(normalizer: str, frames: np.ndarray) -> None:
    layer = AttentionPooling("learned", QUERIES, AdditiveScore(13), normalizer, num_heads=2, key_dim=3, output_dim=17)
    pooled, weights = layer(frames, mask=MASK, return_attention_scores=True)
    queries = np.broadcast_to(numpy(layer.queries), (BATCH, QUERIES, FEATURES))
    allowed = np.broadcast_to(MASK[:, None], (BATCH, QUERIES, TIME))
    wanted, wanted_weights = attention(layer.attention, normalizer, queries, frames, frames, allowed)
    np.testing.assert_allclose(numpy(weights), wanted_weights, atol=3e-6)
    np.testing.assert_allclose(numpy(pooled), wanted.reshape(BATCH, QUERIES * 17), atol=2e-5)


@pytest.mark.parametrize("options", [{}, {"num_heads": 2, "key_dim": 3, "use_bias": False, "output_dim": 5}])
@pytest.mark.parametrize("flatten", [True, False])
def test_heads_in_a_file_and_the_shapes_they_promise(flatten: bool, options: dict, tmp_path: Path) -> None:
    symbolic = keras.Input((None, FEATURES))
    layer = AttentionPooling("last", QUERIES, "additive", flatten=flatten, **options)
    model = keras.Model(symbolic, layer(symbolic, return_attention_scores=True))
    width = options.get("output_dim", FEATURES)
    assert tuple(model.outputs[0].shape) == ((None, QUERIES * width) if flatten else (None, QUERIES, width))
    assert tuple(model.outputs[1].shape) == (None, options.get("num_heads", 1), QUERIES, None)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    frames = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    for before, after, promised in zip(model(frames), loaded(frames), model.outputs, strict=True):
        np.testing.assert_array_equal(numpy(before), numpy(after))
        assert len(before.shape) == len(promised.shape)


def test_a_configuration_from_before_there_were_heads_makes_the_same_layer(frames: np.ndarray) -> None:
    layer = AttentionPooling("middle", QUERIES, AdditiveScore(13))
    config = layer.get_config()
    old = {name: config[name] for name in ("name", "query", "num_queries", "score", "normalizer", "dropout", "seed")}
    twin = AttentionPooling.from_config(old)
    assert twin.get_config() == config
    for each in (layer, twin):
        each.build(frames.shape)
    assert [w.path.rpartition("/")[2] for w in twin.weights] == ["vector", "kernel", "kernel", "bias", "kernel", "bias"]
    twin.set_weights(layer.get_weights())
    pooled, wanted = (numpy(each(frames, mask=MASK)) for each in (twin, layer))
    np.testing.assert_array_equal(pooled, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_without_valid_frames_gives_zeros(kind: str, frames: np.ndarray) -> None:
    pooled, weights = AttentionPooling(kind, QUERIES)(frames, mask=MASK, return_attention_scores=True)
    assert not numpy(pooled)[2].any()
    assert not numpy(weights)[2].any()


@pytest.mark.parametrize("kind", KINDS)
def test_frames_that_are_masked_have_no_effect(kind: str, frames: np.ndarray) -> None:
    layer = AttentionPooling(kind, QUERIES)
    changed = np.where(MASK[..., None], frames, 100.0).astype("float32")
    # Softmax leaks e^-16 of each masked frame into the sum: nothing of frames that are themselves of size 1.
    np.testing.assert_allclose(numpy(layer(frames, mask=MASK)), numpy(layer(changed, mask=MASK)), atol=1e-5)


def test_mask_may_come_with_the_input_and_ends_here(frames: np.ndarray) -> None:
    layer = AttentionPooling("middle", QUERIES)
    explicit = layer(frames, mask=MASK)
    frames = np.where(MASK[..., None], frames, 0.0).astype("float32")
    implicit = layer(keras.layers.Masking()(frames))
    np.testing.assert_allclose(numpy(implicit), numpy(explicit), atol=1e-6)
    assert getattr(implicit, "_keras_mask", None) is None


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_file_and_unknown_length(kind: str, frames: np.ndarray, tmp_path: Path) -> None:
    symbolic = keras.Input((None, FEATURES))
    outputs = AttentionPooling(kind, QUERIES, "additive", "entmax15", dropout=0.1)(
        symbolic, return_attention_scores=True
    )
    assert [tuple(t.shape) for t in outputs] == [(None, QUERIES * FEATURES), (None, 1, QUERIES, None)]
    model = keras.Model(symbolic, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for first, second in zip(model(frames), loaded(frames), strict=True):
        np.testing.assert_array_equal(numpy(first), numpy(second))


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_is_finite_with_float32_weights(kind: str, frames: np.ndarray) -> None:
    layer = AttentionPooling(kind, QUERIES, dtype="mixed_float16")
    pooled, weights = layer(100 * frames, mask=MASK, return_attention_scores=True)
    assert keras.backend.standardize_dtype(pooled.dtype) == "float16"
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    assert np.isfinite(numpy(pooled)).all()
    assert np.isfinite(numpy(weights)).all()


def test_learned_queries_start_close_to_the_mean_of_all_frames() -> None:
    frames = np.random.default_rng(0).normal(size=(31, 97, 64)).astype("float32")
    layer = AttentionPooling(num_queries=4)
    _, weights = layer(frames, return_attention_scores=True)
    assert np.abs(97 * numpy(weights) - 1).max() < 0.2
    assert np.abs(np.corrcoef(numpy(layer.queries)) - np.eye(4)).max() < 0.5, "queries that are alike learn alike"


def test_learned_queries_find_the_frame_that_matters() -> None:
    """Among noise, one frame of 23 carries a marker and the class: mean pooling would drown it."""
    random = np.random.default_rng(0)
    frames = random.normal(size=(512, 23, 16)).astype("float32")
    labels, places = random.integers(0, 4, 512), random.integers(0, 23, 512)
    frames[np.arange(512), places, 0] += 6.0
    frames[np.arange(512), places, 1 + labels] += 4.0
    symbolic = keras.Input((23, 16))
    pooled, weights = AttentionPooling(num_queries=2)(symbolic, return_attention_scores=True)
    model = keras.Model(symbolic, keras.layers.Dense(4)(pooled))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    model.fit(frames, labels, batch_size=64, epochs=12, verbose=0)
    found = keras.Model(symbolic, weights).predict(frames, verbose=0)[:, 0].max(1).argmax(-1)
    assert (found == places).mean() > 0.8


def test_gradient_reaches_every_frame(frames: np.ndarray) -> None:
    layer = AttentionPooling("last", QUERIES)
    layer.build(frames.shape)
    slope = gradient(lambda x: keras.ops.sum(layer(x)), frames)
    assert (np.abs(slope).max(-1) > 0).all()


def test_wrong_use_is_one_clear_error() -> None:
    with pytest.raises(ValueError, match="query is one of learned, last, middle, not 'first'"):
        AttentionPooling("first")
    with pytest.raises(ValueError, match="at least 1, not 0"):
        AttentionPooling(num_queries=0)
    with pytest.raises(ValueError, match="2 heads need a key_dim"):
        AttentionPooling(num_heads=2)
    with pytest.raises(ValueError, match="number of features must be known"):
        AttentionPooling()(keras.Input((7, None)))
