"""The log-mel layer against its definition in float64 NumPy, and through the quantizations that once destroyed it."""

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from heedful.apps.audio import read
from heedful.apps.graph import flatbuffer
from heedful.apps.speech_commands.log_mel import FLOOR, FrontEnd, log_mel, mel_matrix
from heedful.export.exporter import Exporter
from heedful.export.signature import Signature
from heedful.recipes.speech_commands.config import PRESETS
from heedful.recipes.speech_commands.data import SAMPLE
from heedful.recipes.speech_commands.network.front_end import NEVER_QUANTIZED, LogMel, blocks

SAMPLES, FRAMES, BANDS = 3001, 16, 23
SMALL = FrontEnd(rate=8000, samples=SAMPLES, window=241, hop=181, fft=256, bands=BANDS, low=20.0, high=3800.0)
FULL = PRESETS["tiny"].front_end
FRONT_ENDS = {
    "full": FULL,
    "small": SMALL,
    "48 kHz": FrontEnd(rate=48000, samples=48000, window=1440, hop=480, fft=2048, bands=80, low=0.0, high=24000.0),
    "empty bands": FrontEnd(rate=16000, samples=1000, window=61, hop=53, fft=64, bands=40, low=20.0, high=7600.0),
    "one band": FrontEnd(rate=16000, samples=1000, window=61, hop=53, fft=64, bands=1, low=20.0, high=8000.0),
}
QUIET = 0.003  # of full scale: a speaker far from the microphone


def signals(front_end: FrontEnd) -> dict[str, np.ndarray]:
    """Waveforms `(samples,)`: what a microphone and a test bench give, and the extremes."""
    rng = np.random.default_rng(11)
    time = np.arange(front_end.samples) / front_end.rate
    return {
        "noise": rng.normal(0, 0.1, front_end.samples),
        "quiet noise": rng.normal(0, 1e-4, front_end.samples),
        "tone": 0.5 * np.sin(2 * np.pi * 441.0 * time),
        "chirp": 0.9 * np.sin(2 * np.pi * (100.0 + 900.0 * time) * time),
        "full scale": np.sign(np.sin(2 * np.pi * 97.0 * time)),
        "digital silence": np.zeros(front_end.samples),
    }


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_the_layer_is_the_definition(front_end):
    waveforms = np.stack(list(signals(front_end).values())).astype("float32")
    features = keras.ops.convert_to_numpy(LogMel(front_end)(waveforms))
    assert features.shape == (len(waveforms), front_end.frames, front_end.bands)
    # A float32 spectrum carries an error in proportion to its loudest bin, about 1e-7 of a few hundred, which the
    # logarithm shows where a band is nearly empty: between loud harmonics, that is, and nowhere else.
    for name, found, wanted in zip(signals(front_end), features, log_mel(waveforms, front_end), strict=True):
        audible = np.exp(wanted) > 1e-3 * np.exp(wanted).max(axis=-1, keepdims=True)
        np.testing.assert_allclose(found[audible], wanted[audible], atol=1e-4, err_msg=name)
        np.testing.assert_allclose(np.exp(found), np.exp(wanted), rtol=1e-4, atol=2e-4, err_msg=name)


def test_digital_silence_is_the_floor():
    features = keras.ops.convert_to_numpy(LogMel(SMALL)(np.zeros((2, SAMPLES), "float32")))
    assert features.shape == (2, FRAMES, BANDS)
    np.testing.assert_allclose(features, np.log(FLOOR), rtol=1e-6)


def test_configuration_and_precision_survive():
    layer = LogMel(SMALL, name="log_mel")
    again = LogMel.from_config(layer.get_config())
    assert (again.front_end, again.name) == (SMALL, "log_mel")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert LogMel(SMALL).compute_dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("largest", [NEVER_QUANTIZED, 300])
@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_blocks_are_small_and_make_up_the_matrix(front_end, largest):
    matrix = mel_matrix(front_end)
    built, band = np.zeros_like(matrix), 0
    for start, stop, filters in blocks(matrix, largest):
        assert filters.shape[0] == stop - start and filters.size <= largest
        built[start:stop, band : band + filters.shape[1]] = filters
        band += filters.shape[1]
    assert band == front_end.bands
    np.testing.assert_array_equal(built, matrix)


def test_there_are_bands_without_a_bin_to_test_with():
    assert not mel_matrix(FRONT_ENDS["empty bands"]).any(axis=0).all()


class WholeMatrix(LogMel):
    """The obvious way to write it, which 8 bits destroy."""

    def build(self, input_shape):
        super().build(input_shape)
        self.mel_blocks = [(0, self.front_end.bins, mel_matrix(self.front_end))]


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Quiet words `(clips, samples)`, and loud ones, so that the calibration sees the range it will meet."""
    files = sorted((SAMPLE / "test" / "yes").glob("*.flac"))[:3]
    clips = np.stack([np.resize(read(path, FULL.rate), FULL.samples) for path in files])
    return np.concatenate([clips * QUIET / np.abs(clips).max(), clips]).astype("float32")


def worst_error(layer: type[LogMel], float_layers: tuple[str, ...], quantize: str, speech: np.ndarray) -> float:
    """Largest error of the features of quiet speech inside a `.tflite` of log-mel and one dense layer."""
    keras.utils.set_random_seed(3)
    waveform = keras.Input((FULL.samples,))
    model = keras.Model(waveform, {"y": keras.layers.Dense(31)(layer(FULL, name="log_mel")(waveform))})
    signature = Signature(lambda waveform: model(waveform), {"waveform": ((1, FULL.samples), "float32")})
    rows = {"ask": [{"waveform": clip[None]} for clip in speech]}
    content = Exporter(model, {"ask": signature}, rows, float_layers).export(quantize)
    quiet = speech[: len(speech) // 2]
    return max(float(np.abs(after_logarithm(content, clip[None]) - log_mel(clip, FULL)).max()) for clip in quiet)


def after_logarithm(content: bytes, waveform: np.ndarray) -> np.ndarray:
    """What the graph's only logarithm gives. As an output of the file it would not be the same graph."""
    graph = flatbuffer.read(content)
    subgraph = graph.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in graph.operatorCodes]
    (log,) = [op for op in subgraph.operators if codes[op.opcodeIndex] == schema.BuiltinOperator.LOG]
    run = Interpreter(model_content=content, experimental_preserve_all_tensors=True)
    run.allocate_tensors()
    run.set_tensor(run.get_input_details()[0]["index"], waveform)
    run.invoke()
    value = run.get_tensor(log.outputs[0])
    if value.dtype != np.int8:
        return value
    quantization = subgraph.tensors[log.outputs[0]].quantization
    return (value.astype(float) - quantization.zeroPoint[0]) * quantization.scale[0]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
@pytest.mark.parametrize("quantize", ["dynamic", "int8"])
def test_quiet_speech_survives_quantization(quantize, speech):
    """Measured on a trained model: 96.4 % in float fell to 88.9 % (dynamic) and 45 % (int8) in the obvious form."""
    assert worst_error(LogMel, ("log_mel",), quantize, speech) < 0.02
    assert worst_error(WholeMatrix, (), quantize, speech) > 1.0
