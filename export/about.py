"""What people and apps should know of a file beyond the names and shapes in its graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sound:
    """Samples in -1..1."""

    sample_rate: int  # Hz
    channels: int = 1


@dataclass(frozen=True)
class Picture:
    """Pixels from 0 to 255, RGB."""


@dataclass(frozen=True)
class About:
    """What `TFLITE_METADATA` says of the main answer.

    `inputs` says by name what an input is; what is missing there is numbers. `labels` says by output which attached
    file names the places of its last axis, or its values where they are whole numbers: one a line.
    """

    name: str = ""
    description: str = ""
    inputs: Mapping[str, Sound | Picture] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
