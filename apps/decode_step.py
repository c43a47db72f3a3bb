"""The signatures of a file that writes word by word, as the search asks for them.

`encode` gives the memory of an input and the state before its first word, `decode_step` takes a word with both and
gives the scores of the next one, what is told of it, and the next state: arrays that it takes and gives are state.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.apps.beam import Decoding, Seen, State, Step, Written, search
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile

Specs = dict[str, tuple[tuple[int, ...], str]]  # shape and type by name


def searched(file: ModelFile, inputs: Mapping[str, np.ndarray], decoding: Decoding, told: Sequence[str]) -> Written:
    """The best sentence for one input, with the parts of `Written` that are `told` of each word.

    Raises `InputError` when the file answers with NaN.
    """
    known = file.run("encode", **inputs)
    state = {name: known.pop(name) for name in state_names(file.signatures)}
    (written,) = search(_step(file, known, told), state, 1, decoding)
    return written


def state_names(specs: Mapping[str, Any]) -> tuple[str, ...]:
    """What `decode_step` both takes and gives. Raises `KeyError` when there is no such signature."""
    step = specs["decode_step"]
    return tuple(sorted(set(step["inputs"]) & set(step["outputs"])))


def numbers(file: ModelFile, array: np.ndarray) -> np.ndarray:
    """The array, if it holds numbers. Raises `InputError` when there is a NaN."""
    if np.isnan(array).any():
        raise InputError(f"{file.path} answers with NaN, so it is of no use: train or export it again.")
    return array


def fits(specs: Mapping[str, Any], inputs: Specs, whole: Specs, told: Specs) -> bool:
    """Whether a graph takes `inputs`, gives `whole` for them, and word by word what is `told`, scores included."""
    generate, encode, step = (specs[name] for name in ("generate", "encode", "decode_step"))
    last = {"token": ((1,), "int32"), "index": ((1,), "int32")}
    known = {name: spec for name, spec in step["inputs"].items() if name not in last}
    state = {name: known[name] for name in state_names(specs)}
    return (
        generate["inputs"] == encode["inputs"] == inputs
        and generate["outputs"] == whole
        and step["inputs"] == last | known
        and step["outputs"] == told | state
        and encode["outputs"] == known
    )


def _step(file: ModelFile, memory: Mapping[str, np.ndarray], told: Sequence[str]) -> Step:
    """`decode_step` for many rows: the graph takes them one by one, and all see the one input's memory."""

    def step(tokens: np.ndarray, index: int, state: State) -> tuple[np.ndarray, Seen, State]:
        at = np.array([index], np.int32)
        rows = [
            file.run(
                "decode_step",
                token=tokens[row : row + 1],
                index=at,
                **memory,
                **{name: array[row : row + 1] for name, array in state.items()},
            )
            for row in range(len(tokens))
        ]
        together = {name: np.concatenate([answer[name] for answer in rows]) for name in rows[0]}
        scores = numbers(file, together.pop("scores"))
        return scores, {name: numbers(file, together.pop(name)) for name in told}, together

    return step
