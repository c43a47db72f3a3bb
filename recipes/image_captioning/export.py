"""What the exported file of this recipe takes and gives: a whole caption in one call, or word by word for beams."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary, proxy

import keras
import numpy as np
from keras import ops

from heedful.apps import image_captioning
from heedful.apps.beam import Decoding, Written, search
from heedful.apps.model_file import ModelFile
from heedful.recipes.devices import shared_by
from heedful.recipes.image_captioning.features import encoded
from heedful.recipes.image_captioning.model import Captioner
from heedful.recipes.image_captioning.split import SPLITS
from heedful.recipes.image_captioning.transformer import State
from heedful.recipes.image_captioning.vocabulary import START
from heedful.recipes.litert import Signature

SIGNATURE = "generate"
# Of validation CIDEr-D. There is no int8: the converter cannot calibrate a graph with a loop in it, it crashes.
ALLOWED_DROP = {"none": 0.0, "float16": 0.005, "dynamic": 0.02}
FLOAT_LAYERS = ()
EXAMPLES = 16  # pictures that verify a file
CHUNK = 64  # pictures that Keras describes at once
INTENDED_USE = (
    "Describing a photo in a sentence, on the person's own device, with a map for every word that shows where in the "
    "photo the model looked."
)
LIMITS = (
    "It knows the things, the words and the habits of its training captions, and names what is usual there when it is "
    "not sure; people, numbers and left and right are often wrong. The maps show what the model read, not why. Not for "
    "decisions about people, and no substitute for a description by a person where it matters."
)


def deployed(model: Captioner) -> Captioner:
    """The model as it ships: as it was trained."""
    return model


def signatures(model: Captioner) -> dict[str, Signature]:
    """`generate`: `image` uint8 `(1, size, size, 3)` to `tokens`, `length` and `attention`, see `Captioner.generate`.

    `encode` gives the memory of a picture and the state before the first word; `decode_step` takes a `token` and its
    `index`, both int32 `(1,)`, with those, and gives `scores`, `attention` and the next state under the same names.
    """
    image = {"image": ((1, *model.encoder.input_shape[1:]), "uint8")}
    memory, state = parts(model)
    names = [*memory, *state]

    def decode_step(token, index, *values):
        given = dict(zip(names, values, strict=True))
        return model.decode_step(
            token, index, {name: given[name] for name in memory}, {name: given[name] for name in state}
        )

    word = {"token": ((1,), "int32"), "index": ((1,), "int32")}
    known = {name: (shape, "float32") for name, shape in (memory | state).items()}
    return {
        SIGNATURE: Signature(model.generate, image),
        "encode": Signature(model.encode, image),
        "decode_step": Signature(decode_step, word | known),
    }


def parts(model: Captioner) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Names and shapes of the memory of one picture, and of the state of the decoder."""
    grid = ops.zeros((1, *model.encoder.output_shape[1:]))
    memory = model.decoder.look(grid)
    state = model.decoder.start(memory)
    return shapes(memory), shapes(state)


def shapes(arrays: State) -> dict[str, tuple[int, ...]]:
    return {name: tuple(map(int, array.shape)) for name, array in arrays.items()}


def examples(data: Any, model: Captioner | ModelFile) -> dict[str, list[dict[str, np.ndarray]]]:
    """Validation pictures, spread evenly over the split, and the first two words that are written of each."""
    split = data.split("validation") if len(data.splits["validation"]) else data.split("all")
    rows = np.linspace(0, len(split) - 1, min(EXAMPLES, len(split))).astype(int)
    images = [{"image": split.read(int(row))[None]} for row in rows]
    if isinstance(model, ModelFile):
        return {SIGNATURE: images}
    step, steps = signatures(model)["decode_step"], []
    for image in images:
        known = as_numpy(model.encode(**image))
        token = np.array([START], np.int32)
        for index in range(2):
            steps.append({"token": token, "index": np.array([index], np.int32), **known})
            answer = as_numpy(step.function(*(ops.convert_to_tensor(steps[-1][name]) for name in step.inputs)))
            token = answer["scores"].argmax(axis=1).astype(np.int32)
            known |= {name: answer[name] for name in known if name in answer}
    return {SIGNATURE: images, "encode": images, "decode_step": steps}


