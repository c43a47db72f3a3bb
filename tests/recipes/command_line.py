"""The command line called in this process, with everything that it prints, as Python and as C; how it may complain."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from heedful.recipes.suite import cli

RECIPE = "speech_commands"
SMALL = ("epoch_clips=64", "width=8", "blocks=1", "heads=2", "hidden=8", "stem=8")


class Done(NamedTuple):
    """How a command ended: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


@contextlib.contextmanager
def captured(number: int, name: str) -> Iterator[list[str]]:
    """What Python and C write to a file descriptor; a list that holds the text at the end."""
    held: list[str] = []
    screen, stream = os.dup(number), getattr(sys, name)
    with tempfile.TemporaryFile("w+") as sink:
        os.dup2(sink.fileno(), number)
        setattr(sys, name, os.fdopen(number, "w", closefd=False))
        try:
            yield held
        finally:
            getattr(sys, name).flush()
            setattr(sys, name, stream)
            os.dup2(screen, number)
            os.close(screen)
            sink.seek(0)
            held.append(sink.read())


def heedful(*arguments: object) -> Done:
    """Runs a command as the console script would."""
    with captured(1, "stdout") as out, captured(2, "stderr") as err:
        code = cli.main([str(argument) for argument in arguments])
    return Done(code, out[0], err[0])


def train(folder: Path, *arguments: object) -> Done:
    """`heedful train` of the smallest model on the sample."""
    return heedful("train", RECIPE, "--epochs", 2, "--set", *SMALL, "--out", folder, *arguments)


def files_below(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def assert_sentence(done: Done, code: int, *texts: str) -> None:
    """One line on standard error that holds every one of `texts`."""
    assert done.code == code, done
    assert done.err.startswith("heedful: ") and done.err.count("\n") == 1 and done.err.endswith("\n"), done.err
    for text in texts:
        assert text in done.err


def assert_refused(recipe: str, paths: Sequence[Path], *texts: str, columns: Sequence[str] = ()) -> None:
    """`heedful data` and `heedful train` of what lies in a folder say one sentence, and write nothing there."""
    folder = paths[0].parent
    before = files_below(folder)
    options = ["--columns", *columns] if columns else []
    assert_sentence(heedful("data", recipe, *paths, *options), 2, *texts)
    done = heedful("train", recipe, "--data", *paths, *options, "--out", folder / "model")
    assert_sentence(done, 2, *texts)
    assert done.out == "" and files_below(folder) == before


LIMITED = """
import resource, sys
sys.path[:0] = {path!r}
import keras
from heedful.recipes.suite.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.exit(main(sys.argv[1:]))
"""


def on_full_disk(limit: int, *arguments: object) -> Done:
    """A command in a process that may not grow a file beyond `limit` bytes."""
    program = LIMITED.format(path=sys.path, limit=limit)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines(keepends=True)
    return Done(
        done.returncode, done.stdout, "".join(lines[[line.startswith("heedful: ") for line in lines].index(True) :])
    )


def assert_refuses_models(model: Path, other: Path, given: str, folder: Path) -> None:
    """`heedful run` names a file that is missing, empty, cut short or a model of an `other` recipe; it writes none."""
    recipe, path = model.parts[-3], folder / "mine.tflite"
    contents = {
        "does not exist": None,
        "is not a .tflite model": b"",
        "carries no heedful card, so it is truncated or was made by another program": model.read_bytes()[:20000],
        f"is a model of {other.parts[-3]}, not of {recipe}": other.read_bytes(),
    }
    for reason, content in contents.items():
        if content is not None:
            path.write_bytes(content)
        before = files_below(folder)
        done = heedful("run", recipe, given, "--model", path, "--attention", folder / "seen.png")
        assert_sentence(done, 2, str(path), reason)
        assert done.out == "" and files_below(folder) == before
