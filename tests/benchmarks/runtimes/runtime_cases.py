"""What the runtimes are asked: every signature of a file on real inputs, and what LiteRT's Interpreter answers.

A runtime is a program that is given a file and a folder. There is a folder for each case below it, by number: the
text `signature`, and for each input a file `in.NAME` of its numbers. The program adds `out.NAME` for each output, or
the text `error`. It also writes those files of `attachments.txt` that the model carries as `attachment.NAME`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.apps.beam import START
from heedful.apps.model_file import ModelFile

Arrays = Mapping[str, np.ndarray]
NAMES = ("labels.txt", "vocabulary.txt")  # attachments that an app reads


@dataclass(frozen=True)
class Case:
    """One call of a signature."""

    signature: str
    inputs: Arrays
    outputs: Arrays


@dataclass(frozen=True)
class Difference:
    """How far the outputs of a runtime are from those of the Interpreter in one or more cases."""

    most: float  # of floating-point numbers, absolute
    relative: float  # the same, of 1 or of the greatest number of its output
    equal: bool | None  # whole numbers: tokens, items, lengths; None where there are none
    error: str = ""  # why there are no outputs


def cases(file: ModelFile, examples: Sequence[Arrays]) -> list[Case]:
    """Every signature on every example. A step of a decoder is asked for its first two words, after `encode`."""
    found = []
    for signature, specs in file.signatures.items():
        for example in examples:
            if signature == "decode_step":
                found += steps(file, example)
            else:
                inputs = {name: example[name] for name in specs["inputs"]}
                found.append(Case(signature, inputs, file.run(signature, **inputs)))
    return found


def steps(file: ModelFile, example: Arrays) -> Iterator[Case]:
    """The first two words of a greedy search."""
    names = file.signatures["encode"]["inputs"]
    known, token = file.run("encode", **{name: example[name] for name in names}), np.array([START], np.int32)
    for index in range(2):
        inputs = {**known, "token": token, "index": np.array([index], np.int32)}
        outputs = file.run("decode_step", **inputs)
        yield Case("decode_step", inputs, outputs)
        token = outputs["scores"].argmax(axis=1).astype(np.int32)
        known |= {name: outputs[name] for name in known if name in outputs}


def examples(path: Path, count: int) -> list[Arrays]:
    """Some of the real inputs beside a model, spread over them."""
    with np.load(path) as arrays:
        rows = {name: arrays[name] for name in arrays.files}
    total = len(next(iter(rows.values())))
    chosen = np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int))
    return [{name: array[row : row + 1] for name, array in rows.items()} for row in chosen]


def write(cases: Sequence[Case], folder: Path) -> None:
    """The cases as a program reads them."""
    for number, case in enumerate(cases):
        own = folder / str(number)
        own.mkdir(parents=True)
        (own / "signature").write_text(case.signature)
        for name, array in case.inputs.items():
            (own / f"in.{name}").write_bytes(array.tobytes())
    (folder / "attachments.txt").write_text("".join(f"{name}\n" for name in NAMES))


def read(case: Case, folder: Path, wanted: Sequence[str] = ()) -> Difference:
    """What a program wrote of a case. `wanted` are the outputs that it must give: all, where there are none.

    `out.NAME.MODE` is one more answer for the same output.
    """
    error = folder / "error"
    if error.exists():
        return Difference(np.inf, np.inf, None, error.read_text().strip() or "an error without a word")
    most = relative = 0.0
    equal = None
    for name in wanted or case.outputs:
        expected = case.outputs[name]
        answers = sorted(folder.glob(f"out.{name}")) + sorted(folder.glob(f"out.{name}.*"))
        if not answers:
            return Difference(np.inf, np.inf, None, f"no output {name}")
        for answer in answers:
            content = answer.read_bytes()
            if len(content) != expected.nbytes:
                return Difference(np.inf, np.inf, None, f"{name} of {len(content)} bytes instead of {expected.nbytes}")
            found = np.frombuffer(content, expected.dtype).reshape(expected.shape)
            if np.issubdtype(expected.dtype, np.integer):
                equal = equal is not False and bool(np.array_equal(found, expected))
                continue
            apart = np.abs(found - expected)
            worst = float(apart.max()) if np.isfinite(apart).all() else np.inf
            most = max(most, worst)
            relative = max(relative, worst / max(1.0, float(np.abs(expected).max())))
    return Difference(most, relative, equal)


def worst(differences: Sequence[Difference]) -> Difference:
    """One for all cases."""
    equal = [difference.equal for difference in differences if difference.equal is not None]
    return Difference(
        max(difference.most for difference in differences),
        max(difference.relative for difference in differences),
        all(equal) if equal else None,
        next((difference.error for difference in differences if difference.error), ""),
    )
