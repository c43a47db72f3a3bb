"""Two processes in one folder: the second is refused in a sentence, and the first ends as if it had been alone."""

import errno
import fcntl
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import fault_examination as examination
from fault_cases import Case, Reference, enrol, place, train
from fault_worker import Process, run

REFUSED = "another process works in"


def trainings(reference: Reference, recipe: str, top: Path) -> list[str]:
    """What is wrong when a training and an export come into the folder of a training."""
    case = train(recipe)
    root = case.fresh(top / "locks")
    first = case.begin(root)
    problems = []
    if not first.wait_until(lambda: (place(root) / "state.npz").exists()):
        return [f"{recipe}: no state: {first.ended().said[-300:]}"]
    freeze(first)
    others: dict[str, Sequence[object]] = {
        "train": case.words(root),
        "train --resume": [*case.words(root), "--resume"],
        "export": ["export", recipe, "--model", place(root)],
    }
    for name, words in others.items():
        done = run(words, root.with_name("second.log"))
        if done.code != 2 or REFUSED not in done.sentence:
            problems.append(f"{name} beside train {recipe}: exit code {done.code}: {done.said[-300:]}")
    thaw(first)
    return problems + ended_alone(first, case, root, reference)


def enrolments(reference: Reference, top: Path) -> list[str]:
    """What is wrong when two enrolments write one file, and one writes another."""
    case = enrol(reference.made)
    root = case.fresh(top / "locks")
    first = case.begin(root)
    if not first.wait_until(lambda: any(path.name.endswith("lock") for path in place(root).iterdir())):
        return ["enrol: no lock"]
    freeze(first)
    same = run(case.words(root), root.with_name("second.log"))
    other = run([*case.words(root)[:-1], root / "other.tflite"], root.with_name("second.log"))
    thaw(first)
    problems = [] if same.code == 2 and REFUSED in same.sentence else [f"enrol beside enrol: {same.said[-300:]}"]
    problems += [] if other.code == 0 else [f"enrol of another file: {other.said[-300:]}"]
    return problems + ended_alone(first, case, root, reference)


def released(recipe: str, top: Path) -> list[str]:
    """What is wrong when the process that holds the folder is killed, and the next one comes at once."""
    case = train(recipe)
    root = case.fresh(top / "locks")
    first = case.begin(root)
    first.wait_until(lambda: (place(root) / "state.npz").exists())
    first.kill()
    first.ended()
    done = case.begin(root, case.again).ended()
    return [] if done.code == 0 else [f"train after a kill: {done.said[-300:]}"]


def without_locks(reference: Reference, recipe: str, top: Path) -> list[str]:
    """What is wrong on a file system that knows no locks."""

    def fail(file: int, operation: int) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def prepare() -> None:
        fcntl.flock = fail

    case = train(recipe)
    root = case.fresh(top / "locks")
    return ended_alone(case.begin(root, (), prepare), case, root, reference)


def ended_alone(process: Process, case: Case, root: Path, reference: Reference) -> list[str]:
    done = process.ended()
    if done.code:
        return [f"{case.name}: exit code {done.code}: {done.said[-300:]}"]
    different = examination.differences(examination.contents(place(root)), reference.of(case)[0])
    return [f"{case.name}: {name} differs" for name in different] + examination.temporary(place(root))


def freeze(process: Process) -> None:
    os.kill(process.pid, signal.SIGSTOP)


def thaw(process: Process) -> None:
    os.kill(process.pid, signal.SIGCONT)
