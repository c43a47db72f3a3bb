"""`AttentionImages` in training, with what it wrote read back by TensorBoard's own reader."""

import io
import sys
import types
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import numpy

from heedful.layers import Attention, AttentionImages, AttentionPooling, attention_images

pytest.importorskip("tensorboard")
Image = pytest.importorskip("PIL.Image")

BATCH, HEADS, QUERIES, KEYS = 2, 3, 5, 7
RED, LINE = np.array([0xD1, 0x49, 0x5B]), [0x8F, 0xA1, 0xB0]


@pytest.fixture(autouse=True)
def _without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader takes TensorBoard's own file access instead of importing TensorFlow."""
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("notf"))


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0})
    events.Reload()
    return events


def pixels(event: Any) -> np.ndarray:
    picture = Image.open(io.BytesIO(event.encoded_image_string))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (event.width, event.height))
    return np.asarray(picture)


def picture(heads: np.ndarray, low: float, high: float) -> np.ndarray:
    """What `(heads, T, S)` must look like, cell by cell."""
    side = 192 // max(heads.shape[1:])
    gap = side // 4
    height, width = heads.shape[1] * side, heads.shape[2] * side
    result = np.empty((height, len(heads) * (width + gap) - gap, 3))
    result[:] = LINE
    for number, head in enumerate(heads):
        for t, row in enumerate(head):
            for s, value in enumerate(row):
                left, share = number * (width + gap) + s * side, (value - low) / (high - low)
                result[t * side : (t + 1) * side, left : left + side] = 255 + share * (RED - 255)
    return np.round(result)


def entropy(weights: np.ndarray) -> float:
    rows = [row for row in weights.reshape(-1, weights.shape[-1]) if row.any()]
    return -sum(value * np.log(value) for row in rows for value in row if value) / len(rows)


def test_pictures_and_entropy_are_the_formula(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    peaked = random.dirichlet(np.full(KEYS, 0.1), (BATCH, HEADS, QUERIES)).astype("float32")
    peaked[1, :, 2] = 0.0  # a query that may attend to nothing
    even = np.full((BATCH, QUERIES, KEYS), 1 / KEYS, "float32")
    scores = random.normal(size=(BATCH, QUERIES, KEYS)).astype("float32")
    asked = []

    def weights(inputs: str) -> dict[str, Any]:
        asked.append(inputs)
        return {"block/1": keras.ops.convert_to_tensor(peaked), "even": even, "pooled": even[:, 0]}

    callback = AttentionImages(tmp_path / "a" / "b", "inputs", weights, lambda _: {"raw": scores, "same": 0 * scores})
    callback.on_epoch_end(0)
    callback.on_train_end()
    assert asked == ["inputs"]
    events = read(tmp_path / "a" / "b")
    assert events.file_version == 2.0
    assert set(events.Tags()["images"]) == {
        f"{name}/{example}"
        for name in ("weights/block/1", "weights/even", "weights/pooled", "scores/raw", "scores/same")
        for example in range(BATCH)
    }
    for example in range(BATCH):
        for tag, heads, low, high in (
            ("weights/block/1", peaked[example], 0.0, peaked.max()),
            ("weights/even", even[example][None], 0.0, 4 / KEYS),
            ("weights/pooled", even[example][None, :1], 0.0, 4 / KEYS),
            ("scores/raw", scores[example][None], scores.min(), scores.max()),
            ("scores/same", 0 * even[example][None], 0.0, 1.0),
        ):
            (event,) = events.Images(f"{tag}/{example}")
            difference = np.abs(pixels(event) - picture(heads.astype("float64"), float(low), float(high)))
            assert difference.max() <= 1 and difference.mean() < 1e-3, tag  # a half may be rounded either way
    assert set(events.Tags()["scalars"]) == {"entropy/block/1", "entropy/even", "entropy/pooled"}
    (found,) = events.Scalars("entropy/block/1")
    assert (found.step, found.value) == (0, pytest.approx(entropy(peaked), abs=1e-6))
    assert events.Scalars("entropy/even")[0].value == pytest.approx(np.log(KEYS), abs=1e-6)


def test_weights_of_a_model_in_training_are_those_of_the_formula_at_that_epoch(tmp_path: Path) -> None:
    """On JAX the variables are elsewhere during an epoch: what is logged must be the state at its end."""
    random = np.random.default_rng(0)
    frames, labels = random.normal(size=(23, KEYS, 11)).astype("float32"), random.integers(0, 3, 23)
    inputs = keras.Input((KEYS, 11))
    layer = AttentionPooling(num_queries=QUERIES)
    pooled, weights = layer(inputs, return_attention_scores=True)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(pooled))
    model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
    queries = []
    remember = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: queries.append(numpy(layer.queries)))
    look = AttentionImages(tmp_path, frames[:BATCH], keras.Model(inputs, {"pooling": weights}), every=2)
    model.fit(frames, labels, batch_size=23, epochs=3, verbose=0, callbacks=[look, remember])
    events = read(tmp_path)
    assert [event.step for event in events.Images("weights/pooling/1")] == [0, 2]
    assert [event.step for event in events.Scalars("entropy/pooling")] == [0, 2]
    for event, drawn in zip(events.Scalars("entropy/pooling"), events.Images("weights/pooling/1"), strict=True):
        scores = np.einsum("qd,bsd->bqs", queries[event.step], frames[:BATCH].astype("float64")) / np.sqrt(11)
        expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        assert event.value == pytest.approx(entropy(expected), abs=1e-5)
        limit = max(expected.max(), 4 / KEYS)
        assert np.abs(pixels(drawn) - picture(expected[1][None], 0.0, limit)).max() <= 1
    assert not np.allclose(queries[0], queries[2], atol=0.05)


