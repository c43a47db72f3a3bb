"""Files by ai-edge-quantizer 0.10, which can calibrate the body of a loop; TensorFlow's converter cannot.

It is no dependency: its files are larger than `dynamic`, and faster only where a large encoder has its convolutions
calibrated. `quantization.py` shows both.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from ai_edge_quantizer import calibrator, quantizer, recipe_manager  # pyright: ignore[reportMissingImports]

from heedful.apps.graph import flatbuffer
from heedful.apps.graph.buffers import share_buffers
from heedful.apps.quiet import quiet
from heedful.export.errors import ExportError
from heedful.export.signature import Arrays
from heedful.export.verification import interpreter, reason

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
VARIANTS = {  # which operators have fixed ranges of activations; the others find theirs when they run
    "8 bits, no operator calibrated": (),
    "8 bits, convolutions calibrated": CONVOLUTIONS,
    "8 bits, and dense layers": (*CONVOLUTIONS, "FULLY_CONNECTED"),
    "8 bits, all calibrated": ("*",),
}


def calibrated(content: bytes, examples: Mapping[str, Sequence[Arrays]], static: Sequence[str]) -> bytes:
    """The float32 graph in 8 bits. Raises `ExportError` where the quantizer or LiteRT gives up."""
    rules = recipe_manager.RecipeManager()
    rules.add_dynamic_config(".*", "*", 8)
    for operator in static:
        rules.add_static_config(".*", operator, 8, 8)
    try:
        with quiet():
            work = quantizer.Quantizer(with_unique_names(content), rules.get_quantization_recipe())
            by_profiler = calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED  # the other sees no loop body
            ranges = work.calibrate(dict(examples), num_threads=1, mode=by_profiler) if static else None
            made = with_shared_buffers(bytes(work.quantize(ranges, enable_progress_report=False).quantized_model))
            run = interpreter(made)
            for name, rows in examples.items():
                run.get_signature_runner(name)(**rows[0])
    except (ValueError, RuntimeError) as error:
        raise ExportError(reason(error)) from error
    return made


def with_unique_names(content: bytes) -> bytes:
    """It knows a tensor by its name, wherever it stands."""
    graph = flatbuffer.read(content)
    for place, subgraph in enumerate(graph.subgraphs):
        for index, tensor in enumerate(subgraph.tensors):
            tensor.name = f"{place}_{index}".encode()
    return flatbuffer.write(graph)


def with_shared_buffers(content: bytes) -> bytes:
    """It writes weights behind the flatbuffer, once for every subgraph that uses them."""
    graph = flatbuffer.read(content)
    for buffer in graph.buffers:
        if buffer.offset > 1:
            buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    share_buffers(graph)
    return flatbuffer.write(graph)
