"""Commands of `heedful` in processes that are forked from one that has imported all they need, but run nothing yet.

A fork takes milliseconds where the imports take half a minute; TensorFlow bears it as long as it has computed nothing.
"""

import contextlib
import functools
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.recipes.suite import cli

RECIPES = Path(__file__).parents[2] / "recipes"
STEPS = 3  # of an epoch
LONG = ("image_captioning", "text_summarization", "translation")  # they write two files only, to save time
CRASHED = 70  # the exit code of what ends with a traceback


@dataclass(frozen=True)
class Ended:
    """How a process ended, `code` as `subprocess` counts it, what it said, and how long it took."""

    code: int
    said: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def sentence(self) -> str:
        """The one sentence that a command ends with where it was refused; empty where it said more, or less."""
        lines = [line for line in self.said.splitlines() if line.startswith("heedful: ")]
        return lines[0] if self.code in (1, 2) and len(lines) == 1 and "Traceback" not in self.said else ""


def warm_up(names: Sequence[str] = ()) -> None:
    """Imports what the commands of these recipes need, by default of all, and makes the trainings short ones that save
    after every step.
    """
    sys.path.insert(0, str(RECIPES))
    importlib.import_module("mounted")
    cli.start_keras()
    for name in ("recipes.suite.demo", "recipes.suite.smallest", "apps.graph.inspection", "apps.speech_commands.app"):
        importlib.import_module(f"heedful.{name}")
    importlib.import_module("matplotlib.backends.backend_agg")
    importlib.import_module("tensorflow_datasets")
    from heedful.recipes.contract import check
    from heedful.recipes.suite import training_loop
    from heedful.recipes.suite.discovery import recipes

    training_loop.SAVE_SECONDS = 0.0
    for recipe in (item for item in recipes() if not names or item.name in names):
        check(recipe)
        module: Any = recipe.module("data")
        if not hasattr(module.load, "__wrapped__"):
            module.load = shortened(module.load)
        if recipe.name in LONG:
            module = recipe.module("export")
            module.QUANTIZATIONS = {"none": 1.0, "dynamic": 1.0}


def shortened(load: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(load)
    def short(*arguments: Any, **options: Any) -> Any:
        return Short(load(*arguments, **options))

    return short


class Short:
    """The data of a recipe in epochs of `STEPS`."""

    steps_per_epoch = STEPS

    def __init__(self, data: Any) -> None:
        self.data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)


class Process:
    """A command that was begun; `prepare` runs in its process before it."""

    def __init__(self, words: Sequence[object], log: Path, prepare: Callable[[], object] = lambda: None) -> None:
        self.log, self.begun = log, time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_child([str(word) for word in words], log, prepare))

    def ended(self, within: float = 600.0) -> Ended:
        """Waits; what takes longer is killed."""
        while not (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() - self.begun > within:
                self.kill()
            time.sleep(0.005)
        said = self.log.read_text(errors="replace")
        return Ended(os.waitstatus_to_exitcode(found[1]), said, time.monotonic() - self.begun)

    def kill(self) -> None:
        """As `kill -9` does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait_until(self, reached: Callable[[], bool], within: float = 120.0) -> bool:
        """Whether something comes true before the process ends."""
        end = time.monotonic() + within
        while time.monotonic() < end and not os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if reached():
                return True
            time.sleep(0.01)
        return False


def run(words: Sequence[object], log: Path, prepare: Callable[[], object] = lambda: None) -> Ended:
    return Process(words, log, prepare).ended()


def _child(words: list[str], log: Path, prepare: Callable[[], object]) -> int:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["heedful", *words]
    try:
        prepare()
        code = cli.main(words)
    except BaseException:
        traceback.print_exc()
        code = CRASHED
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    return code


@contextlib.contextmanager
def seconds_of(name: str) -> Iterator[None]:
    """Says how long a part took."""
    begun = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
