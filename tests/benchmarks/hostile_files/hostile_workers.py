"""Gives hostile files to readers, in processes of their own: native code may crash, hang, or take all memory.

What may come of a file is an answer, or an `InputError`, one sentence that names it, within `SECONDS` and `MEMORY`, and
with nothing on standard error. Anything else is a finding.
"""

import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 10.0  # of a processor, for one file
SILENCE = 60.0  # seconds of the clock without a word after which a worker is ended
MEMORY = 1500  # MB that one file may take
ADDRESSES = 6 << 30  # bytes beyond those of a process that has imported all


@dataclass
class Result:
    """What came of the files of a kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, str]] = field(default_factory=list)  # number of the input and what is wrong with it
    slowest: tuple[float, int] = (0.0, 0)  # seconds of one file, and its number
    largest: tuple[int, int] = (0, 0)  # MB of one file, and its number


def run(kind: str, numbers: range, seed: int) -> Result:
    """Reads these inputs of a kind one after the other; a worker that ends is replaced by another.

    Several kinds, with commas between them, take turns in one worker.
    """
    found = Result()
    left = numbers
    while left:
        done, death = _worked(kind, left, seed, found)
        if death:
            found.findings.append((left[done], death))
            done += 1
        left = left[done:]
    return found


def grouped(findings: list[tuple[int, str]]) -> dict[str, list[int]]:
    """The inputs with each problem, whatever numbers and bytes it names."""
    found: dict[str, list[int]] = {}
    for number, problem in findings:
        like = re.sub(r"\\x..|\d+|0x[0-9a-f]+", "0", problem)[:60]
        found.setdefault(next((known for known in found if known[:60] == like), like), []).append(number)
    first = dict(findings)
    return {first[numbers[0]]: numbers for numbers in found.values()}


def _worked(kind: str, numbers: range, seed: int, found: Result) -> tuple[int, str]:
    """How many inputs a worker has got through, and how it ended in the next one; "" where it did all."""
    command = [sys.executable, str(Path(__file__)), kind, *map(str, (numbers.start, numbers.stop, numbers.step, seed))]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert worker.stdout is not None
    done, rest, death, begun = 0, b"", "", False
    try:
        while True:
            if not select.select([worker.stdout], [], [], SILENCE if begun else 5 * SILENCE)[0]:
                death = f"no end within {SILENCE:g} s"
                break
            data = os.read(worker.stdout.fileno(), 1 << 16)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if not begun:  # the first line says that all is imported
                    begun = True
                    continue
                outcome, problem, seconds, megabytes = json.loads(line)
                found.outcomes[outcome] += 1
                number = numbers[done]
                found.slowest = max(found.slowest, (seconds, number))
                found.largest = max(found.largest, (megabytes, number))
                if problem:
                    found.findings.append((numbers[done], problem))
                done += 1
    finally:
        worker.kill()
        code = worker.wait()
        worker.stdout.close()
    if not begun:
        raise RuntimeError(f"a worker for {kind} ended before its first file ({code})")
    if done < len(numbers) and not death:
        death = f"the process ended ({signal.Signals(-code).name if code < 0 else code})"
    return done, death


def main(kind: str, start: int, stop: int, step: int, seed: int) -> None:
    """A worker: a line of JSON for every input on what was standard output."""
    sys.path.insert(0, str(HERE))
    from hostile_kinds import KINDS

    kinds, report = kind.split(","), os.dup(1)
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    screen = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 it stays for good
    try:
        for name in kinds:
            warm(KINDS[name], folder)
        limit_memory()
        warnings.simplefilter("always")  # and not only once; but those that Python itself does not show
        for hidden in (DeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)
        os.dup2(screen.fileno(), 1)
        os.dup2(screen.fileno(), 2)
        os.write(report, b"ready\n")
        for number in range(start, stop, step):
            name = kinds[number % len(kinds)]
            line = json.dumps(tried(KINDS[name].case(number, seed, name), KINDS[name].read, folder, screen))
            os.write(report, line.encode() + b"\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def warm(kind, folder: Path) -> None:
    """Imports what the reader needs, by a sound file."""
    from hostile_kinds import sound

    name, content = next(iter(sound(kind.seeds).items()))
    path = folder / name
    path.write_bytes(content)
    with suppress(Exception):  # of a card without its folder, say
        kind.read(path)
    path.unlink(missing_ok=True)


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ADDRESSES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tried(case: tuple[str, bytes], read: Callable[[Path], object], folder: Path, screen) -> tuple[str, str, float, int]:
    """Outcome, what is wrong with it ("" for nothing), seconds and MB."""
    from heedful.apps.errors import InputError

    path = folder / case[0]
    path.write_bytes(case[1])
    before, begun = memory(fresh=True), time.process_time()
    outcome, problem = "answered", ""
    try:
        read(path)
    except InputError as error:
        outcome, problem = "refused", unclear(str(error), path)
    except BaseException as error:
        outcome, problem = "failed", f"{type(error).__name__}: {str(error)[:200]} ({place_of(error)})"
    seconds, megabytes = time.process_time() - begun, memory() - before
    if seconds > SECONDS:
        problem = f"{seconds:.1f} s"
    if megabytes > MEMORY:
        problem = f"{megabytes:,} MB"
    sys.stdout.flush()
    sys.stderr.flush()
    if screen.seek(0, os.SEEK_END):
        screen.seek(0)
        problem = problem or f"printed {screen.read()[:300]!r}"
        screen.seek(0)
        screen.truncate()
    path.unlink(missing_ok=True)
    return outcome if not problem else "found", problem, seconds, megabytes


def unclear(message: str, path: Path) -> str:
    """What is wrong with a message, "" for nothing."""
    named = any(name in message for name in (path.name, str(path), str(path.parent)))
    whole = "\n" not in message and message.endswith(".") and len(message) < 1000
    return "" if named and whole else f"no sentence: {message[:300]}"


def place_of(error: BaseException) -> str:
    """The last line of ours that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if re.search(r"heedful|/(apps|recipes|export)/", frame.filename)]
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def memory(fresh: bool = False) -> int:
    """MB that were resident at most, since it was asked for afresh."""
    if fresh:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
