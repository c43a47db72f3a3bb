"""From a Keras model to the graph of a `.tflite` that has been run: nothing is returned that LiteRT has not answered
with.

The converter reports success on graphs that lost their weights, need operators no phone has, or answer NaN. So what it
gives is mended (`mending.py`), taken apart (rules, size against the parameters) and run on real inputs beside Keras
(`verification.py`) before anybody writes it to a file.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from heedful.apps.graph import flatbuffer
from heedful.apps.quiet import quiet
from heedful.export import verification
from heedful.export.errors import ExportError
from heedful.export.mending import mend
from heedful.export.saved_model import has_loop, write_saved_model
from heedful.export.signature import Arrays, Signature

QUANTIZATIONS = ("none", "float16", "dynamic", "int8")


class Exporter:
    """A model traced once, to be converted to one or several kinds of `.tflite`, each verified. Needs the TensorFlow
    backend.

    The first of `signatures` is the main answer. `examples` are real inputs by signature: they go through Keras and
    LiteRT, and calibrate `int8`, which leaves the layers named in `float_layers` in float.
    Raises `ExportError` when a weight is not finite or a signature has no example.
    """

    def __init__(
        self, model: keras.Model, signatures: Mapping[str, Signature], examples: Mapping[str, Sequence[Arrays]],
        float_layers: Sequence[str] = (),
    ):  # fmt: skip
        if (backend := keras.backend.backend()) != "tensorflow":
            raise ExportError(f"the export runs under the TensorFlow backend, and this is {backend}")
        verification.check_weights(model)
        untried = [name for name in signatures if not examples.get(name)]
        if untried:
            raise ExportError(f"there is no example to run the signature {untried[0]} with")
        self.signatures, self.examples, self.float_layers = signatures, examples, float_layers
        # By Keras as it stands, so that what tracing got wrong shows. The others are asked compiled, for that is slow
        # where words are written one by one.
        first = {name: answer(item.function, item.inputs, examples[name][0]) for name, item in signatures.items()}
        model.built = True  # now, also where it was never called, but only asked through its signatures
        self.parameters = sum(int(np.prod(variable.shape)) for variable in model.variables)
        self.folder = tempfile.TemporaryDirectory()
        compiled = write_saved_model(model, signatures, self.folder.name)
        self.expected = {
            name: [first[name], *(answer(compiled[name], item.inputs, row) for row in examples[name][1:])]
            for name, item in signatures.items()
        }

    @property
    def main(self) -> str:
        """The signature of the main answer."""
        return next(iter(self.signatures))

    def export(self, quantize: str = "none") -> bytes:
        """The content of a verified file. Raises `ExportError` with the reason when it is not what it should be."""
        outputs = {name: list(rows[0]) for name, rows in self.expected.items()}
        content = flatbuffer.write(mend(flatbuffer.read(self.convert(quantize)), outputs))
        verification.check_size(content, self.parameters, quantize)
        verification.check_rules(content, self.main)
        verification.check_outputs(content, self.examples, self.expected, quantize)
        return content

    def convert(self, quantize: str) -> bytes:
        """The converter's output, unchecked. Raises `ExportError` for what has no builtin operator."""
        if quantize == "int8" and has_loop(self.folder.name):
            # TFLite ends the whole process there (measured with TensorFlow 2.21).
            raise ExportError(
                "int8 is calibrated step by step, which TFLite cannot do in a loop: quantize to dynamic, or write the "
                "loop out (unroll=True of LocationScore, chunk_size=None of Attention)"
            )
        converter = self._converter(quantize)
        try:
            with quiet():
                if quantize == "int8" and self.float_layers:
                    return self._int8_but_for_float_layers(converter)
                return converter.convert()
        except Exception as error:
            reason = verification.reason(error)
            raise ExportError(f"the graph cannot be built from builtin operators: {reason}") from error

    def _converter(self, quantize: str) -> Any:
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(self.folder.name, signature_keys=list(self.signatures))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantize == "int8":
            converter.representative_dataset = self._calibration
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
        return converter

    def _calibration(self) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for name, rows in self.examples.items():
            for row in rows:
                yield name, dict(row)

    def _int8_but_for_float_layers(self, converter: Any) -> bytes:
        """TensorFlow's quantization debugger is its public way to leave parts of a graph in float."""
        import tensorflow as tf

        tensors = given_tensors(flatbuffer.read(self._converter("none").convert()))
        kept = [name for name in tensors if any(f"/{layer}" in f"/{name}" for layer in self.float_layers)]
        options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=kept)
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter, debug_dataset=self._calibration, debug_options=options
        )
        return debugger.get_nondebug_quantized_model()


def answer(function: Callable[..., dict[str, Any]], inputs: Iterable[str], row: Arrays) -> dict[str, np.ndarray]:
    """What Keras answers to one example."""
    outputs = function(*(keras.ops.convert_to_tensor(row[name]) for name in inputs))
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}


def given_tensors(graph: Any) -> list[str]:
    """Names of the tensors that operators give, over all subgraphs."""
    return [
        subgraph.tensors[index].name.decode()
        for subgraph in graph.subgraphs
        for operator in subgraph.operators
        for index in operator.outputs
    ]
