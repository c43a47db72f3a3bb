"""Whether LiteRT's two interfaces give the same answers: the Interpreter, and `CompiledModel`.

Each runs in a process of its own (`trial.py`), and a signature that ends it is told from the others.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.apps.graph.borders import Entrance, made_up, obstacle
from heedful.apps.graph.trial import REFUSAL, TASK

INTERPRETER, COMPILED = "Interpreter", "CompiledModel"
ROUNDING = 1e-5  # what they may differ by, of the largest number
LONGEST = 120.0  # seconds that a process may take
DRAWS = frozenset(("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL", "STABLEHLO_RNG_BIT_GENERATOR"))


@dataclass(frozen=True)
class Difference:
    """How an output differs: `largest` is the largest difference, or None where the shapes do."""

    output: str
    largest: float | None
    agrees: bool


@dataclass(frozen=True)
class Comparison:
    """Of one signature: the differences, or who refused and why, or why it was not run."""

    signature: str | None
    differences: tuple[Difference, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()  # interface and reason
    skipped: str | None = None

    @property
    def agrees(self) -> bool | None:
        """None where nothing was to be compared, also where both refuse."""
        if self.skipped or len(self.refusals) == 2:
            return None
        return not self.refusals and all(item.agrees for item in self.differences)


@dataclass(frozen=True)
class Ended:
    """What a process left: a reason of its own for the file, or for each signature outputs or a reason."""

    reason: str | None
    outputs: dict[int, list[np.ndarray]]
    reasons: dict[int, str]


def compare(
    path: str, signatures: Sequence[Entrance], drawing: Sequence[bool], longest: float = LONGEST
) -> list[Comparison]:
    """The comparison of every signature on values that are made up. `drawing` says which draw at random themselves."""
    skipped = {
        number: "it draws at random" if draws else why
        for number, (entrance, draws) in enumerate(zip(signatures, drawing, strict=True))
        if (why := obstacle(entrance)) or draws
    }
    wanted = [number for number in range(len(signatures)) if number not in skipped]
    with tempfile.TemporaryDirectory() as folder:
        for number in wanted:
            np.savez(Path(folder) / f"{number}.inputs.npz", *made_up(signatures[number].inputs))
        ended = [tried(name, path, Path(folder), signatures, wanted, longest) for name in (INTERPRETER, COMPILED)]
    return [
        Comparison(entrance.key, skipped=skipped[number]) if number in skipped else compared(entrance, number, *ended)
        for number, entrance in enumerate(signatures)
    ]


def compared(entrance: Entrance, number: int, first: Ended, second: Ended) -> Comparison:
    refusals = tuple(
        (name, why)
        for name, ended in ((INTERPRETER, first), (COMPILED, second))
        if (why := ended.reason or ended.reasons.get(number))
    )
    if refusals:
        return Comparison(entrance.key, refusals=refusals)
    outputs = zip(entrance.outputs, first.outputs[number], second.outputs[number], strict=True)
    return Comparison(entrance.key, tuple(difference(item.name, one, other) for item, one, other in outputs))


def difference(name: str, one: np.ndarray, other: np.ndarray) -> Difference:
    """NaN and infinity agree with themselves, integers with nothing else."""
    if one.shape != other.shape:
        return Difference(name, None, False)
    wide = np.complex128 if one.dtype.kind == "c" or other.dtype.kind == "c" else np.float64
    one, other, exact = one.astype(wide), other.astype(wide), one.dtype.kind in "iub"
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(all="ignore"):
        apart = np.where(same, 0.0, np.abs(one - other))
    largest = float(np.max(apart, initial=0.0))
    finite = np.abs(one[np.isfinite(one)])
    allowed = 0.0 if exact else ROUNDING * max(1.0, float(np.max(finite, initial=0.0)))
    return Difference(name, largest if np.isfinite(largest) else None, bool(largest <= allowed))


def readable(path: str) -> str | None:
    """What is wrong with the graph of a file, or None: it is read in a process of its own, within limits."""
    with tempfile.TemporaryDirectory() as folder:
        return tried("read", path, Path(folder), (), (), LONGEST).reason


def tried(
    runtime: str, path: str, folder: Path, signatures: Sequence[Entrance], wanted: Sequence[int], longest: float
) -> Ended:
    """Runs signatures; where one ends the process, that is its reason, and the next ones go on in another."""
    outputs: dict[int, list[np.ndarray]] = {}
    reasons: dict[int, str] = {}
    left = list(wanted)
    while True:
        task = {number: described(signatures[number]) for number in left}
        text = json.dumps({"runtime": runtime, "path": os.path.abspath(path), "signatures": task})
        (folder / TASK).write_text(text, encoding="utf-8")
        death = run_trial(folder, longest)
        if (refusal := folder / REFUSAL).is_file():
            why = refusal.read_text(encoding="utf-8")
            refusal.unlink()
            return Ended(why, {}, {})
        for number in list(left):
            if (found := folder / f"{number}.outputs.npz").is_file():
                outputs[number] = loaded(found)
                found.unlink()
            elif (refusal := folder / f"{number}.{REFUSAL}").is_file():
                reasons[number] = refusal.read_text(encoding="utf-8")
                refusal.unlink()
            else:
                break
            left.remove(number)
        if death is None:
            return Ended(None, outputs, reasons)
        if not left or (not outputs and not reasons and len(wanted) == 1):
            return Ended(death if not left else None, outputs, reasons | dict.fromkeys(left, death))
        reasons[left.pop(0)] = death
        if not left:
            return Ended(None, outputs, reasons)


def described(entrance: Entrance) -> dict[str, object]:
    return {
        "key": entrance.key,
        "inputs": [item.name for item in entrance.inputs],
        "outputs": [item.name for item in entrance.outputs],
    }


def loaded(path: Path) -> list[np.ndarray]:
    try:
        with np.load(path) as arrays:
            return list(arrays.values())
    except (ValueError, OSError, zipfile.BadZipFile):
        return []


def run_trial(folder: Path, longest: float) -> str | None:
    """Runs what `folder` describes; how the process ended, or None where it did so by itself."""
    places = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "heedful.apps.graph.trial", str(folder)]
    try:
        ended = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": places}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=longest, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"it did not end within {longest:g} s"
    if ended.returncode == 0:
        return None
    return f"it ended the process{signal_name(ended.returncode)}{last_words(ended.stderr.decode(errors='replace'))}"


def signal_name(code: int) -> str:
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return ""


def last_words(printed: str) -> str:
    """What native code said of the end, where it did."""
    lines = [line.strip() for line in printed.splitlines()]
    told = [line for line in lines if "Check failed" in line or line.startswith(("F0000", "MemoryError", "Fatal"))]
    return f": {told[0][:200].removesuffix('.')}" if told else ""
