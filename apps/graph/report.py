"""An inspection in lines for people: first what is wrong, then what goes in and comes out, then what it weighs."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from heedful.apps.graph.borders import SCALES, Border, Entrance
from heedful.apps.graph.comparison import Comparison
from heedful.apps.graph.gpu import UNKNOWN
from heedful.apps.graph.inspection import Inspection, Operators
from heedful.apps.graph.metadata_reader import AssociatedFile, Metadata, TensorDescription

WIDTH = 100  # columns
TIE = "\N{NO-BREAK SPACE}"  # where a line is not broken


def report(found: Inspection) -> str:
    parts = (head(found), rules(found), *signatures(found), sizes(found), described(found), card(found))
    return "\n".join(line for part in parts for line in part).rstrip()


def head(found: Inspection) -> Iterator[str]:
    count = len([item for item in found.signatures if item.key is not None])
    runtime = f", TensorFlow Lite {found.runtime} or newer" if found.runtime else ""
    yield f"{found.path}: {found.size:,} bytes, {count or 'no'} signature{'s' if count != 1 else ''}{runtime}"


def rules(found: Inspection) -> Iterator[str]:
    if not found.breaches:
        yield "rules: all hold"
    else:
        count = len(found.breaches)
        yield f"rules: broken in {count} place{'s' if count > 1 else ''}"
        for rule, breaches in groupby(sorted(found.breaches, key=lambda item: item.rule), lambda item: item.rule):
            yield from wrapped(rule, "  ")
            for breach in breaches:
                yield from wrapped(breach.text, "  - ")
    yield runtimes(found.comparisons)


def runtimes(comparisons: Iterable[Comparison]) -> str:
    """Of all signatures in a line."""
    verdicts = [item.agrees for item in comparisons]
    if False in verdicts:
        return "runtimes: Interpreter and CompiledModel DIFFER, see below"
    if None not in verdicts:
        return "runtimes: Interpreter and CompiledModel agree on random inputs"
    if True in verdicts:
        return "runtimes: Interpreter and CompiledModel agree where both ran, see below"
    return "runtimes: nothing was compared, see below"


def signatures(found: Inspection) -> Iterator[Iterator[str]]:
    for number, parts in enumerate(zip(found.signatures, found.operators, found.comparisons, strict=True)):
        yield signature(number, *parts)


def signature(number: int, entrance: Entrance, operators: Operators, comparison: Comparison) -> Iterator[str]:
    yield ""
    place = f"(signature {number}, subgraph {entrance.subgraph})"
    yield f"subgraph {entrance.subgraph} (no signature)" if entrance.key is None else f"{entrance.key}  {place}"
    items = [("in", item) for item in entrance.inputs] + [("out", item) for item in entrance.outputs]
    wide = max((len(item.name) for _, item in items), default=0)
    kinds = max((len(item.type) for _, item in items), default=0)
    for way, item in items:
        text = f"  {way:4}{item.name:{wide}}  {item.type:{kinds}}  {list(item.shape)}{quantized(item)}"
        yield text.rstrip()
    yield from ran(comparison)
    most = sorted(operators.count.items(), key=lambda item: -item[1])
    told = ", ".join(f"{count}{TIE}{name}" for name, count in most)
    yield from wrapped(f"{operators.total} operators: {told}", "  ")
    if operators.refused:
        count = sum(item.count for item in operators.refused)
        yield from wrapped(f"{count} of them no GPU takes: {'; '.join(reasons(operators))}", "  ")
    else:
        yield "  none of them is known to be refused by GPUs"


def reasons(operators: Operators) -> Iterator[str]:
    """Refused operators by reason."""
    in_order = sorted(operators.refused, key=lambda item: (item.reason != UNKNOWN, item.reason))
    for reason, items in groupby(in_order, lambda item: item.reason):
        yield f"{', '.join(f'{item.count}{TIE}{item.operator}' for item in items)} ({reason})"


def quantized(item: Border) -> str:
    for scale in item.scale[:1]:
        if len(item.scale) > 1:
            return f"  {'at least ' if len(item.scale) == SCALES else ''}{len(item.scale)} scales"
        return f"  scale {scale:.6g}, zero point {next(iter(item.zero_point), 0)}"
    return ""


def ran(comparison: Comparison) -> Iterator[str]:
    """Interpreter against CompiledModel."""
    if comparison.skipped:
        yield f"  not run: {comparison.skipped}"
    for runtime, why in comparison.refusals:
        yield from wrapped(f"{runtime} refuses: {why}", "  ")
    for item in comparison.differences:
        if not item.agrees:
            apart = "its shape or by more than any number" if item.largest is None else f"{item.largest:.2g}"
            yield f"  DIFFERS between Interpreter and CompiledModel: {item.output} by {apart}"
    if comparison.agrees:
        largest = max((item.largest or 0.0 for item in comparison.differences), default=0.0)
        yield "  Interpreter and CompiledModel: " + (
            f"at most {largest:.2g} apart" if largest else "equal to the last bit"
        )


def sizes(found: Inspection) -> Iterator[str]:
    rows = [(f"{kind} constants", size) for kind, size in found.constants.items()]
    rows += [("structure", found.structure_size), ("metadata", found.metadata_size)]
    rows += [("attached files", found.attachments_size)]
    yield ""
    yield "bytes"
    for name, size in rows:
        if size:
            yield f"  {name:18}{size:>15,}{size / found.size:>7.1%}"


def described(found: Inspection) -> Iterator[str]:
    if found.entries or found.attachments:
        yield ""
    if found.entries:
        yield from wrapped("metadata: " + listed(found.entries), "")
    if found.metadata:
        yield from model_metadata(found.metadata)
    elif "TFLITE_METADATA" in found.entries:
        yield "  TFLITE_METADATA cannot be read"
    if found.attachments:
        yield from wrapped("attached: " + listed(found.attachments), "")


def listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}{TIE}({size:,}{TIE}bytes)" for name, size in sizes.items())


def model_metadata(metadata: Metadata) -> Iterator[str]:
    facts = {
        "name": metadata.name, "version": metadata.version, "author": metadata.author, "license": metadata.license,
        "says": metadata.description,
    }  # fmt: skip
    for name, value in facts.items():
        if value:
            yield f"  {name:8}{shortened(value, WIDTH - 10)}"
    for way, tensors in (("in", metadata.inputs), ("out", metadata.outputs)):
        for item in tensors:
            yield f"  {way:8}{shortened(tensor(item), WIDTH - 10)}"
    for file in metadata.files:
        yield f"  {'file':8}{associated(file)}"


def tensor(item: TensorDescription) -> str:
    return ", ".join(filter(None, (item.name, item.content, *map(associated, item.files), item.description)))


def associated(file: AssociatedFile) -> str:
    return f"{file.name} ({file.kind})"


def card(found: Inspection) -> Iterator[str]:
    if found.card is None:
        return
    facts: Mapping[str, Any] = found.card
    yield ""
    name = "/".join(str(facts[key]) for key in ("recipe", "name") if facts.get(key))
    preset = f"preset {facts['preset']}" if facts.get("preset") else ""
    count = facts.get("parameters")
    parameters = f"{count:,} parameters" if isinstance(count, int) else ""
    yield "card: " + ", ".join(filter(None, (name, preset, parameters, str(facts.get("created", ""))[:10])))
    for key in ("intended_use", "limits", "note"):
        if facts.get(key):
            yield f"  {key.replace('_', ' '):14}{shortened(str(facts[key]), WIDTH - 16)}"
    known = facts.get("facts")
    labels = known.get("labels") if isinstance(known, dict) else None
    if isinstance(labels, list):
        yield f"  {'labels':14}{shortened(', '.join(map(str, labels)), WIDTH - 16)}"


def shortened(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder=" ...")


def wrapped(text: str, indent: str) -> list[str]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=" " * (len(indent) + 2), break_on_hyphens=False
    )
    return [line.replace(TIE, " ") for line in lines]