def test_scores_of_a_layer_before_normalization(tmp_path: Path) -> None:
    attention: Any = Attention("additive", num_heads=HEADS, key_dim=5)
    query, value = (np.random.default_rng(0).normal(size=(BATCH, n, 11)).astype("float32") for n in (QUERIES, KEYS))
    _, weights = attention(query, value, return_attention_scores=True)
    scores = {}

    def look(inputs: Any) -> dict[str, Any]:
        scores["cross"] = attention.scores(*inputs)
        return scores

    callback = AttentionImages(tmp_path, (query, value), lambda _: {"cross": weights}, look)
    callback.on_epoch_end(0)
    callback.on_train_end()
    raw = numpy(scores["cross"])
    np.testing.assert_allclose(np.exp(raw) / np.exp(raw).sum(-1, keepdims=True), numpy(weights), atol=1e-6)
    drawn = pixels(read(tmp_path).Images("scores/cross/1")[0])
    assert np.abs(drawn - picture(raw[1], raw.min(), raw.max())).max() <= 1


def test_a_second_training_goes_on_in_a_file_of_its_own(tmp_path: Path) -> None:
    callback = AttentionImages(tmp_path, None, lambda _: {"x": np.ones((1, 1, 3)) / 3})
    for first in (0, 2):
        for epoch in (first, first + 1):
            callback.on_epoch_end(epoch)
            written = [event.step for event in read(tmp_path).Scalars("entropy/x")]
            assert written == list(range(epoch + 1)), "what is logged is on disk at once"
        callback.on_train_end()
    assert len(list(tmp_path.iterdir())) == 2


def test_pictures_of_many_cells_have_a_pixel_for_each() -> None:
    heads = np.random.default_rng(0).random((3, 2, 211))
    assert attention_images.tiles(heads).shape == (2, 3 * 211 + 2, 3)
    assert attention_images.tiles(heads[:1, :, :5]).shape == (2 * 38, 5 * 38, 3)


@pytest.mark.parametrize("size", [(1, 1), (3, 211), (211, 3)])
def test_png_is_read_by_another_program_as_it_was(size: tuple[int, int]) -> None:
    expected = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(attention_images.png(expected)))), expected)


def test_wrong_use_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1 epoch, not 0"):
        AttentionImages(tmp_path, None, dict, every=0)
    for array, match in (
        (np.ones(3), r"'x' has shape \(3,\), not \(batch, heads, T, S\)"),
        (np.ones((0, 3)), r"'x' has shape \(0, 3\)"),
        (np.full((2, 3), np.nan), "'x' is not finite"),
    ):
        with pytest.raises(ValueError, match=match):
            AttentionImages(tmp_path, None, lambda _, array=array: {"x": array}).on_epoch_end(0)


def test_without_tensorboard_the_error_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(ImportError, match="pip install tensorboard"):
        AttentionImages(tmp_path, None, dict)
