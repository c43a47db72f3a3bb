"""What runs a graph in a process of its own, because a damaged one may end it: `python -m heedful.apps.graph.trial`.

The folder that it is given holds `task.json`: the file, the interface of LiteRT, and signatures with the names of their
inputs and outputs; and `N.inputs.npz`, the values for signature N. It writes `N.outputs.npz`, or `N.refusal` with the
reason, one after the other, so that what was done remains where the next one ends the process.
"""

import contextlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.container import open_container
from heedful.apps.graph.soundness import flaw

TASK = "task.json"
REFUSAL = "refusal"  # of the whole file; of a signature its number stands before it
BASE_MEMORY = 12 * 2**30  # bytes of addresses; damaged shapes ask for more
Runner = Callable[[Mapping[str, Any], Sequence[np.ndarray]], Sequence[np.ndarray]]


def main(folder: Path) -> None:
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    limit_memory(Path(task["path"]).stat().st_size)
    try:
        run = RUNTIMES[task["runtime"]](task["path"])
    except Exception as error:  # whatever a damaged file makes of it
        (folder / REFUSAL).write_text(reason(error), encoding="utf-8")
        return
    for number, signature in task["signatures"].items():
        with np.load(folder / f"{number}.inputs.npz") as arrays:
            given = list(arrays.values())
        try:
            np.savez(folder / f"{number}.partial.npz", *(plain(array) for array in run(signature, given)))
            (folder / f"{number}.partial.npz").rename(folder / f"{number}.outputs.npz")
        except Exception as error:
            (folder / f"{number}.{REFUSAL}").write_text(reason(error), encoding="utf-8")


def plain(array: Any) -> np.ndarray:
    if np.asarray(array).dtype.kind == "O":
        raise ValueError("an output is text")
    return np.asarray(array)


def reason(error: Exception) -> str:
    """The last line that says something; LiteRT's first ones are places in its source."""
    if isinstance(error, KeyError):
        return f"it knows no {error.args[0]!r}"
    lines = [line.strip("└ ") for line in str(error).splitlines()]
    places = re.compile(r"ERROR: \[.*\]$|See instructions")
    told = [line for line in lines if line and not places.match(line)]
    last = told[-1] if told else f"it gives no reason ({type(error).__name__})"
    last = re.sub(r"(?<=\S)(?=Node number \d)", "; ", last)  # LiteRT says it in the same breath
    return last.removeprefix("CompiledModel error: ").removesuffix(".")


def limit_memory(size: int) -> None:
    """A damaged shape must not take the memory of the whole machine. Windows has no such limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = BASE_MEMORY + 4 * size
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: str | PathLike[str]) -> Runner:
    """Reads the graph as the parent is about to."""
    try:
        graph = flatbuffer.read(open_container(path).content)
    except InputError:
        raise
    except Exception:  # whatever the generated reader meets
        raise ValueError("its graph reaches beyond its end") from None
    if found := flaw(graph):
        raise ValueError(found)
    return lambda *_: ()


def interpreter(path: str) -> Runner:
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(model_path=path, num_threads=1)

    def run(signature: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        if signature["key"] is not None:
            runner = model.get_signature_runner(signature["key"])
            found = runner(**dict(zip(signature["inputs"], arrays, strict=True)))
            return [found[name] for name in signature["outputs"]]
        details = model.get_input_details()
        for detail, array in zip(details, arrays, strict=True):
            if list(detail["shape"]) != list(array.shape):
                model.resize_tensor_input(detail["index"], array.shape)
        model.allocate_tensors()
        for detail, array in zip(details, arrays, strict=True):
            model.set_tensor(detail["index"], array)
        model.invoke()
        return [model.get_tensor(detail["index"]) for detail in model.get_output_details()]

    return run


def compiled(path: str) -> Runner:
    from heedful.apps.graph.compiled import Compiled

    model = Compiled(Path(path))

    def run(signature: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        if signature["key"] is None:
            return model.run_first(arrays)
        found = model.run(signature["key"], dict(zip(signature["inputs"], arrays, strict=True)))
        return [found[name] for name in signature["outputs"]]

    return run


RUNTIMES: Mapping[str, Callable[[str], Runner]] = {"read": read, "Interpreter": interpreter, "CompiledModel": compiled}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
