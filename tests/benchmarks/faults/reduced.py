"""Every kind of fault in a short form of about four minutes, on the least recipe, and enrol and download where quick.

`reduced()` must be called in a process that has computed nothing by TensorFlow yet, as it forks.
"""

import random
import tempfile
from pathlib import Path

import fault_clock
import fault_damage
import fault_disk
import fault_kills
import fault_locks
import fault_worker as worker
from fault_cases import Reference, download, export, train

RECIPE = "least"
KILLS = {"train": 5, "export": 5, "download": 3}
POINTS = 2  # of each fault of a disk
SEED = 0


def reduced() -> list[tuple[str, str, bool]]:
    """What was done, what came of it as text, and whether that is as it should be."""
    worker.warm_up([RECIPE, "recommender"])
    draw = random.Random(SEED)
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults.") as folder:
        top = Path(folder)
        reference = Reference(top / "reference")
        for case in (train(RECIPE), export(RECIPE, reference.made), download()):
            row = fault_kills.kills(reference, case, KILLS[case.command], SEED, top)
            text = f"{row.exact} of {row.runs} runs bit-exact, {row.half} files half-written, {row.touched} touched"
            rows.append((f"{row.kills} kills of {case.name}", text, row.passed))
        for fault in fault_disk.FAULTS:
            count, found = fault_disk.at_points(
                reference, train(RECIPE), fault, lambda numbers: sorted(draw.sample(numbers, POINTS)), top
            )
            rows.append(row_of(f"disk that is {fault}, at {count} points of train {RECIPE}", found))
        rows += [
            row_of("two trainings and an export in a folder", fault_locks.trainings(reference, RECIPE, top)),
            row_of("a lock ends with its process", fault_locks.released(RECIPE, top)),
            row_of("newest checkpoint damaged", fault_damage.damaged(reference, RECIPE, SEED, top, ("one bit",))),
            row_of("both checkpoints damaged", fault_damage.both_damaged(RECIPE, top)),
            row_of("clock set back in a training", fault_clock.trainings(reference, RECIPE, top)),
        ]
    return rows


def row_of(what: str, problems: list[str]) -> tuple[str, str, bool]:
    return what, "; ".join(problems) or "as it should be", not problems
