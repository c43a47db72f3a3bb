"""A damaged checkpoint: the one before it is used, which is said, and the run ends the same; two are one sentence."""

import random
from pathlib import Path

import fault_examination as examination
import fault_points as points
from fault_cases import Case, Reference, place, train

from heedful.recipes.suite import checkpoints

SAID = "is damaged: going on from the checkpoint before it"


def damages(content: bytes, draw: random.Random) -> dict[str, bytes]:
    """A file as a bad disk or a bad copy leaves it."""
    at = draw.randrange(len(content) // 4, len(content) // 2)
    return {
        "cut": content[:at],
        "empty": b"",
        "zeros": content[:at] + bytes(len(content) - at),
        "one bit": content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :],
    }


def damaged(reference: Reference, recipe: str, seed: int, top: Path, kinds: tuple[str, ...]) -> list[str]:
    """What is wrong after damages of these kinds; nothing is right."""
    case, draw, problems = train(recipe), random.Random(f"{seed} damage {recipe}"), []
    expected, _, passed = reference.of(case)
    replaces = [number for number, name in enumerate(passed, 1) if name == "replace"]
    for kind in kinds:
        root = case.fresh(top / "damage")
        state = place(root) / "state.npz"
        where = replaces[draw.randrange(6, 12)]  # there are two by then
        kill(case, root, (), where)
        checkpoints.settle(state)  # where the kill fell between the two renames
        if not checkpoints.before(state).exists():
            kill(case, root, case.again, 12)
        state.write_bytes(damages(state.read_bytes(), draw)[kind])
        done = case.begin(root, case.again).ended()
        found = examination.contents(place(root))
        if done.code or SAID not in done.said:
            problems.append(f"{recipe}, {kind}: exit code {done.code}, {done.said[-300:]}")
        elif different := examination.differences(found, expected):
            problems.append(f"{recipe}, {kind}: {', '.join(different)} differ")
    return problems


def both_damaged(recipe: str, top: Path) -> list[str]:
    """What is wrong where no checkpoint is whole."""
    case = train(recipe)
    root = case.fresh(top / "damage")
    kill(case, root, (), 12)
    state = place(root) / "state.npz"
    for path in (state, checkpoints.before(state)):
        path.write_bytes(b"PK")
    done = case.begin(root, case.again).ended()
    return [] if done.code == 2 and "are damaged: remove both" in done.sentence else [f"{recipe}, both: {done.said}"]


def kill(case: Case, root: Path, again: tuple[str, ...], number: int) -> None:
    """Kills a run after so many points."""
    case.begin(root, again, lambda: points.kill_at(place(root), number, True)).ended()
