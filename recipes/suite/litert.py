"""From a Keras model to a `.tflite` that has been run: nothing is returned that LiteRT has not answered with.

The converter reports success on graphs that lost their weights, need operators no phone has, or answer NaN. So the
content is taken apart (operators of every subgraph, shapes and types of every signature, size against the parameters)
and run on real inputs beside Keras before anybody writes it to a file.
"""

import errno
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from heedful.apps.quiet import quiet
from heedful.recipes.contract import Arrays, Signature
from heedful.recipes.shared.errors import WorkFailed

TOLERANCE = 1e-4  # largest difference between LiteRT and Keras in a float32 file, of the largest number above 1
BORDER_TYPES = ("float32", "int32", "uint8")  # what every runtime, the browser's included, accepts
VARIABLE_OPERATORS = {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"}


class ExportError(WorkFailed):
    """The exported file would not do what the model does; the message says why, and no file is written."""


class Exporter:
    """A model traced once, to be converted to one or several kinds of `.tflite`, each verified. Needs the TensorFlow
    backend.

    `examples` are real inputs by signature: they go through Keras and LiteRT, and calibrate `int8`.
    Raises `ExportError` when a weight is not finite or a signature has no example.
    """

    def __init__(
        self, model: keras.Model, signatures: Mapping[str, Signature], examples: Mapping[str, Sequence[Arrays]],
        float_layers: Sequence[str] = (),
    ):  # fmt: skip
        check_weights(model)
        untried = [name for name in signatures if not examples.get(name)]
        if untried:
            raise ExportError(f"there is no example to run the signature {untried[0]} with")
        self.parameters = model.count_params()
        self.signatures, self.examples, self.float_layers = signatures, examples, float_layers
        self.folder = tempfile.TemporaryDirectory()
        compiled = write_saved_model(model, signatures, self.folder.name)
        self.expected = {
            name: [
                # The first by Keras as it stands, so that what tracing got wrong shows; it is slow where words are
                # written one by one.
                answer(compiled[name] if index else signatures[name].function, signatures[name].inputs, row)
                for index, row in enumerate(rows)
            ]
            for name, rows in examples.items()
        }

    def export(self, quantize: str = "none") -> bytes:
        """The content of a verified file. Raises `ExportError` with the reason when it is not what it should be."""
        content = without_names(self.convert(quantize))
        check_operators(content)
        check_size(content, self.parameters, quantize)
        check_border(content)
        check_outputs(content, self.examples, self.expected, TOLERANCE if quantize == "none" else None)
        return content

    def convert(self, quantize: str) -> bytes:
        """The converter's output, unchecked. Raises `ExportError` for what has no builtin operator."""
        converter = self._converter(quantize)
        try:
            with quiet():
                if quantize == "int8" and self.float_layers:
                    return self._int8_but_for_float_layers(converter)
                return converter.convert()
        except Exception as error:
            raise ExportError(f"the graph cannot be built from builtin operators: {_reason(error)}") from error

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

    def _calibration(self):
        for name, rows in self.examples.items():
            for row in rows:
                yield name, dict(row)

    def _int8_but_for_float_layers(self, converter: Any) -> bytes:
        """TensorFlow's quantization debugger is its public way to leave parts of a graph in float."""
        import tensorflow as tf

        tensors = tensor_names(self._converter("none").convert())
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


def write_saved_model(
    model: keras.Model, signatures: Mapping[str, Signature], folder: str
) -> dict[str, Callable[..., dict[str, Any]]]:
    """A SavedModel with named entry points. `ExportArchive` tracks the weights, which `tf.Module` alone would lose.

    Returns the compiled function of each.
    """
    import tensorflow as tf

    archive, functions = keras.export.ExportArchive(), {}
    archive.track(model)
    for name, signature in signatures.items():
        specs = [tf.TensorSpec(shape, dtype, name=key) for key, (shape, dtype) in signature.inputs.items()]
        functions[name] = archive.add_endpoint(name, signature.function, input_signature=specs)
    try:
        archive.write_out(folder, verbose=False)
    except tf.errors.OpError as error:
        if "No space left" not in error.message and "File too large" not in error.message:
            raise
        reason = f"no space left to write the temporary folder {folder}: free some, or set TMPDIR"
        raise OSError(errno.ENOSPC, reason) from error
    return functions


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if "error:" in line or "Flex" in line or "ops:" in line]
    return " ".join(lines[:2] or str(error).splitlines()[:1])[:300]


def check_weights(model: keras.Model) -> None:
    """Raises `ExportError` when a weight is NaN or infinite."""
    for variable in model.variables:
        value = keras.ops.convert_to_numpy(variable.value)
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            raise ExportError(f"the weight {variable.path} holds NaN or infinite numbers: the training diverged")


