"""What the exported file of this recipe takes and gives: a whole summary in one call, or token by token for beams."""

from typing import Any

from heedful.apps import text_summarization
from heedful.apps.beam import Written
from heedful.apps.model_file import ModelFile
from heedful.apps.rewritten import Rewritten
from heedful.recipes.shared.network import rewriting
from heedful.recipes.shared.network.rewriting import examples as examples  # the recipe contract, as those below
from heedful.recipes.shared.network.rewriting import inputs as inputs
from heedful.recipes.shared.network.rewriting import signatures as signatures
from heedful.recipes.text_summarization.model import Summarizer

SIGNATURE = "generate"
# Of validation ROUGE-L. There is no int8: TensorFlow cannot calibrate the body of a loop; ai-edge-quantizer can, but
# its files were a third larger than `dynamic` and no faster (tests/benchmarks/quantization.py).
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.005}


class Predictor(rewriting.Predictor):
    """The same, with the upper case of the document."""

    def opened(self, file: ModelFile) -> text_summarization.Summarizer:
        return text_summarization.Summarizer(file)

    def said(self, data: Any, text: str, written: Written, beam: int) -> Rewritten:
        return text_summarization.said(data.tokenizer, data.plain, text, written, beam)


def predictor(model: Summarizer | ModelFile) -> Predictor:
    """How the metrics ask the model."""
    return Predictor(model)
