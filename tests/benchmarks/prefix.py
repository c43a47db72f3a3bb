"""Word after word from the cache, beside the tutorials' way: the whole prefix is read again for every word."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from turns import Work, milliseconds

from heedful.apps.beam import START
from heedful.export.exporter import Exporter
from heedful.export.signature import Signature
from heedful.export.verification import interpreter

LENGTHS = (5, 10, 20)  # words


def beside_the_prefix(
    model: keras.Model,
    step: Signature,
    forced: Callable,
    seen: Mapping[str, np.ndarray],
    vocabulary: int,
) -> None:
    """Prints milliseconds of both ways, exported from the very same layers into one file.

    `step` is the `decode_step` of the model; `forced(tokens, **seen)` gives the scores of every word `(1, words,
    vocabulary)` of the words `tokens (1, words)` before them.
    """

    def prefix(length: int) -> Signature:
        def read_again(tokens, *given):
            return {"scores": forced(tokens, **dict(zip(seen, given, strict=True)))[:, -1]}

        inputs = {"tokens": ((1, length), "int32")}
        return Signature(read_again, inputs | {name: (x.shape, x.dtype.name) for name, x in seen.items()})

    lengths = range(1, max(LENGTHS) + 1)
    signatures = {"step": step} | {f"prefix_{n}": prefix(n) for n in lengths}
    rng = np.random.default_rng(0)
    row = {name: np.zeros(shape, dtype) for name, (shape, dtype) in step.inputs.items()}
    row |= {"token": np.array([START], np.int32)} | {name: x for name, x in seen.items() if name in row}
    rows = {"step": [row]}
    rows |= {f"prefix_{n}": [{"tokens": rng.integers(3, vocabulary, (1, n), np.int32), **seen}] for n in lengths}
    run = interpreter(Exporter(model, signatures, rows).convert("none"))
    runners = {name: run.get_signature_runner(name) for name in signatures}

    works: dict[str, Work] = {}
    for n in lengths:
        at = row | {"index": np.array([n - 1], np.int32)}
        works[f"step {n}"] = lambda at=at: runners["step"](**at)
        works[f"prefix {n}"] = lambda n=n: runners[f"prefix_{n}"](**rows[f"prefix_{n}"][0])
    taken = milliseconds(works)
    print(f"\n{'':24}{'cache, ms':>12}{'prefix again, ms':>20}{'ratio':>9}")
    for n in LENGTHS:
        line = [taken[f"{kind} {n}"] for kind in ("step", "prefix")]
        print(f"word {n:<19}{line[0]:>12.2f}{line[1]:>20.2f}{line[1] / line[0]:>9.1f}")
    for n in LENGTHS:
        line = [sum(taken[f"{kind} {i}"] for i in range(1, n + 1)) for kind in ("step", "prefix")]
        print(f"the first {n:<14}{line[0]:>12.2f}{line[1]:>20.2f}{line[1] / line[0]:>9.1f}", flush=True)
