"""Faults while commands work: `kill -9`, full and read-only disks, several processes in a folder, damaged checkpoints,
a clock that is set back. Prints a table of kills, and a line for each other kind.

    python tests/benchmarks/faults [--kills 200] [--seed S] [--recipes NAME ...] [KIND ...]

Trainings take two epochs of three steps on the samples, or where these take minutes on few rows, see `fault_data.py`
(seed 5), with `--seed 3`, and save after every step. After each fault the folder is examined, and the same command is
called again; what it makes must be that of an undisturbed run: weights and configuration in the `.keras`, graphs in the
`.tflite`, cards but for times of day and what follows from them (`fault_examination.TIMES`), all other files whole.
The exit code is 1 where anything else came of it. `reduced.reduced()` gives rows of a short form, which takes minutes.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import fault_clock
import fault_damage
import fault_disk
import fault_kills
import fault_locks
import fault_worker as worker
from fault_cases import Case, Reference

KINDS = ("kills", "disk", "locks", "checkpoints", "clock")
# Kills of the commands that take seconds, for every two of one that takes minutes.
QUICK = {
    "train least": 24, "export least": 16, "enrol speech_commands": 8, "download recommender": 12,
    "speech_commands": 5, "text_classification": 6, "recommender": 4,
}  # fmt: skip
SAMPLED = 5  # points of a command that the disk refuses, where it is not of the recipe of which all are tried


def main() -> int:
    parser = argparse.ArgumentParser(description="Disturbs commands and looks what becomes of their work.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"default: all of {', '.join(KINDS)}")
    parser.add_argument("--kills", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--recipes", nargs="+", metavar="NAME", help="default: every recipe, and the least one")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}: choose of {', '.join(KINDS)}")
    worker.warm_up(options.recipes or ())
    from heedful.recipes.suite.discovery import recipes

    names = options.recipes or [item.name for item in recipes()]
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="faults.") as folder:
        top = Path(folder)
        reference = Reference(top / "reference")
        for kind in options.kinds or KINDS:
            with worker.seconds_of(kind):
                if kind == "kills":
                    problems += print_kills(reference, names, options.kills, options.seed, top)
                else:
                    for what, found in others(kind, reference, names, options.seed, top):
                        tell(found)
                        problems += found
                        print(f"{kind}: {what}: {'failed' if found else 'passed'}", flush=True)
    return 1 if problems else 0


def print_kills(reference: Reference, names: list[str], count: int, seed: int, top: Path) -> list[str]:
    rows = []
    cases = reference.cases(names)
    for case, share in zip(cases, shares(cases, count), strict=True):
        rows.append(fault_kills.kills(reference, case, share, seed, top))
        print(rows[-1], file=sys.stderr, flush=True)
        tell(rows[-1].problems)
    print(f"{fault_kills.HEAD}\n{'|---' * fault_kills.HEAD.count(' | ')}|---|")
    print(*rows, sep="\n")
    total, exact = (sum(getattr(row, name) for row in rows) for name in ("kills", "exact"))
    print(f"seed {seed}: {total} kills, {exact} of {sum(row.runs for row in rows)} runs bit-exact")
    return [problem for row in rows for problem in row.problems]


def shares(cases: list[Case], count: int) -> list[int]:
    """How often each command is killed: the more often the less time it takes."""
    weights = [QUICK.get(case.name, QUICK.get(case.recipe, 2)) for case in cases]
    found = [max(1, count * weight // sum(weights)) for weight in weights]
    return [found[0] + count - sum(found), *found[1:]]


def others(kind: str, reference: Reference, names: list[str], seed: int, top: Path):
    """What was tried, and what was wrong."""
    draw = random.Random(f"{seed} {kind}")
    least = "least" if "least" in names else names[0]
    if kind == "disk":
        cases = reference.cases(names) + fault_disk.readers(reference)
        for case in cases:
            every = case.recipe == least
            for fault in fault_disk.FAULTS:
                choose = (lambda found: found) if every else (lambda found: sorted(draw.sample(found, SAMPLED)))
                count, found = fault_disk.at_points(reference, case, fault, choose, top)
                yield f"{case.name}, {fault} at {count} points", found
            if fault_disk.can_mount():
                count, found = fault_disk.on_small_disk(reference, case, draw, 6 if every else 3, top)
                yield f"{case.name}, {count} small or read-only disks", found
    elif kind == "locks":
        for name in names:
            yield f"two trainings and an export, {name}", fault_locks.trainings(reference, name, top)
        if "speech_commands" in names:
            yield "two enrolments", fault_locks.enrolments(reference, top)
        yield "a lock ends with its process", fault_locks.released(least, top)
        yield "a disk without locks", fault_locks.without_locks(reference, least, top)
    elif kind == "checkpoints":
        for name in names:
            kinds = ("cut", "empty", "zeros", "one bit") if name == least else (draw.choice(("cut", "one bit")),)
            yield f"the newest is {' or '.join(kinds)}, {name}", fault_damage.damaged(reference, name, seed, top, kinds)
        yield "both are damaged", fault_damage.both_damaged(least, top)
    elif kind == "clock":
        for name in names:
            yield f"set back in a training, {name}", fault_clock.trainings(reference, name, top)
        yield "a clock that was never set", fault_clock.in_1970(least, top)
        yield "the newest model after it was set back", fault_clock.newest(least, top)


def tell(problems: list[str]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
