"""Models that write, token by token: the signatures of their files, and many inputs at once under Keras.

Such a model has a part, the writer, with `look(seen)`, the memory of what it sees, and `start(memory)`, the state
before the first token, both by name. The model itself has `write(seen)`, greedy and whole, `look(seen)`, memory and
state together, and `decode_step(token, index, memory, state)`, which gives `scores`, `attention` and the next state.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary, proxy

import keras
import numpy as np
from keras import ops

from heedful.apps.beam import START, Decoding, Seen, State, Written, search
from heedful.recipes.contract import Arrays, Signature

Specs = dict[str, tuple[tuple[int, ...], str]]  # shape and type by name
CHUNK = 64
TOLD = ("attention", "copied")  # of each token, by models that tell it


def parts(writer: Any, seen: Any) -> tuple[Specs, Specs]:
    """Shapes and types of the memory of what is seen, and of the state."""
    memory = writer.look(seen)
    return specs(memory), specs(writer.start(memory))


def specs(tensors: Mapping[str, Any]) -> Specs:
    return {
        name: (tuple(map(int, tensor.shape)), keras.backend.standardize_dtype(tensor.dtype))
        for name, tensor in tensors.items()
    }


def signatures(model: Any, inputs: Specs, memory: Specs, state: Specs) -> dict[str, Signature]:
    """`generate` gives a whole answer of `inputs`; `encode` the memory and the state before the first token;
    `decode_step` takes a `token` and its `index`, both int32 `(1,)`, with those, and gives `scores`, `attention` and
    the next state under the same names.
    """
    names = [*memory, *state]

    def decode_step(token, index, *values):
        given = dict(zip(names, values, strict=True))
        return model.decode_step(
            token, index, {name: given[name] for name in memory}, {name: given[name] for name in state}
        )

    word: Specs = {"token": ((1,), "int32"), "index": ((1,), "int32")}
    return {
        "generate": Signature(model.generate, inputs),
        "encode": Signature(model.encode, inputs),
        "decode_step": Signature(decode_step, word | memory | state),
    }


def examples(signatures: Mapping[str, Signature], inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
    """Examples of every signature: `inputs`, and the first two tokens that are written of each."""
    step, steps = signatures["decode_step"], []
    for given in inputs:
        known = dict(answered(signatures["encode"], given))
        token = np.array([START], np.int32)
        for index in range(2):
            steps.append({"token": token, "index": np.array([index], np.int32), **known})
            answer = answered(step, steps[-1])
            token = answer["scores"].argmax(axis=1).astype(np.int32)
            known |= {name: answer[name] for name in known if name in answer}
    return {"generate": list(inputs), "encode": list(inputs), "decode_step": steps}


def answered(signature: Signature, given: Arrays) -> dict[str, np.ndarray]:
    tensors = signature.function(*(ops.convert_to_tensor(given[name]) for name in signature.inputs))
    return {name: ops.convert_to_numpy(tensor) for name, tensor in tensors.items()}


def written(model: Any, writer: keras.layers.Layer, seen: np.ndarray, decoding: Decoding) -> list[Written]:
    """What the model writes of many inputs `(n, ...)` at once, as its decoding says."""
    if model not in COMPILED:
        COMPILED[model] = Compiled(model, writer, seen)
    return COMPILED[model].written(seen, decoding)


class Compiled:
    """Parts of a model as models of their own, which every backend compiles once."""

    def __init__(self, model: Any, writer: Any, seen: np.ndarray) -> None:
        memory, state = parts(writer, ops.convert_to_tensor(seen[:1]))
        whole = proxy(model)  # `COMPILED` must not keep alive what it is asked by

        def write(seen):
            return whole.write(seen)

        def look(seen):
            return whole.look(seen)

        def decode_step(known):
            given = {name: known[name] for name in memory}, {name: known[name] for name in state}
            return whole.decode_step(known["token"], known["index"][:1], *given)

        self.memory, self.state = tuple(memory), tuple(state)
        self.write, self.look, self.step = (Function(writer, body) for body in (write, look, decode_step))

    def written(self, seen: np.ndarray, decoding: Decoding) -> list[Written]:
        """By the compiled loop where the beam is 1, else step by step."""
        if decoding.beam == 1:
            return greedy(self.write.predict_on_batch(seen))
        known = self.look.predict_on_batch(seen)
        memory = {name: np.repeat(known[name], decoding.beam, axis=0) for name in self.memory}

        def step(tokens: np.ndarray, index: int, state: State) -> tuple[np.ndarray, Seen, State]:
            at = np.full(len(tokens), index, np.int32)
            answer = self.step.predict_on_batch({"token": tokens, "index": at, **memory, **state})
            return answer.pop("scores"), {name: answer.pop(name) for name in TOLD if name in answer}, answer

        return search(step, {name: known[name] for name in self.state}, len(seen), decoding)


def greedy(answer: Arrays) -> list[Written]:
    """What `write` gave, input by input; it has no score."""
    told = [name for name in TOLD if name in answer]
    return [
        Written(answer["tokens"][row, :length], score=math.nan, **{name: answer[name][row, :length] for name in told})
        for row, length in enumerate(answer["length"])
    ]


class Function(keras.Model):
    """A function of tensors that Keras compiles on `predict_on_batch`; `part` holds the weights that it uses, which
    JAX would else take for constants and never look at again.
    """

    def __init__(self, part: keras.layers.Layer, body: Callable[[Any], dict[str, Any]]) -> None:
        super().__init__()
        self.part, self.body, self.built = part, body, True

    def call(self, inputs: Any) -> dict[str, Any]:
        return self.body(inputs)


COMPILED: WeakKeyDictionary[Any, Compiled] = WeakKeyDictionary()
