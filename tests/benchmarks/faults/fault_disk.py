"""A full disk and a read-only folder at every write of a command: by calls that fail, and on a real small disk."""

import contextlib
import errno
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import fault_examination as examination
import fault_points as points
from fault_cases import Case, Reference, place
from fault_kills import FINISHED

LARGE = "size=64m"
MAKES = {"replace", "rename", "fsync", "mkdir", "mkstemp", "mkdtemp"}  # what a full disk refuses
# What fails, with which error, and whether all later calls do: a full disk takes what is smaller, or what was removed.
FAULTS = {"full": (errno.ENOSPC, False), "read-only": (errno.EROFS, True), "no right": (errno.EACCES, True)}


def readers(reference: Reference) -> list[Case]:
    """Commands that write one file each of a finished model."""
    model = reference.made("least")
    file = model / "model.tflite"
    made: dict[str, Callable[[Path], list[object]]] = {
        "evaluate --json": lambda root: ["evaluate", "least", "--model", file, "--json", place(root) / "scores.json"],
        "run --attention": lambda root: [
            "run", "least", "1 0 0 0 0 0 3", "--model", file, "--attention", place(root) / "seen.png"
        ],
        "web --export": lambda root: ["web", file, "--export", place(root) / "site"],
    }  # fmt: skip
    return [Case(command, "least", lambda root: None, words) for command, words in made.items()]


def at_points(
    reference: Reference, case: Case, fault: str, chosen: Callable[[Sequence[int]], Sequence[int]], top: Path
) -> tuple[int, list[str]]:
    """How many points of a command were made to fail, and what was wrong then or when it was called again."""
    error, lasting = FAULTS[fault]
    expected, _, names = reference.of(case)
    possible = [number for number, name in enumerate(names, 1) if error != errno.ENOSPC or name in MAKES]
    problems = []
    numbers = chosen(possible)
    for number in numbers:
        root, fired = case.fresh(top / case.name.replace(" ", "_")), top / "fired"
        fired.unlink(missing_ok=True)
        done = case.begin(root, (), partial(points.fail_at, place(root), number, error, lasting, fired)).ended()
        where = f"{case.name}, {fault} at point {number} ({fired.read_text() if fired.exists() else 'not reached'})"
        if done.code and not done.sentence:
            problems.append(f"{where}: no sentence but {done.said[-600:]}")
        problems += checked(case, root, where, expected)
    return len(numbers), problems


def on_small_disk(
    reference: Reference, case: Case, draw: random.Random, times: int, top: Path
) -> tuple[int, list[str]]:
    """The same on a file system of drawn sizes that is made larger, and one that is remounted to be read from only."""
    expected = reference.of(case)[0]
    made = reference.top / case.name.replace(" ", "_") / "made"
    problems = []
    for number in range(times):
        root, kept = case.fresh(top / "small"), top / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(place(root), kept)
        read_only = number % 3 == 2
        with mounted(place(root)):
            shutil.copytree(kept, place(root), dirs_exist_ok=True)
            room = int(draw.random() * size_of(made))
            mount(place(root), "remount,ro" if read_only else f"remount,size={size_of(place(root)) + room}")
            done = case.begin(root).ended()
            where = f"{case.name}, {'read-only' if read_only else f'room for {room:,} bytes'}"
            if done.code and not done.sentence:
                problems.append(f"{where}: no sentence but {done.said[-600:]}")
            mount(place(root), f"remount,rw,{LARGE}")
            problems += checked(case, root, where, expected)
    return times, problems


def size_of(folder: Path) -> int:
    """Bytes of whole pages below a folder."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())


def checked(case: Case, root: Path, where: str, expected: dict[str, object]) -> list[str]:
    """What is wrong in the folder, and after the command was called again without the fault."""
    problems = [f"{where}: {name} half-written" for name in examination.half_written(place(root))]
    done = case.begin(root, case.again).ended()
    if done.code and FINISHED not in done.sentence:
        problems.append(f"{where}, then: exit code {done.code}: {done.said[-600:]}")
    elif different := examination.differences(examination.contents(place(root)), expected):
        problems.append(f"{where}, then: {', '.join(different)} differ")
    problems += [f"{where}: {name} touched" for name in examination.touched(place(root))]
    return problems + [f"{where}: {name} left" for name in examination.temporary(place(root))]


def mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A disk of its own at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    mount(folder, LARGE)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def can_mount() -> bool:
    """Whether this process may."""
    try:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder)):
            return True
    except (subprocess.CalledProcessError, OSError):
        return False
