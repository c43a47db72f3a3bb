"""The body that hears streams: a block by its formula in float64, and chunks of any size beside whole windows."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS, Config
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.network.chunks import Chunks, body_of
from heedful.recipes.speech_commands.network.stream import Block, StreamBody

BATCH, STEPS, WIDTH, HEADS, HIDDEN, KERNEL, SPAN = 2, 19, 12, 3, 17, 5, 4
LOST = KERNEL + SPAN - 2
SMALL = replace(
    PRESETS["stream"], clip_seconds=0.57, width=WIDTH, heads=HEADS, hidden=HIDDEN, stem=14, kernel=KERNEL, span=SPAN
)
numpy = keras.ops.convert_to_numpy


def shaken(layer: keras.layers.Layer, seed: int = 3) -> keras.layers.Layer:
    """Away from initial values; the running averages of normalizations, which are variances in part, stay positive."""
    rng = np.random.default_rng(seed)
    for variable in layer.weights:
        if "seed" in variable.path:
            continue
        drawn = rng.normal(0, 0.1, variable.shape)
        variable.assign(np.exp(drawn) if "variance" in variable.path else numpy(variable) + drawn)
    return layer


def weight(layer: keras.layers.Layer, name: str) -> np.ndarray:
    """The weight whose path ends so, in float64."""
    (found,) = [variable for variable in layer.weights if variable.path.endswith(name)]
    return numpy(found).astype(np.float64)


def layer_norm(block: keras.layers.Layer, name: str, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + 1e-3)
    return centred / scale * weight(block, f"{name}/gamma") + weight(block, f"{name}/beta")


def convolved(block: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    """Each step and those before it, in a loop over the kernel."""
    kernel = weight(block, "depthwise/kernel").reshape(KERNEL, WIDTH)
    last = x.shape[1] - KERNEL + 1
    local = sum(kernel[k] * x[:, k : k + last] for k in range(KERNEL))
    scale = weight(block, "batch_norm/gamma") / np.sqrt(weight(block, "batch_norm/moving_variance") + 1e-3)
    local = (local - weight(block, "batch_norm/moving_mean")) * scale + weight(block, "batch_norm/beta")
    local = np.maximum(local, 0.0) @ weight(block, "pointwise/kernel") + weight(block, "pointwise/bias")
    return x[:, KERNEL - 1 :] + local


def attended(block: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    """Query by query over the last `SPAN` steps; kernels are `(width, heads, width of a head)`."""
    normed = layer_norm(block, "norm_0", x)
    query, key, value = (
        np.einsum("btd,dhw->bthw", normed, weight(block, f"{name}/kernel")) + weight(block, f"{name}/bias")
        for name in ("query", "key", "value")
    )
    rows = []
    for t in range(SPAN - 1, x.shape[1]):
        seen = slice(t - SPAN + 1, t + 1)
        scores = np.einsum("bhw,bshw->bhs", query[:, t], key[:, seen]) / np.sqrt(WIDTH // HEADS)
        weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        heads = np.einsum("bhs,bshw->bhw", weights, value[:, seen])
        rows.append(np.einsum("bhw,hwo->bo", heads, weight(block, "output/kernel")) + weight(block, "output/bias"))
    return x[:, SPAN - 1 :] + np.stack(rows, axis=1)


def block_by_hand(block: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    x = attended(block, convolved(block, x))
    hidden = layer_norm(block, "norm_1", x) @ weight(block, "inner/kernel") + weight(block, "inner/bias")
    return x + np.maximum(hidden, 0.0) @ weight(block, "outer/kernel") + weight(block, "outer/bias")


@pytest.fixture(scope="module")
def block() -> Block:
    keras.utils.set_random_seed(1)
    block = Block(HEADS, HIDDEN, KERNEL, SPAN, 0.1)
    block.build((None, None, WIDTH))
    shaken(block)
    return block


def test_a_block_is_its_formula(block):
    x = np.random.default_rng(2).normal(0, 1, (BATCH, STEPS, WIDTH))
    wanted = block_by_hand(block, x)
    assert wanted.shape == (BATCH, STEPS - LOST, WIDTH)
    np.testing.assert_allclose(numpy(block(x.astype("float32"))), wanted, atol=2e-5)


@pytest.mark.parametrize("chunks", [[1] * STEPS, [5, 3, 11], [STEPS]])
def test_a_block_gives_chunk_by_chunk_what_its_formula_gives(block, chunks):
    """What zeros in the state give is left out: as many steps as the block looks back to."""
    x = np.random.default_rng(2).normal(0, 1, (BATCH, STEPS, WIDTH))
    state = {name: ops.zeros((BATCH, *shape[1:])) for name, shape in block.shapes(WIDTH).items()}
    found = []
    for part in np.split(x, np.cumsum(chunks)[:-1], axis=1):
        given, state = block.step(ops.convert_to_tensor(part, "float32"), state)
        assert given.shape == part.shape
        found.append(numpy(given))
    np.testing.assert_allclose(np.concatenate(found, axis=1)[:, LOST:], block_by_hand(block, x), atol=2e-5)
    assert {name: tuple(value.shape) for name, value in state.items()} == {
        "steps": (BATCH, KERNEL - 1, WIDTH),
        "keys": (BATCH, HEADS, SPAN - 1, WIDTH // HEADS),
        "values": (BATCH, HEADS, SPAN - 1, WIDTH // HEADS),
    }


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(2)
    model = build(SMALL, Knowledge({"labels": ["up", "down", "_unknown_"]}, {}))
    shaken(model.get_layer("classifier"))
    return model


def sound(samples: int) -> np.ndarray:
    """Noise that swells and dies away, float32 `(1, samples)`."""
    rng = np.random.default_rng(5)
    return (rng.normal(0, 0.2, samples) * np.sin(np.arange(samples) / 2000.0))[None].astype("float32")


def heard(chunks: Chunks, waveform: np.ndarray, sizes: list[int], state: dict) -> dict[int, dict[str, np.ndarray]]:
    """What is answered after each chunk, by where it ends; the state goes from one to the next."""
    found, end = {}, 0
    for size in sizes:
        end += size
        answer = chunks.answer(ops.convert_to_tensor(waveform[:, end - size : end]), state)
        state = {name: answer[name] for name in chunks.shapes}
        found[end] = {name: numpy(answer[name]) for name in ("probabilities", "attention")}
    return found


def test_chunks_of_any_number_of_steps_give_what_windows_give(model):
    chunks, samples = Chunks(model, body_of(model)), SMALL.front_end.samples
    sizes = [320 * steps for steps in (1, 7, 5, 2, 40, 1, 1, 3, 29, 5)]
    waveform = sound(sum(sizes))
    zeros = {name: np.zeros(shape, "float32") for name, shape in chunks.shapes.items()}
    found = {end: answer for end, answer in heard(chunks, waveform, sizes, zeros).items() if end >= samples}
    assert len(found) == 6
    for end, answer in found.items():
        window = model(waveform[:, end - samples : end], training=False)
        for name, value in answer.items():
            np.testing.assert_allclose(value, numpy(window[name]), atol=1e-5)
    assert np.ptp([answer["probabilities"] for answer in found.values()], axis=0).max() > 5e-4


def test_after_a_window_nothing_is_left_of_the_state_before(model):
    chunks, samples = Chunks(model, body_of(model)), SMALL.front_end.samples
    sizes, rng = [960] * (samples // 960 + 2), np.random.default_rng(7)
    waveform, found = sound(sum(sizes)), []
    for _ in range(2):
        state = {name: rng.normal(0, 3, shape).astype("float32") for name, shape in chunks.shapes.items()}
        found.append(heard(chunks, waveform, sizes, state))
    late = [end for end in found[0] if end >= samples]
    for end in late:
        np.testing.assert_array_equal(found[0][end]["probabilities"], found[1][end]["probabilities"])
    early = [end for end in found[0] if end < samples]
    assert max(np.abs(found[0][end]["probabilities"] - found[1][end]["probabilities"]).max() for end in early) > 1e-3


def test_attention_lies_where_its_steps_see(model):
    """Its places share the window evenly, and are 0 where no step that is pooled has its middle."""
    body = body_of(model)
    assert isinstance(body, StreamBody)
    attention = numpy(model(sound(SMALL.front_end.samples), training=False)["attention"])
    places = SMALL.pooled + 2 * body.margin
    assert attention.shape == (1, HEADS, places)
    assert not attention[..., : body.margin].any() and not attention[..., -body.margin :].any()
    np.testing.assert_allclose(attention.sum(axis=-1), 1.0, rtol=1e-5)
    assert abs(places * 320 - SMALL.front_end.samples) <= 320


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clip_seconds": 1.0}, r"clip_seconds=1 does not end with a step of `stream`: 0.99 does"),
        ({"clip_seconds": 0.25}, r"clip_seconds=0.25 and 2 blocks .* 2 of 10 steps must be left to pool, not -4"),
        ({"span": 1}, r"takes a kernel and a span of at least 2"),
        ({"chunk_ms": 30.0}, r"chunk_ms=30 is no multiple of 20 ms"),
        ({"chunk_ms": 5.0}, r"chunk_ms=5 is no multiple of 20 ms"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        replace(SMALL, **changes)
    assert "\n" not in str(error.value)
    Config(**changes)  # the other architectures do not mind


def test_other_models_have_no_body_for_streams():
    assert body_of(build(replace(PRESETS["tiny"], clip_seconds=0.37), Knowledge({"labels": ["a", "b"]}, {}))) is None
