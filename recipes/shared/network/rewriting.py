"""What the file of a `Rewriter` takes and gives: a whole answer in one call, or token by token for beams; and how the
metrics ask either kind of model.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from heedful.apps.beam import Decoding, Written
from heedful.apps.model_file import ModelFile
from heedful.apps.rewriter import Rewriter as RewritingFile
from heedful.apps.rewriter import said
from heedful.apps.rewritten import Rewritten
from heedful.recipes.contract import Arrays, Signature
from heedful.recipes.shared.network import decoding
from heedful.recipes.shared.network.rewriter import Rewriter
from heedful.recipes.shared.reading.pair_data import PairData
from heedful.recipes.shared.reading.spread import spread

EXAMPLES = 16  # texts that verify a file


def signatures(model: Rewriter) -> dict[str, Signature]:
    """`generate`: `ids` int32 `(1, source)`, zeros behind the end, to `tokens`, `length`, `attention` and `copied`, see
    `Rewriter.generate`; `encode` and `decode_step` do the same token by token (`decoding.py`).
    """
    ids = np.zeros((1, model.source), np.int32)
    return decoding.signatures(model, {"ids": (ids.shape, "int32")}, *decoding.parts(model.writer, ids))


def inputs(data: PairData) -> list[dict[str, np.ndarray]]:
    """Validation texts, spread evenly over the split."""
    split, rows = spread(data, EXAMPLES)
    return [{"ids": padded(data, [split.sources[row]])} for row in rows]


def examples(model: Rewriter, inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
    """The texts, and the first two tokens that are written of each."""
    return decoding.examples(signatures(model), inputs)


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Rewriter | ModelFile) -> None:
        self.model = model

    def opened(self, file: ModelFile) -> RewritingFile:
        """What asks a file."""
        return RewritingFile(file, file.card["recipe"])

    def said(self, data: Any, text: str, written: Written, beam: int) -> Rewritten:
        """What a Keras model wrote, in words."""
        return said(data.tokenizer, text, written, beam)

    def write(self, data: Any, name: str, beam: int) -> list[Rewritten]:
        """What is written of the texts of a split (or of `all`), in its order."""
        texts = data.split(name).sources
        if isinstance(self.model, ModelFile):
            file = self.opened(self.model)
            return [file.answer(text, beam) for text in texts]
        how = replace(Decoding.from_facts(data.facts), beam=beam)
        found = []
        size = decoding.CHUNK
        for start in range(0, len(texts), size):
            part = texts[start : start + size]
            ids = padded(data, [*part, *part[:1] * (size - len(part))])  # one size, compiled once
            found += decoding.written(self.model, self.model.writer, ids, how)[: len(part)]
        return [self.said(data, text, written, beam) for text, written in zip(texts, found, strict=True)]


def predictor(model: Rewriter | ModelFile) -> Predictor:
    """How the metrics ask the model."""
    return Predictor(model)


def padded(data: PairData, texts: Sequence[str]) -> np.ndarray:
    """int32 `(texts, source)`: their first tokens, and zeros behind the end."""
    most = data.config.max_source
    rows = [data.ids(text, most) for text in texts]
    return np.stack([np.pad(row, (0, most - len(row))) for row in rows])
