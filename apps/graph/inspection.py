"""What is known of any `.tflite`, ours or not, without running an app: `heedful inspect`.

Nothing of it needs more than LiteRT. What executes native code, or follows a graph that may be damaged, does so in a
process of its own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.graph.borders import Entrance, entrances, text
from heedful.apps.graph.comparison import DRAWS, LONGEST, Comparison, compare, readable
from heedful.apps.graph.container import open_container
from heedful.apps.graph.entries import min_runtime
from heedful.apps.graph.flatbuffer import counted, reached, read
from heedful.apps.graph.gpu import Refusal, refusals
from heedful.apps.graph.metadata_reader import Metadata, read_metadata
from heedful.apps.graph.rules import Breach, broken_rules
from heedful.apps.graph.tflite_metadata import ENTRY
from heedful.apps.graph.weights import buffer_size, bytes_by_type, metadata_bytes

NO_FLATBUFFER = "valid flatbuffer"  # LiteRT says so of a damaged file


@dataclass(frozen=True)
class Operators:
    """Of one signature, its loops and branches included."""

    count: Mapping[str, int]
    refused: tuple[Refusal, ...]  # by every GPU

    @property
    def total(self) -> int:
        return sum(self.count.values())


@dataclass(frozen=True)
class Inspection:
    path: str
    size: int  # bytes of the file
    runtime: str  # the oldest TensorFlow Lite that has all operators; empty where the file does not say
    description: str  # of the converter
    signatures: tuple[Entrance, ...]
    operators: tuple[Operators, ...]  # of each signature
    breaches: tuple[Breach, ...]
    comparisons: tuple[Comparison, ...]  # of each signature
    constants: Mapping[str, int]  # bytes by type
    metadata_size: int
    structure_size: int
    attachments: Mapping[str, int]  # bytes by name
    attachments_size: int  # with the structure of the zip
    entries: Mapping[str, int]  # of the metadata of the flatbuffer: bytes by name
    metadata: Metadata | None
    card: Mapping[str, Any] | None

    @property
    def disagrees(self) -> bool:
        return any(item.agrees is False for item in self.comparisons)

    @property
    def verdict(self) -> str | None:
        """What is wrong, a sentence without a full stop; None where nothing is."""
        count = len(self.breaches)
        wrong = [f"breaks the rules in {count} place{'s' if count > 1 else ''}"] if count else []
        wrong += ["answers differently in LiteRT's two interfaces"] if self.disagrees else []
        return f"{self.path} {' and '.join(wrong)}" if wrong else None


def inspect(path: str | PathLike[str], longest: float = LONGEST) -> Inspection:
    """Inspects a file; LiteRT may run it for `longest` seconds in each of its interfaces.

    Raises `InputError` when it is missing, no `.tflite`, truncated or damaged.
    """
    file = open_container(path)
    if wrong := readable(file.path):
        raise damaged(file.path, wrong)
    graph = read(file.content)
    signatures = entrances(graph)
    inside = [reached(graph, item.subgraph) for item in signatures]
    operators = [Operators(counted(graph, found), tuple(refusals(graph, found))) for found in inside]
    drawing = [bool(DRAWS & set(item.count)) for item in operators]
    comparisons = compare(file.path, signatures, drawing, longest)
    for why in (why for item in comparisons for _, why in item.refusals if NO_FLATBUFFER in why.lower()):
        raise damaged(file.path, why)
    constants, metadata_size = bytes_by_type(graph), metadata_bytes(graph)
    buffers = {text(item.name): graph.buffers[item.buffer] for item in graph.metadata or ()}
    described = buffers.get(ENTRY)
    return Inspection(
        path=file.path,
        size=file.size,
        runtime=min_runtime(graph),
        description=text(graph.description),
        signatures=tuple(signatures),
        operators=tuple(operators),
        breaches=tuple(broken_rules(graph)),
        comparisons=tuple(comparisons),
        constants=constants,
        metadata_size=metadata_size,
        structure_size=max(0, file.graph_size - metadata_size - sum(constants.values())),
        attachments=file.attachments,
        attachments_size=file.size - file.graph_size,
        entries={name: buffer_size(buffer) for name, buffer in buffers.items()},
        metadata=None if described is None or described.data is None else read_metadata(bytes(described.data)),
        card=file.card,
    )


def damaged(path: str, why: str) -> InputError:
    return InputError(f"{path} is damaged ({why}): copy or export it again.")


def as_json(inspection: Inspection) -> dict[str, Any]:
    """Everything for programs."""
    found = asdict(inspection)
    for item, comparison in zip(found["comparisons"], inspection.comparisons, strict=True):
        item["agrees"] = comparison.agrees
        item["refusals"] = dict(comparison.refusals)
    return {"verdict": inspection.verdict, **found}
