"""A SavedModel of a Keras model: what TensorFlow's converter reads."""

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from heedful.export.signature import Signature


def write_saved_model(
    model: keras.Model, signatures: Mapping[str, Signature], folder: str
) -> dict[str, Callable[..., dict[str, Any]]]:
    """A SavedModel with named entry points. `ExportArchive` tracks the weights, which `tf.Module` alone would lose.

    Returns the compiled function of each. Raises `OSError` where no space is left.
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


def has_loop(folder: str) -> bool:
    """Whether a signature of a SavedModel holds a loop."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved = SavedModel.FromString(Path(folder, "saved_model.pb").read_bytes())
    graphs = [meta.graph_def for meta in saved.meta_graphs]
    nodes = [
        node
        for graph in graphs
        for part in (graph.node, *(f.node_def for f in graph.library.function))
        for node in part
    ]
    return any(node.op in ("While", "StatelessWhile") for node in nodes)