def as_numpy(tensors: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: ops.convert_to_numpy(tensor) for name, tensor in tensors.items()}


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Captioner | ModelFile) -> None:
        self.model = model

    def write(self, data: Any, name: str, beam: int) -> list[Written]:
        """The captions of a split (or of `all`), in its order."""
        config = data.config
        decoding = Decoding(beam, config.length_penalty, config.no_repeated_ngram, config.max_words)
        if isinstance(self.model, ModelFile):
            return written_by_file(self.model, data.split(name), decoding)
        found = []
        for grid, count in grids_of(self.model, data, name):
            found += written_by_keras(self.model, grid, decoding)[:count]
        return found


def predictor(model: Captioner | ModelFile) -> Predictor:
    """How the metrics ask the model."""
    return Predictor(model)


def written_by_file(model: ModelFile, split: Any, decoding: Decoding) -> list[Written]:
    """Picture by picture, as an app does it."""
    captioner = image_captioning.Captioner(model)
    return [captioner.write(split.read(row), decoding) for row in range(len(split))]


def grids_of(model: Captioner, data: Any, name: str) -> Iterator[tuple[np.ndarray, int]]:
    """Features in chunks of one size, the last one padded, and how many of them are real."""
    chunk = math.ceil(CHUNK / shared_by()) * shared_by()
    for part in SPLITS:
        split = data.splits[part]
        if name not in (part, "all") or not len(split):
            continue
        if part in data.grids:
            rows = (data.grids[part][start : start + chunk] for start in range(0, len(split), chunk))
        else:
            rows = (rows for _, rows in encoded(model.encoder, split))
        for grid in rows:
            yield np.pad(grid, [(0, chunk - len(grid)), (0, 0), (0, 0)]).astype(np.float32), len(grid)


def written_by_keras(model: Captioner, grid: np.ndarray, decoding: Decoding) -> list[Written]:
    """Many pictures at once, from their features `(n, cells, channels)`."""
    if model not in COMPILED:
        COMPILED[model] = Compiled(model)
    compiled = COMPILED[model]
    if decoding.beam == 1:
        answer = compiled.write.predict_on_batch(grid)
        return [
            Written(tokens[:length], attention[:length], float("nan"))
            for tokens, length, attention in zip(
                *(answer[key] for key in ("tokens", "length", "attention")), strict=True
            )
        ]
    known = compiled.look.predict_on_batch(grid)
    memory = {name: np.repeat(known[name], decoding.beam, axis=0) for name in compiled.memory}

    def step(tokens: np.ndarray, index: int, state: Mapping[str, np.ndarray]) -> tuple[np.ndarray, dict, dict]:
        at = np.full(len(tokens), index, np.int32)
        answer = compiled.step.predict_on_batch({"token": tokens, "index": at, **memory, **state})
        return answer.pop("scores"), {"attention": answer.pop("attention")}, answer

    return search(step, {name: known[name] for name in compiled.state}, len(grid), decoding)


class Compiled:
    """Parts of a captioner as models, which every backend compiles once."""

    def __init__(self, model: Captioner) -> None:
        self.memory, self.state = memory, state = parts(model)
        captioner = proxy(model)  # `COMPILED` must not keep alive what it is asked by

        def write(grid):
            return captioner.write(grid)

        def look(grid):
            return captioner.look(grid)

        def decode_step(known):
            given = {name: known[name] for name in memory}, {name: known[name] for name in state}
            return captioner.decode_step(known["token"], known["index"][:1], *given)

        self.write, self.look, self.step = (Function(model.decoder, body) for body in (write, look, decode_step))


class Function(keras.Model):
    """A function of tensors that Keras compiles on `predict_on_batch`; `part` holds the weights that it uses, which
    JAX would else take for constants and never look at again.
    """

    def __init__(self, part: keras.layers.Layer, body: Callable[[Any], dict[str, Any]]) -> None:
        super().__init__()
        self.part, self.body, self.built = part, body, True

    def call(self, inputs: Any) -> dict[str, Any]:
        return self.body(inputs)


COMPILED: WeakKeyDictionary[Captioner, Compiled] = WeakKeyDictionary()
