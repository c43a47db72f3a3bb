"""Writes `TFLITE_METADATA` for the main answer: its names, what its inputs are, and where its labels lie.

With it MediaPipe's AudioClassifier runs a speech model as it is, and Android Studio and Netron show the labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np

from heedful.apps.graph.tflite_metadata import (
    IDENTIFIER,
    Audio,
    ColorSpace,
    Content,
    ContentType,
    File,
    FileType,
    Image,
    Model,
    Normalization,
    ProcessUnit,
    ProcessUnitType,
    Subgraph,
    Tensor,
)
from heedful.export.about import About, Picture, Sound

MIN_PARSER_VERSION = "1.3.0"  # the first with sounds


def tflite_metadata(about: About, inputs: Sequence[str], outputs: Mapping[str, FileType]) -> bytes:
    """The content of the entry. `inputs` and `outputs` are all those of the main answer, in order, outputs with what
    their labels would name: places of the last axis, or values.
    """
    build = Tables()
    described = [build.tensor(name, about.inputs.get(name), None) for name in inputs]
    answered = [
        build.tensor(name, None, build.labels(about.labels[name], kind) if name in about.labels else None)
        for name, kind in outputs.items()
    ]
    subgraph = build.table({Subgraph.INPUTS: build.vector(described), Subgraph.OUTPUTS: build.vector(answered)})
    texts = {Model.NAME: about.name, Model.DESCRIPTION: about.description, Model.MIN_PARSER_VERSION: MIN_PARSER_VERSION}
    model = build.table({**build.strings(texts), Model.SUBGRAPHS: build.vector([subgraph])})
    build.builder.Finish(model, file_identifier=IDENTIFIER)
    return bytes(build.builder.Output())


@dataclass(frozen=True)
class Number:
    """A number in a table, of 32 bits or 8."""

    value: int
    wide: bool


def uint(value: int) -> Number:
    return Number(value, wide=True)


def byte(value: int) -> Number:
    return Number(value, wide=False)


Fields = Mapping[Any, "int | Number"]


class Tables:
    """Tables of a flatbuffer by field number; each method gives the offset of what it wrote."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(256)

    def tensor(self, name: str, kind: Sound | Picture | None, labels: int | None) -> int:
        fields = self.strings({Tensor.NAME: name})
        fields[Tensor.CONTENT] = self.content(kind)
        if isinstance(kind, Picture):
            fields[Tensor.PROCESS_UNITS] = self.vector([self.unchanged()])
        if labels is not None:
            fields[Tensor.FILES] = self.vector([labels])
        return self.table(fields)

    def content(self, kind: Sound | Picture | None) -> int:
        type_, properties = ContentType.FEATURE, {}
        if isinstance(kind, Sound):
            type_ = ContentType.AUDIO
            properties = {Audio.SAMPLE_RATE: uint(kind.sample_rate), Audio.CHANNELS: uint(kind.channels)}
        elif isinstance(kind, Picture):
            type_, properties = ContentType.IMAGE, {Image.COLOR_SPACE: byte(ColorSpace.RGB)}
        return self.table({Content.TYPE: byte(type_), Content.PROPERTIES: self.table(properties)})

    def unchanged(self) -> int:
        """The normalization of pictures whose pixels go in as they are."""
        mean, std = (self.builder.CreateNumpyVector(np.array([value], np.float32)) for value in (0, 1))
        options = self.table({Normalization.MEAN: mean, Normalization.STD: std})
        return self.table({ProcessUnit.TYPE: byte(ProcessUnitType.NORMALIZATION), ProcessUnit.OPTIONS: options})

    def labels(self, file: str, kind: FileType) -> int:
        return self.table({**self.strings({File.NAME: file}), File.TYPE: byte(kind)})

    def strings(self, texts: Mapping[Any, str]) -> dict[Any, "int | Number"]:
        return {number: self.builder.CreateString(text) for number, text in texts.items()}

    def vector(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def table(self, fields: "Fields") -> int:
        self.builder.StartObject(max(fields, default=-1) + 1)
        for number, value in fields.items():
            if isinstance(value, Number):
                (self.builder.PrependUint32Slot if value.wide else self.builder.PrependUint8Slot)(
                    number, value.value, 0
                )
            else:
                self.builder.PrependUOffsetTRelativeSlot(number, value, 0)
        return self.builder.EndObject()
