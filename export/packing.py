"""One file of a verified graph: what people and apps must know rides in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heedful.apps.files import atomic_path
from heedful.apps.graph import flatbuffer, tflite_metadata
from heedful.apps.graph.carrying import carrying
from heedful.apps.graph.entries import add_entry
from heedful.apps.graph.tflite_metadata import FileType
from heedful.apps.model_file import ModelFile
from heedful.export import verification
from heedful.export.about import About
from heedful.export.exporter import Exporter
from heedful.export.tflite_metadata import tflite_metadata as described


def packed(content: bytes, card: Mapping[str, Any], files: Mapping[str, bytes], about: About) -> bytes:
    """The file of a graph: the card, `TFLITE_METADATA`, and the attached `files`.

    Those that hold labels stand in the flatbuffer, too. Equal arguments give equal bytes.
    """
    graph = flatbuffer.read(content)
    main = graph.signatureDefs[0]
    inputs = [item.name.decode() for item in main.inputs]
    outputs = {item.name.decode(): kind_of_labels(graph, main, item) for item in main.outputs}
    add_entry(graph, tflite_metadata.ENTRY, described(about, inputs, outputs))
    return carrying(graph, card, files, about.labels.values())


def kind_of_labels(graph: Any, signature: Any, output: Any) -> FileType:
    """What labels of an output name: its values where they are whole numbers, else the places of its last axis."""
    type_ = graph.subgraphs[signature.subgraphIndex].tensors[output.tensorIndex].type
    return FileType.AXIS_LABELS if type_ == flatbuffer.schema().TensorType.FLOAT32 else FileType.VALUE_LABELS


def write_verified(path: Path, content: bytes, exporter: Exporter, quantize: str) -> None:
    """Writes a packed file, after it was opened and run once more as it is. Raises `ExportError`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
        ModelFile(temporary)  # it opens and is whole
        examples = {name: rows[:1] for name, rows in exporter.examples.items()}
        expected = {name: rows[:1] for name, rows in exporter.expected.items()}
        verification.check_outputs(content, examples, expected, quantize)