def tensor_names(content: bytes) -> list[str]:
    """Names of the tensors that operators give, over all subgraphs."""
    return [
        subgraph.tensors[index].name.decode()
        for subgraph in parsed(content).subgraphs
        for operator in subgraph.operators
        for index in operator.outputs
    ]


def without_names(content: bytes) -> bytes:
    """The same graph without the names of its tensors: no runtime needs them, and they are a tenth of a small file.

    The signatures keep theirs.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    graph = flatbuffer_utils.convert_bytearray_to_object(content)
    for subgraph in graph.subgraphs:
        for tensor in subgraph.tensors:
            tensor.name = b""
    return bytes(flatbuffer_utils.convert_object_to_bytearray(graph))


def parsed(content: bytes) -> Any:
    """The flatbuffer as objects."""
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


def operators(content: bytes) -> dict[str, int]:
    """How often each operator occurs, over all subgraphs: loop bodies and every signature included."""
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    graph = parsed(content)
    count: dict[str, int] = {}
    for subgraph in graph.subgraphs:
        for operator in subgraph.operators:
            code = graph.operatorCodes[operator.opcodeIndex]
            name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            if name == "CUSTOM":
                name = f"CUSTOM:{(code.customCode or b'').decode()}"
            count[name] = count.get(name, 0) + 1
    return dict(sorted(count.items()))


def check_operators(content: bytes) -> None:
    """Raises `ExportError` for custom and Flex operators, and for variables (the sign of lost weights)."""
    found = operators(content)
    custom = [name for name in found if name.startswith("CUSTOM")]
    if custom:
        raise ExportError(f"the graph needs operators that a stock runtime does not have: {', '.join(custom)}")
    variables = sorted(VARIABLE_OPERATORS & set(found))
    if variables:
        raise ExportError(
            f"the graph holds variables instead of weights ({', '.join(variables)}): the weights were lost"
        )


def check_size(content: bytes, parameters: int, quantize: str) -> None:
    """Raises `ExportError` when the file is too small to hold its parameters."""
    smallest = parameters * {"none": 4, "float16": 2}.get(quantize, 1) * 0.9
    if len(content) < smallest:
        raise ExportError(
            f"the file has {len(content):,} bytes, {parameters:,} parameters need {smallest:,.0f}: weights are missing"
        )


def check_border(content: bytes) -> None:
    """Raises `ExportError` for shapes that are not static and for types that a browser refuses."""
    run = interpreter(content)
    for name in run.get_signature_list():
        runner = run.get_signature_runner(name)
        for key, detail in (*runner.get_input_details().items(), *runner.get_output_details().items()):
            shape, dtype = list(detail["shape_signature"]), np.dtype(detail["dtype"]).name
            if -1 in shape or dtype not in BORDER_TYPES:
                allowed = ", ".join(BORDER_TYPES)
                raise ExportError(f"{name}: {key} is {dtype} {shape}, not of static shape and {allowed}")


def check_outputs(
    content: bytes, examples: Mapping[str, Sequence[Arrays]], expected: Mapping[str, Sequence[Arrays]],
    tolerance: float | None,
) -> None:  # fmt: skip
    """Runs every signature in LiteRT on `examples`, whose answers by Keras are `expected`.

    Raises `ExportError` for outputs that are not finite and, where `tolerance` is given, for larger differences.
    """
    run = interpreter(content)
    for name, rows in examples.items():
        runner = run.get_signature_runner(name)
        for row, wanted in zip(rows, expected[name], strict=True):
            for key, value in runner(**row).items():
                if not np.isfinite(value).all():
                    raise ExportError(f"{name}: the output {key} is not finite on a real input")
                difference = float(np.max(np.abs(value - wanted[key])))
                size = max(1.0, float(np.max(np.abs(wanted[key]))))  # float32 has seven digits, whatever the size
                if tolerance is not None and difference > tolerance * size:
                    raise ExportError(
                        f"{name}: the output {key} differs from Keras by {difference:.2g}, more than {tolerance:g} "
                        f"of {size:.3g}"
                    )


def interpreter(content: bytes):
    """LiteRT on one thread, tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quiet():
            run = Interpreter(model_content=content, num_threads=1)
            run.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ExportError(f"LiteRT cannot run the file: {_reason(error)}") from error
    return run


def latency_ms(content: bytes, signature: str, examples: Sequence[Arrays], runs: int = 50) -> float:
    """Median milliseconds of one call on one thread of this machine, after a warm-up."""
    runner = interpreter(content).get_signature_runner(signature)
    times = []
    for i in range(runs + 5):
        start = time.perf_counter()
        runner(**examples[i % len(examples)])
        times.append(time.perf_counter() - start)
    return float(np.median(times[5:]) * 1000)
