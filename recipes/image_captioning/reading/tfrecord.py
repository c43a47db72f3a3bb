"""Single records of TFRecord files, by number, without TensorFlow.

TensorFlow Datasets prepares TFRecord unless told otherwise, and reads it only from beginning to end; a captioner wants
its pictures in another order in each epoch, and they do not fit into memory. So where each record lies is noted once.

A record is its length (uint64, little-endian), a checksum of the length (4 bytes), the content, and a checksum of it
(https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details").
"""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from heedful.apps.errors import InputError

HEADER, CHECKSUM = struct.Struct("<QI"), 4


class Records:
    """The records of some files one after the other. Raises `InputError` where a file is damaged or cut short."""

    def __init__(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        self._paths = [Path(path) for path in paths]
        self._places = [place for number, path in enumerate(self._paths) for place in _places(number, path)]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> bytes:
        """The content of a record; any number of threads may ask."""
        file, start, length = self._places[number]
        with open(self._paths[file], "rb") as stream:
            stream.seek(start)
            return stream.read(length)


def _places(number: int, path: Path) -> list[tuple[int, int, int]]:
    """The number of the file, the first byte and the length of every record of it."""
    places, position, end = [], 0, path.stat().st_size
    with open(path, "rb") as stream:
        while position < end:
            stream.seek(position)
            header = stream.read(HEADER.size)
            length = HEADER.unpack(header)[0] if len(header) == HEADER.size else end
            start = position + HEADER.size
            position = start + length + CHECKSUM
            if position > end:
                raise InputError(f"{path} is damaged or was cut short: remove its folder and prepare the data again.")
            places.append((number, start, length))
    return places
