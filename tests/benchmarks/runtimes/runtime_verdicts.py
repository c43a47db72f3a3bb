"""Whether a runtime answers to every signature of a file as LiteRT's Interpreter does."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime_cases import NAMES, Case, Difference, cases, examples, read, worst, write
from runtimes import Runtime

from heedful.apps.graph import flatbuffer
from heedful.apps.model_file import ModelFile

OLD = (2, 14, 0)  # the last tflite-runtime


@dataclass(frozen=True)
class Asked:
    """A file with the cases that it is asked."""

    path: Path
    file: ModelFile
    cases: Sequence[Case]
    main: str  # signature 0

    @property
    def name(self) -> str:
        return "/".join(self.path.parts[-3:])

    @property
    def signatures(self) -> list[str]:
        return list(self.file.signatures)

    @property
    def too_new(self) -> bool:
        """Whether the card beside the file says that the old runtime is too old for it."""
        card = self.path.parent / "card.json"
        facts = json.loads(card.read_text(encoding="utf-8")).get("files", {}) if card.exists() else {}
        least = facts.get(self.path.name, {}).get("min_runtime", "0")
        return tuple(map(int, least.split("."))) > OLD


def asked(path: Path, count: int) -> Asked:
    """A file and `count` of the real inputs beside it."""
    file = ModelFile(path)
    first = flatbuffer.schema().Model.GetRootAsModel(path.read_bytes(), 0).SignatureDefs(0).SignatureKey().decode()
    return Asked(path, file, cases(file, examples(path.parent / "examples.npz", count)), first)


@dataclass(frozen=True)
class Verdict:
    """What a runtime made of a signature."""

    answer: Difference
    labels: bool | None  # whether it read ours out of the file; None where it does not read
    problem: str  # what is wrong, or nothing

    @property
    def cell(self) -> str:
        """In a table."""
        if self.answer.error:
            return "FAILS" if self.problem else "too old"
        equal = {True: ", equal", False: ", not equal", None: ""}[self.answer.equal]
        labels = ", no labels" if self.labels is False else ""
        number = f"{self.answer.most:.1e}".replace("0.0e+00", "0")
        return f"{'FAILS: ' if self.problem else ''}{number}{equal}{labels}"


def verdicts(given: Asked, program: Runtime, folder: Path, timeout: float = 300) -> dict[str, Verdict]:
    """A verdict for each signature that the program takes."""
    own = [case for case in given.cases if takes(given, program, case.signature)]
    if not own:
        return {}
    write(own, folder)
    return read_verdicts(given, program, folder, program.run(given.path, folder, timeout=timeout))


def takes(given: Asked, program: Runtime, signature: str) -> bool:
    """Whether the program is for this signature of this file."""
    return program.recipe in ("", given.file.card["recipe"]) and (signature == given.main or not program.main_only)


def read_verdicts(given: Asked, program: Runtime, folder: Path, died: str) -> dict[str, Verdict]:
    """The same from what the program wrote. `died` is why it ended early, or nothing."""
    labels = (
        labels_of(given.file, folder) if program.reads and program.recipe in ("", given.file.card["recipe"]) else None
    )
    asked = [case for case in given.cases if takes(given, program, case.signature)]
    found = {}
    for signature in dict.fromkeys(case.signature for case in asked):
        numbers = [number for number, case in enumerate(asked) if case.signature == signature]
        answer = worst([read(asked[number], folder / str(number), program.outputs) for number in numbers])
        if died and answer.error:
            answer = Difference(answer.most, answer.relative, answer.equal, died)
        found[signature] = Verdict(answer, labels, problem(given, answer, labels, program))
    return found


def labels_of(file: ModelFile, folder: Path) -> bool:
    """Whether the program read the same labels and words out of the file as we do."""
    return all(
        (folder / f"attachment.{name}").exists()
        and (folder / f"attachment.{name}").read_bytes() == file.attachment(name)
        for name in NAMES
        if name in file.attachments
    )


def problem(given: Asked, answer: Difference, labels: bool | None, program: Runtime) -> str:
    """What is wrong, or nothing."""
    if answer.error:
        too_old = program.old and given.too_new and re.search("Didn't find op", answer.error)
        return "" if too_old else answer.error
    if program.only_loads or (program.old and ".int8" in given.path.name):
        return ""  # the rounding of int8 has changed over the years
    if answer.relative > program.tolerance(given.path.name):
        return f"differs by {answer.most:.1e}"
    if answer.equal is False:
        return "other tokens, items or lengths"
    return "other labels or words, or none" if labels is False else ""
