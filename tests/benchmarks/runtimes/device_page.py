"""The tables of the device page, read out of the shipped files: signatures, and the least runtime of each file.

    python tests/benchmarks/runtimes/device_page.py

writes them into `apps/DEVICES.md`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heedful.apps.files import atomic_path
from heedful.apps.graph import flatbuffer

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "apps" / "DEVICES.md"
MODELS = ("speech_commands/five-words", "recommender/shop", "image_captioning/scenes", "text_summarization/reports",
          "text_classification/intents", "translation/lumo")  # fmt: skip
TABLES = ("signatures", "files")
COMMAND = "written by `python tests/benchmarks/runtimes/device_page.py`"


def signatures(model: str) -> list[str]:
    """A row for each signature of a model, in the order of the file: the first is the main answer."""
    path = ROOT / "saved_models" / model / "model.tflite"
    graph = flatbuffer.read(path.read_bytes())
    rows = []
    for number, signature in enumerate(graph.signatureDefs):
        subgraph = graph.subgraphs[signature.subgraphIndex]
        inputs = specs(signature.inputs, subgraph.inputs, subgraph.tensors)
        outputs = specs(signature.outputs, subgraph.outputs, subgraph.tensors)
        rows.append(f"| {model if number == 0 else ''} | `{signature.signatureKey.decode()}` | {inputs} | {outputs} |")
    return rows


def specs(items: Sequence[Any], order: Sequence[int], tensors: Sequence[Any]) -> str:
    """`waveform` float32 1 x 16000, in the order by which runtimes count them: that of the subgraph."""
    names = {item.tensorIndex: item.name.decode() for item in items}
    kinds = flatbuffer.names_of("TensorType")
    shapes = {index: " x ".join(str(size) for size in tensors[index].shape) for index in order}
    return "<br>".join(f"`{names[index]}` {kinds[tensors[index].type].lower()} {shapes[index]}" for index in order)


def files(model: str) -> list[str]:
    """A row for each file of a model, with the least runtime that stands on the card beside it."""
    folder = ROOT / "saved_models" / model
    facts = json.loads((folder / "card.json").read_text(encoding="utf-8"))["files"]
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.tflite"))}
    return [
        f"| {model} | `{name}` | {size / 1000:,.0f} kB | {facts[name]['min_runtime']} |"
        for name, size in sorted(sizes.items(), key=lambda item: -item[1])
    ]


def table(name: str) -> str:
    """One of `TABLES`."""
    heads = {
        "signatures": ("| model | signature | inputs | outputs |", "|---|---|---|---|"),
        "files": ("| model | file | size | TensorFlow Lite |", "|---|---|---|---|"),
    }
    rows = {"signatures": signatures, "files": files}[name]
    return "\n".join([*heads[name], *(row for model in MODELS for row in rows(model))])


def fill(page: str) -> str:
    """The page with its tables written anew."""
    for name in TABLES:
        before, _, rest = page.partition(f"<!-- {name}: {COMMAND} -->")
        _, _, after = rest.partition(f"<!-- end of {name} -->")
        page = f"{before}<!-- {name}: {COMMAND} -->\n{table(name)}\n<!-- end of {name} -->{after}"
    return page


if __name__ == "__main__":
    text = fill(PAGE.read_text(encoding="utf-8"))
    with atomic_path(PAGE) as temporary:
        temporary.write_text(text, encoding="utf-8")
