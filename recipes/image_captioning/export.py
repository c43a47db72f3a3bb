"""What the exported file of this recipe takes and gives: a whole caption in one call, or word by word for beams."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from heedful.apps import image_captioning
from heedful.apps.beam import Decoding, Written
from heedful.apps.model_file import ModelFile
from heedful.export.about import Picture
from heedful.recipes.contract import Arrays, Signature
from heedful.recipes.image_captioning.model import Captioner
from heedful.recipes.image_captioning.training.features import encoded
from heedful.recipes.shared.network import decoding
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.spread import spread

SIGNATURE = "generate"
# Of validation CIDEr-D. There is no int8: TensorFlow cannot calibrate the body of a loop; ai-edge-quantizer can, but
# with calibrated convolutions its files are 5 to 30 % larger than `dynamic`; a `base` model takes 0.6 of the time then
# (tests/benchmarks/quantization.py --calibrated).
QUANTIZATIONS = {"none": 0.0, "float16": 0.005, "dynamic": 0.02}
LABELS = {"tokens": "vocabulary.txt"}
EXAMPLES = 16  # pictures that verify a file


def signatures(model: Captioner) -> dict[str, Signature]:
    """`generate`: `image` uint8 `(1, size, size, 3)` to `tokens`, `length` and `attention`, see `Captioner.generate`;
    `encode` and `decode_step` do the same word by word (`shared/network/decoding.py`).
    """
    image = {"image": ((1, *model.encoder.input_shape[1:]), "uint8")}
    grid = ops.zeros((1, *model.encoder.output_shape[1:]))
    return decoding.signatures(model, image, *decoding.parts(model.decoder, grid))


def inputs(data: Any) -> list[dict[str, np.ndarray]]:
    """Validation pictures, spread evenly over the split."""
    split, rows = spread(data, EXAMPLES)
    return [{"image": split.read(int(row))[None]} for row in rows]


def examples(model: Captioner, inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
    """The pictures, and the first two words that are written of each."""
    return decoding.examples(signatures(model), inputs)


def kinds(facts: Mapping[str, Any]) -> dict[str, Picture]:
    return {"image": Picture()}


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Captioner | ModelFile) -> None:
        self.model = model

    def write(self, data: Any, name: str, beam: int) -> list[Written]:
        """The captions of a split (or of `all`), in its order."""
        config = data.config
        how = Decoding(beam, config.length_penalty, config.no_repeated_ngram, config.max_words)
        if isinstance(self.model, ModelFile):
            captioner, split = image_captioning.Captioner(self.model), data.split(name)
            return [captioner.write(split.read(row), how) for row in range(len(split))]  # as an app does it
        found = []
        for grid, count in grids_of(self.model, data, name):
            found += decoding.written(self.model, self.model.decoder, grid, how)[:count]
        return found


def predictor(model: Captioner | ModelFile) -> Predictor:
    """How the metrics ask the model."""
    return Predictor(model)


def grids_of(model: Captioner, data: Any, name: str) -> Iterator[tuple[np.ndarray, int]]:
    """Features in chunks of one size, the last one padded, and how many of them are real."""
    chunk = decoding.CHUNK
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
