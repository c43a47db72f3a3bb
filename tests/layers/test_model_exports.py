"""A small part of the compositions through the exports of Keras, so that the program of all of them keeps working."""

import keras
import model_exports
import pytest
from compositions import Call, calls, calls_without_normalizer

BACKEND = keras.backend.backend()
NAMES = (
    "additive_entmax15_2_relative",
    "chunked_local_activation_entmax15_1_none",
    "pooling_entmax15_last",
    "pooling_entmax15_heads",
)


def some_of_them() -> dict[str, Call]:
    """A score in one piece and one in chunks, with and without heads and a position bias, a pooling, and a fusion."""
    every = calls("entmax15") | calls_without_normalizer()
    return {name: every[name] for name in (*NAMES, "gated_fusion")}


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only the TensorFlow backend exports to TFLite")
@pytest.mark.parametrize("how", ["litert", pytest.param("tf_saved_model", marks=pytest.mark.long)])
def test_any_batch_and_lengths_through_tflite(how: str) -> None:
    pytest.importorskip("ai_edge_litert.interpreter")
    assert model_exports.failures(some_of_them(), how, lengths=True) == []


@pytest.mark.long
@pytest.mark.skipif(BACKEND != "tensorflow", reason="only the TensorFlow backend exports to TFLite")
def test_every_score_with_a_normalizer_through_tflite() -> None:
    pytest.importorskip("ai_edge_litert.interpreter")
    assert model_exports.failures(calls("sparsemax"), "litert", lengths=True) == []


@pytest.mark.skipif(BACKEND != "torch", reason="ONNX is written by PyTorch")
@pytest.mark.parametrize("lengths", [False, True])
def test_any_batch_through_onnx(lengths: bool) -> None:
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    assert model_exports.failures(some_of_them(), "onnx", lengths) == []


def test_what_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    if BACKEND != "tensorflow":
        pytest.skip("only the TensorFlow backend exports to TFLite")
    pytest.importorskip("ai_edge_litert.interpreter")
    monkeypatch.setattr(model_exports, "ALLOWED", -1.0)
    dice = {"dice": calls_without_normalizer()["dice"]}
    assert [line.split(":")[0] for line in model_exports.failures(dice, "litert", lengths=False)] == ["dice"]
