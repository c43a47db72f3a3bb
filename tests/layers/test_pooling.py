"""`AttentionPooling` against NumPy: learned queries, and queries from the last or the middle valid frame."""

from pathlib import Path

import keras
import numpy as np
import pytest
from attention_reference import gradient, normalize, numpy
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
    with pytest.raises(ValueError, match="number of features must be known"):
        AttentionPooling()(keras.Input((7, None)))
