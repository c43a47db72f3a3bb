"""The summarizer: a Transformer or a recurrent writer, and the loop that writes a whole summary in one call."""

import keras

from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.rewriter import Rewriter, tokenizer_of
from heedful.recipes.shared.network.rewriter import inherit as inherit  # the recipe contract
from heedful.recipes.shared.network.text_writer import TransformerWriter, transformer_writer
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.network.bahdanau import PACKAGE, BahdanauWriter

# Its name in saved files that are older than the shared writer.
keras.saving.get_custom_objects()[f"{PACKAGE}>TransformerWriter"] = TransformerWriter


@keras.saving.register_keras_serializable(PACKAGE)
class Summarizer(Rewriter):
    """A `Rewriter` of documents."""


def build(config: Config, knowledge: Knowledge) -> Summarizer:
    """The inference model for a tokenizer."""
    return summarizer(config, len(tokenizer_of(knowledge)))


def summarizer(config: Config, vocabulary: int) -> Summarizer:
    """The inference model for so many tokens."""
    if config.architecture == "transformer":
        return Summarizer.of(transformer_writer(config, vocabulary), config, "summarizer")
    writer = BahdanauWriter(
        vocabulary, config.max_source, config.max_words, config.width, config.copy, config.dropout, seed=1,
        name="writer",
    )  # fmt: skip
    return Summarizer.of(writer, config, "summarizer")
