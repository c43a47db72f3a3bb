"""`TFLITE_METADATA`: what MediaPipe, Android Studio and Netron know of a file. Its tables by field number.

From metadata_schema.fbs of TensorFlow Lite Support, in the version of MediaPipe, which adds sounds. A union takes two
fields: its type and its value.
"""

from enum import IntEnum

ENTRY = "TFLITE_METADATA"  # the name of the entry in the flatbuffer
IDENTIFIER = b"M001"


class Model(IntEnum):
    """ModelMetadata."""

    NAME, DESCRIPTION, VERSION, SUBGRAPHS, AUTHOR, LICENSE, FILES, MIN_PARSER_VERSION = range(8)


class Subgraph(IntEnum):
    """SubGraphMetadata."""

    NAME, DESCRIPTION, INPUTS, OUTPUTS, FILES = range(5)


class Tensor(IntEnum):
    """TensorMetadata."""

    NAME, DESCRIPTION, DIMENSION_NAMES, CONTENT, PROCESS_UNITS, STATS, FILES = range(7)


class Content(IntEnum):
    """Content: what a tensor is."""

    TYPE, PROPERTIES, RANGE = range(3)


class ContentType(IntEnum):
    NONE, FEATURE, IMAGE, BOUNDING_BOX, AUDIO = range(5)


class Image(IntEnum):
    """ImageProperties."""

    COLOR_SPACE, DEFAULT_SIZE = range(2)


class ColorSpace(IntEnum):
    UNKNOWN, RGB, GRAYSCALE = range(3)


class Audio(IntEnum):
    """AudioProperties."""

    SAMPLE_RATE, CHANNELS = range(2)


class ProcessUnit(IntEnum):
    """ProcessUnit: what is done to a tensor outside of the graph."""

    TYPE, OPTIONS = range(2)


class ProcessUnitType(IntEnum):
    NONE, NORMALIZATION, SCORE_CALIBRATION, SCORE_THRESHOLDING, BERT_TOKENIZER, SENTENCE_PIECE_TOKENIZER = range(6)


class Normalization(IntEnum):
    """NormalizationOptions: (value - mean) / std."""

    MEAN, STD = range(2)


class File(IntEnum):
    """AssociatedFile: one of the zip behind the flatbuffer."""

    NAME, DESCRIPTION, TYPE, LOCALE = range(4)


class FileType(IntEnum):
    UNKNOWN, DESCRIPTIONS, AXIS_LABELS, VALUE_LABELS, SCORE_CALIBRATION, VOCABULARY = range(6)
