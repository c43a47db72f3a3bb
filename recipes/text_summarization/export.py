"""What the exported file of this recipe takes and gives: a whole summary in one call, or token by token for beams."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from heedful.apps import text_summarization
from heedful.apps.beam import Decoding
from heedful.apps.model_file import ModelFile
from heedful.apps.text_summarization.summary import Summary
from heedful.recipes.contract import Arrays, Signature
from heedful.recipes.shared.network import decoding
from heedful.recipes.shared.reading.spread import spread
from heedful.recipes.text_summarization.model import Summarizer

SIGNATURE = "generate"
# Of validation ROUGE-L. There is no int8: TensorFlow cannot calibrate the body of a loop; ai-edge-quantizer can, but
# its files were a third larger than `dynamic` and no faster (tests/benchmarks/quantization.py).
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.005}
EXAMPLES = 16  # documents that verify a file


def signatures(model: Summarizer) -> dict[str, Signature]:
    """`generate`: `ids` int32 `(1, source)`, zeros behind the end, to `tokens`, `length`, `attention` and `copied`, see
    `Summarizer.generate`; `encode` and `decode_step` do the same token by token (`shared/network/decoding.py`).
    """
    ids = np.zeros((1, model.source), np.int32)
    return decoding.signatures(model, {"ids": (ids.shape, "int32")}, *decoding.parts(model.writer, ids))


def inputs(data: Any) -> list[dict[str, np.ndarray]]:
    """Validation documents, spread evenly over the split."""
    split, rows = spread(data, EXAMPLES)
    return [{"ids": padded(data, [split.documents[row]])} for row in rows]


def examples(model: Summarizer, inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
    """The documents, and the first two tokens that are written of each."""
    return decoding.examples(signatures(model), inputs)


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Summarizer | ModelFile) -> None:
        self.model = model

    def write(self, data: Any, name: str, beam: int) -> list[Summary]:
        """The summaries of a split (or of `all`), in its order."""
        facts, documents = data.facts, data.split(name).documents
        how = replace(Decoding.from_facts(facts), beam=beam)
        if isinstance(self.model, ModelFile):
            summarizer = text_summarization.Summarizer(self.model)
            return [text_summarization.summarize(summarizer, document, beam) for document in documents]
        found = []
        size = decoding.chunk()
        for start in range(0, len(documents), size):
            part = documents[start : start + size]
            ids = padded(data, [*part, *part[:1] * (size - len(part))])  # one size, compiled once
            found += decoding.written(self.model, self.model.writer, ids, how)[: len(part)]
        return [
            text_summarization.said(data.tokenizer, data.plain, document, written, beam)
            for document, written in zip(documents, found, strict=True)
        ]


def predictor(model: Summarizer | ModelFile) -> Predictor:
    """How the metrics ask the model."""
    return Predictor(model)


def padded(data: Any, documents: Sequence[str]) -> np.ndarray:
    """int32 `(documents, source)`: their first tokens, and zeros behind the end."""
    most = data.config.max_source
    rows = [data.ids(document, most) for document in documents]
    return np.stack([np.pad(row, (0, most - len(row))) for row in rows])
