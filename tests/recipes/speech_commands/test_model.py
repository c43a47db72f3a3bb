"""Every preset: its size is the published one, its attention is one, and its file answers like Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from heedful.apps.graph.flatbuffer import operators_of
from heedful.apps.graph.rules import VARIABLE_OPERATORS
from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.export.exporter import Exporter
from heedful.export.verification import TOLERANCE, interpreter
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import ARCHITECTURES, PRESETS, Config
from heedful.recipes.speech_commands.model import PAPERS, build
from heedful.recipes.suite.discovery import Recipe

RECIPE = Recipe("speech_commands")
LABELS, CLIPS = 12, 3
LAYERS = {"blocks": 2, "clip_seconds": 0.37}  # enough of each architecture for what its size does not change
SMALL = {
    "conv_attention": replace(PRESETS["tiny"], **LAYERS),
    "kwt": replace(PRESETS["kwt1"], **LAYERS, heads=2),
    "mhatt_rnn": replace(PRESETS["mhatt_rnn"], **LAYERS, width=12, heads=3, hidden=10),
    "stream": replace(PRESETS["stream"], **LAYERS, kernel=3, span=3),
}
numpy = keras.ops.convert_to_numpy


def known(labels: int = LABELS) -> Knowledge:
    return Knowledge({"labels": [f"word {i}" for i in range(labels)]}, {})


def waveforms(front_end: FrontEnd) -> np.ndarray:
    """Noise, digital silence and a full-scale square wave, `(CLIPS, samples)`."""
    rng = np.random.default_rng(4)
    square = np.sign(np.sin(np.arange(front_end.samples) / 13.0))
    return np.stack([rng.normal(0, 0.1, front_end.samples), 0 * square, square]).astype("float32")


def answers(model: keras.Model, config: Config) -> dict[str, np.ndarray]:
    return {name: numpy(value) for name, value in model(waveforms(config.front_end), training=False).items()}


def nudged(model: keras.Model) -> keras.Model:
    """The model away from its initial values, where zero biases and equal weights hide mistakes."""
    rng = np.random.default_rng(6)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, 0.05, variable.shape))
    return model


@pytest.fixture(scope="module", params=SMALL.values(), ids=list(SMALL))
def small(request) -> tuple[Config, keras.Model]:
    keras.utils.set_random_seed(1)
    return request.param, nudged(build(request.param, known()))


@pytest.mark.parametrize(
    ("preset", "labels", "published", "tolerance"),
    [
        ("tiny", 12, 66_500, 0.01),
        ("base", 12, 447_000, 0.01),
        ("kwt1", 35, 607_000, 0.01),  # Berg et al. 2021
        ("mhatt_rnn", 12, 750_000, 0.02),  # kws_streaming with 98 frames, as here
        ("stream", 12, 124_000, 0.01),
    ],
)
def test_parameters_are_the_published_ones(preset, labels, published, tolerance):
    model = build(PRESETS[preset], known(labels))
    assert model.count_params() == pytest.approx(published, rel=tolerance)
    assert model.get_layer("probabilities").output.shape == (None, labels)


def test_labels_are_compared_with_the_embedding_by_their_cosines(small):
    config, model = small
    if config.architecture in PAPERS:
        return
    found = {name: value.astype(np.float64) for name, value in answers(model, config).items()}
    directions = np.array(model.get_layer("classifier").get_layer("logits").directions, np.float64)
    np.testing.assert_allclose(np.square(found["embedding"]).sum(axis=1), 1.0, rtol=1e-5)
    logits = 16 * found["embedding"] @ directions / np.linalg.norm(directions, axis=0)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-4)


def test_there_is_a_preset_of_every_architecture():
    assert {config.architecture for config in PRESETS.values()} == set(ARCHITECTURES) == set(SMALL)


def test_probabilities_and_attention(small):
    config, model = small
    found = answers(model, config)
    frames = config.front_end.frames if config.architecture in PAPERS else (config.front_end.frames + 1) // 2
    embedding = {} if config.architecture in PAPERS else {"embedding": ((CLIPS, config.width), np.float32)}
    assert {name: (value.shape, value.dtype) for name, value in found.items()} == {
        "probabilities": ((CLIPS, LABELS), np.float32),
        "attention": ((CLIPS, config.heads, frames), np.float32),
        **embedding,
    }
    np.testing.assert_allclose(found["probabilities"].sum(axis=-1), 1.0, rtol=1e-5)
    total = found["attention"].sum(axis=-1)
    assert (found["attention"] >= 0).all()
    if config.architecture == "kwt":  # the class token looks at itself, too
        assert (total < 1.0).all() and (total > 0.5).all()
    else:
        np.testing.assert_allclose(total, 1.0, rtol=1e-5)


def test_clips_do_not_mix(small):
    config, model = small
    together, clips = answers(model, config), waveforms(config.front_end)
    for i in range(CLIPS):
        alone = model(clips[i : i + 1], training=False)
        for name, value in alone.items():
            np.testing.assert_allclose(numpy(value)[0], together[name][i], atol=1e-5)


def test_attention_follows_a_sound_through_time(small):
    """A burst in the clip's first third and one in its last must not be attended to alike."""
    config, model = small
    clips = np.zeros((2, config.front_end.samples), "float32")
    third = config.front_end.samples // 3
    burst = np.random.default_rng(8).normal(0, 0.3, third)
    clips[0, :third], clips[1, -third:] = burst, burst
    attention = numpy(model(clips, training=False)["attention"])
    assert np.abs(attention[0] - attention[1]).max() > 1e-4  # untrained weights hardly leave the mean


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_is_finite_and_close(small, precision):
    config, model = small
    keras.config.set_dtype_policy(precision)
    try:
        mixed = build(config, known())
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(model.get_weights())
    wanted, found = answers(model, config), answers(mixed, config)
    for name, tolerance in (("probabilities", 0.05), ("attention", 0.05)):
        assert found[name].dtype == np.float32 and np.isfinite(found[name]).all()
        np.testing.assert_allclose(found[name], wanted[name], atol=tolerance)
    np.testing.assert_allclose(found["probabilities"].sum(axis=-1), 1.0, rtol=1e-5)


def test_keras_file_round_trip(small, tmp_path):
    config, model = small
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    before, after = answers(model, config), answers(again, config)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
@pytest.mark.long  # the contract test exports tiny
@pytest.mark.parametrize("preset", ["base", "kwt1", "mhatt_rnn", "stream"])
def test_every_preset_exports_whole(preset):
    """float32: builtin operators only, LiteRT within 1e-4 of Keras; `Exporter` refuses anything else."""
    keras.utils.set_random_seed(2)
    config = PRESETS[preset]
    model = nudged(build(config, known()))
    clips = [{"waveform": clip[None]} for clip in waveforms(config.front_end)]
    rows = RECIPE.export.examples(model, clips)
    exporter = Exporter(model, RECIPE.export.signatures(model), rows, RECIPE.export.FLOAT_LAYERS)
    content = exporter.export()
    found = operators_of(content)
    assert not [name for name in found if name.startswith("CUSTOM") or name in VARIABLE_OPERATORS]
    assert ("WHILE" in found) == (config.architecture == "mhatt_rnn")
    runner = interpreter(content).get_signature_runner("classify")
    for row, wanted in zip(rows["classify"], exporter.expected["classify"], strict=True):
        for name, value in runner(**row).items():
            np.testing.assert_allclose(value, wanted[name], atol=TOLERANCE)
