"""The signatures of a file that writes word by word, as its app and the search ask for them.

`generate` gives a whole sentence, the likeliest word at each step, with its `length` and what is told of each word.
`encode` gives the memory of an input and the state before its first word, `decode_step` takes a word with both and
gives the scores of the next one, what is told of it, and the next state: arrays that it takes and gives are state.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heedful.apps.beam import Decoding, Seen, State, Step, Written, search
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, fitting

Specs = dict[str, tuple[tuple[int, ...], str]]  # shape and type by name


def written(file: ModelFile, inputs: Mapping[str, np.ndarray], decoding: Decoding, told: Sequence[str]) -> Written:
    """The sentence for one input, with the parts of `Written` that are `told` of each word.

    A beam of 1 is the graph's own greedy search, one call, whose score is NaN. A wider one asks the graph word by word;
    `max_words` can then be less than the model's, but not more.
    Raises `InputError` when the file answers with NaN.
    """
    if decoding.beam == 1:
        answer = file.run("generate", **inputs)
        length = int(answer["length"][0])
        parts = {name: _numbers(file, answer[name][0, :length]) for name in told}
        return Written(answer["tokens"][0, :length], score=math.nan, **parts)
    with fitting(file):  # a damaged graph gives other shapes than it promises
        known = file.run("encode", **inputs)
        state = {name: known.pop(name) for name in state_names(file.signatures)}
        (best,) = search(_step(file, known, told), state, 1, decoding)
    return best


def state_names(specs: Mapping[str, Any]) -> tuple[str, ...]:
    """What `decode_step` both takes and gives. Raises `KeyError` when there is no such signature."""
    step = specs["decode_step"]
    return tuple(sorted(set(step["inputs"]) & set(step["outputs"])))


def _numbers(file: ModelFile, array: np.ndarray) -> np.ndarray:
    """The array, if it holds numbers. Raises `InputError` when there is a NaN."""
    if np.isnan(array).any():
        raise InputError(f"{file.path} answers with NaN, so it is of no use: train or export it again.")
    return array


def fits(specs: Mapping[str, Any], inputs: Specs, most: int, words: int, told: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a graph takes `inputs` and gives at `most` so many of its `words`, with what is `told` of each: shapes by
    name.
    """
    generate, encode, step = (specs[name] for name in ("generate", "encode", "decode_step"))
    whole = {name: ((1, most, *shape), "float32") for name, shape in told.items()}
    single = {name: ((1, *shape), "float32") for name, shape in {"scores": (words,), **told}.items()}
    last = {"token": ((1,), "int32"), "index": ((1,), "int32")}
    known = {name: spec for name, spec in step["inputs"].items() if name not in last}
    state = {name: known[name] for name in state_names(specs)}
    return (
        generate["inputs"] == encode["inputs"] == inputs
        and generate["outputs"] == whole | {"tokens": ((1, most), "int32"), "length": ((1,), "int32")}
        and step["inputs"] == last | known
        and step["outputs"] == single | state
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
        scores = _numbers(file, together.pop("scores"))
        return scores, {name: _numbers(file, together.pop(name)) for name in told}, together

    return step
