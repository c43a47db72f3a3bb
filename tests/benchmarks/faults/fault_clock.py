"""A clock that is set back, once by a day before a run, and then at every look at it; and one that begins in 1970."""

import datetime as dates
import itertools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fault_examination as examination
from fault_cases import Reference, place, train

DAY = 86400.0


def set_back(start: float) -> Callable[[], None]:
    """What makes the clock of a process begin at `start` and go back a minute at every look."""

    def prepare() -> None:
        looks = itertools.count()

        def now() -> float:
            return max(0.0, start - 60.0 * next(looks))

        class Clock(dates.datetime):
            @classmethod
            def now(cls, tz: Any = None) -> dates.datetime:
                return dates.datetime.fromtimestamp(now(), tz)

        from heedful.recipes.suite import saved

        saved.datetime = Clock  # pyright: ignore[reportAttributeAccessIssue]
        time.time = now
        time.time_ns = lambda: int(now() * 1e9)
        local = time.localtime
        time.localtime = lambda seconds=None: local(now() if seconds is None else seconds)

    return prepare


def trainings(reference: Reference, recipe: str, top: Path) -> list[str]:
    """What is wrong when a training is begun, killed and resumed while the clock goes back."""
    case, root = train(recipe), top / "clock"
    first = case.fresh(root) and case.begin(root, (), set_back(time.time() - DAY))
    first.wait_until(lambda: (place(root) / "state.npz").exists())
    first.kill()
    first.ended()
    done = case.begin(root, case.again, set_back(time.time() - 2 * DAY)).ended()
    if done.code:
        return [f"{case.name}: exit code {done.code}: {done.said[-600:]}"]
    if different := examination.differences(examination.contents(place(root)), reference.of(case)[0]):
        return [f"{case.name}: {', '.join(different)} differ"]
    took = json.loads((place(root) / "card.json").read_text())["training"]["seconds"]
    return [] if took > 0 else [f"{case.name}: it took {took} s"]


def in_1970(recipe: str, top: Path) -> list[str]:
    """What is wrong where the clock was never set: no zip can have that date, and so no `.keras`."""
    case = train(recipe)
    done = case.begin(case.fresh(top / "clock"), (), set_back(0.0)).ended()
    return [] if done.code == 2 and "the clock of this machine says 1970" in done.sentence else [done.said[-300:]]


def newest(recipe: str, top: Path) -> list[str]:
    """What is wrong when the newest model is asked for that was trained after the clock was set back."""
    case = train(recipe)
    root = case.fresh(top / "clock")
    models = root / "saved_models" / recipe

    def begin(name: str, start: float) -> int:
        clock = set_back(start)

        def prepare() -> None:
            os.chdir(root)
            clock()

        return case.begin(root, ("--out", str(models / name)), prepare).ended().code

    codes = [begin("older", time.time()), begin("newer", time.time() - 30 * DAY)]
    made = [json.loads((models / name / "card.json").read_text())["created"] for name in ("older", "newer")]
    return [] if codes == [0, 0] and made[0] < made[1] else [f"newest of {made} after {codes}"]
