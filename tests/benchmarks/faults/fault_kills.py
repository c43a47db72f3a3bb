"""`kill -9` at random moments, and at random points of the disk, of every command; then the same command again."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fault_examination as examination
import fault_points as points
from fault_cases import Case, Reference, place
from fault_worker import Ended

MOST = 3  # kills of one run in a row
FINISHED = "already holds a finished model"
HEAD = "| command | recipe | kills | runs | bit-exact | half-written | strangers touched | left | refused, finished |"


@dataclass
class Row:
    """What came of the kills of a command."""

    case: Case
    kills: int = 0
    runs: int = 0
    exact: int = 0
    half: int = 0
    touched: int = 0
    left: int = 0  # temporary files after the last call, and folders that TensorFlow Datasets left
    refused: int = 0  # with the sentence that the model is finished, which it is
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.problems and self.exact == self.runs

    def __str__(self) -> str:
        cells = (self.kills, self.runs, self.exact, self.half, self.touched, self.left, self.refused)
        return f"| {self.case.command} | {self.case.recipe} | {' | '.join(map(str, cells))} |"


def kills(reference: Reference, case: Case, count: int, seed: int, top: Path) -> Row:
    """So many kills of a command, at moments drawn by `seed`; some runs are killed several times in a row."""
    row, draw = Row(case), random.Random(f"{seed} {case.name}")
    expected, seconds, passed = reference.of(case)
    while row.kills < count:
        root = case.fresh(top / case.name.replace(" ", "_"))
        row.runs += 1
        moments: list[str] = []
        ended: Any = None
        for number in range(min(draw.randint(1, MOST), count - row.kills)):
            ended, moment = killed(case, root, case.again if number else (), draw, seconds, len(passed))
            if not ended.killed:
                break
            moments.append(moment)
            row.kills += 1
            examine(row, root, moments)
        else:
            ended = case.begin(root, case.again).ended()
        finish(row, root, moments, ended, expected)
    return row


def killed(
    case: Case, root: Path, again: tuple[str, ...], draw: random.Random, seconds: float, most: int
) -> tuple[Ended, str]:
    """A run that is killed somewhere, or ends before it; and where."""
    if draw.random() < 0.5:
        delay = draw.uniform(0, seconds)
        process = case.begin(root, again)
        time.sleep(delay)
        process.kill()
        return process.ended(), f"after {delay:.2f} s"
    number, after = draw.randint(1, most), draw.random() < 0.5
    ended = case.begin(root, again, lambda: points.kill_at(place(root), number, after)).ended()
    return ended, f"{'after' if after else 'before'} point {number}"


def examine(row: Row, root: Path, moments: Sequence[str]) -> None:
    """After a kill."""
    if half := examination.half_written(place(root)):
        row.half += len(half)
        row.problems.append(f"{row.case.name} killed {', '.join(moments)}: {', '.join(half)} half-written")
    if touched := examination.touched(place(root)):
        row.touched += len(touched)
        row.problems.append(f"{row.case.name} killed {', '.join(moments)}: {', '.join(touched)} touched")


def finish(row: Row, root: Path, moments: Sequence[str], done: Ended, expected: dict[str, object]) -> None:
    """After the last call, which nobody killed."""
    examine(row, root, moments)
    where = f"{row.case.name} killed {', '.join(moments) or 'too late'}"
    if done.code and FINISHED in done.sentence:
        row.refused += 1
    elif done.code:
        row.problems.append(f"{where}: exit code {done.code}: {done.said[-600:]}")
        return
    if different := examination.differences(examination.contents(place(root)), expected):
        row.problems.append(f"{where}: {', '.join(different)} differ")
    else:
        row.exact += 1
    row.left += len(examination.incomplete(place(root)))
    if left := examination.temporary(place(root)):
        row.left += len(left)
        row.problems.append(f"{where}: {', '.join(left)} left")
