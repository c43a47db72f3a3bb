"""Reads `TFLITE_METADATA`: what a file says of itself to MediaPipe, Android Studio and Netron."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import flatbuffers
from flatbuffers import encode, number_types

from heedful.apps.graph.tflite_metadata import IDENTIFIER, Audio, Content, ContentType, File, FileType, Model
from heedful.apps.graph.tflite_metadata import Subgraph as SubgraphField
from heedful.apps.graph.tflite_metadata import Tensor as TensorField

MOST_ENTRIES = 10_000  # of a vector; a longer one is damaged


@dataclass(frozen=True)
class AssociatedFile:
    """A file of the zip that belongs to the model or to a tensor."""

    name: str
    kind: str


@dataclass(frozen=True)
class TensorDescription:
    name: str
    description: str
    content: str  # "audio, 16000 Hz, 1 channel", say
    files: tuple[AssociatedFile, ...]


@dataclass(frozen=True)
class Metadata:
    name: str
    description: str
    version: str
    author: str
    license: str
    min_parser_version: str
    inputs: tuple[TensorDescription, ...]  # of subgraph 0
    outputs: tuple[TensorDescription, ...]
    files: tuple[AssociatedFile, ...]


def read_metadata(content: bytes) -> Metadata | None:
    """The metadata in the content of the entry; None where it cannot be read."""
    if content[4:8] != IDENTIFIER:
        return None
    try:
        return _model(Table(content, encode.Get(number_types.UOffsetTFlags.packer_type, content, 0)))
    except (ValueError, IndexError, TypeError, struct.error, OverflowError):
        return None


class Table:
    """A table of a flatbuffer by field numbers."""

    def __init__(self, content: bytes, place: int) -> None:
        self._table = flatbuffers.table.Table(content, place)

    def text(self, field: IntEnum) -> str:
        if not (at := self._at(field)):
            return ""
        value = self._table.String(at)
        return (value if isinstance(value, bytes) else bytes(value)).decode(errors="replace")

    def number(self, field: IntEnum, kind: Any) -> int:
        return int(self._table.Get(kind, at)) if (at := self._at(field)) else 0

    def table(self, field: IntEnum) -> "Table | None":
        return Table(self._table.Bytes, self._table.Indirect(at)) if (at := self._at(field)) else None

    def tables(self, field: IntEnum) -> list["Table"]:
        if not (offset := self._table.Offset(4 + 2 * field)):
            return []
        start, length = self._table.Vector(offset), self._table.VectorLen(offset)
        if length > MOST_ENTRIES:
            raise ValueError(f"{length} entries")
        return [Table(self._table.Bytes, self._table.Indirect(start + 4 * place)) for place in range(length)]

    def _at(self, field: IntEnum) -> int:
        offset = self._table.Offset(4 + 2 * field)
        return self._table.Pos + offset if offset else 0


def _model(table: Table) -> Metadata:
    subgraph = next(iter(table.tables(Model.SUBGRAPHS)), None)
    inputs = subgraph.tables(SubgraphField.INPUTS) if subgraph else []
    outputs = subgraph.tables(SubgraphField.OUTPUTS) if subgraph else []
    files = (*table.tables(Model.FILES), *(subgraph.tables(SubgraphField.FILES) if subgraph else ()))
    return Metadata(
        name=table.text(Model.NAME),
        description=table.text(Model.DESCRIPTION),
        version=table.text(Model.VERSION),
        author=table.text(Model.AUTHOR),
        license=table.text(Model.LICENSE),
        min_parser_version=table.text(Model.MIN_PARSER_VERSION),
        inputs=tuple(map(_tensor, inputs)),
        outputs=tuple(map(_tensor, outputs)),
        files=tuple(map(_file, files)),
    )


def _tensor(table: Table) -> TensorDescription:
    files = tuple(map(_file, table.tables(TensorField.FILES)))
    content = table.table(TensorField.CONTENT)
    return TensorDescription(
        table.text(TensorField.NAME), table.text(TensorField.DESCRIPTION), _content(content) if content else "", files
    )


def _content(table: Table) -> str:
    kind = table.number(Content.TYPE, number_types.Uint8Flags)
    properties = table.table(Content.PROPERTIES)
    if kind == ContentType.AUDIO and properties:
        rate = properties.number(Audio.SAMPLE_RATE, number_types.Uint32Flags)
        channels = properties.number(Audio.CHANNELS, number_types.Uint32Flags)
        return f"audio, {rate} Hz, {channels} channel{'s' if channels != 1 else ''}"
    known = kind in (ContentType.IMAGE, ContentType.BOUNDING_BOX, ContentType.AUDIO)
    return ContentType(kind).name.lower().replace("_", " ") if known else ""


def _file(table: Table) -> AssociatedFile:
    kind = table.number(File.TYPE, number_types.Int8Flags)
    known = kind in FileType.__members__.values()
    return AssociatedFile(table.text(File.NAME), FileType(kind).name.lower().replace("_", " ") if known else "file")
