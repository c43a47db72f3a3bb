"""The summarizer: a writer, and the loop that turns a document into its summary in one call."""

from typing import Any

import keras
from keras import ops

from heedful.apps.tokenizer import END, FILE, PAD, START, Tokenizer
from heedful.export.greedy import likeliest_tokens
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.inheritance import Named, take_over
from heedful.recipes.shared.network.writing import BARRED, allowed, barred
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.network.bahdanau import BahdanauWriter
from heedful.recipes.text_summarization.network.pointer import PACKAGE
from heedful.recipes.text_summarization.network.transformer import State, TransformerWriter

NEVER_WRITTEN = (PAD, START)

Writer = TransformerWriter | BahdanauWriter


@keras.saving.register_keras_serializable(PACKAGE)
class Summarizer(keras.Model):
    """A `writer` with the rules of greedy decoding: no `no_repeated_ngram` tokens follow each other twice (0: they
    may), and no summary has less than `min_words` tokens.
    """

    def __init__(self, writer: Writer, no_repeated_ngram: int, min_words: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.writer, self.no_repeated_ngram, self.min_words = writer, no_repeated_ngram, min_words
        self.source, self.length = writer.source, writer.length

    def build(self, source_shape: Shape) -> None:
        if not self.writer.built:
            self.writer.build((None, self.source))

    def call(self, ids: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        """What `generate` gives."""
        return self.generate(ids)

    def generate(self, ids: Tensor) -> dict[str, Tensor]:
        """The likeliest token after token of documents int32 `(batch, S)`: `tokens` int32 `(batch, length)`, `length`
        int32 `(batch,)`, `attention` float32 `(batch, length, S)` and `copied` float32 `(batch, length)`, the
        probability that a token was taken from the document; zeros behind the end.
        """
        memory = self.writer.look(ids)

        def step(token, index, tokens, state):
            scores, looked, copied, after = self.writer.step(token, index, memory, state)
            scores = allowed(scores, tokens, index, NEVER_WRITTEN, self.no_repeated_ngram)
            scores = scores + ops.cast(index < self.min_words, "float32") * barred([END], scores.shape[-1])
            return scores, {"attention": looked, "copied": copied}, after

        batch, places = ops.shape(ids)
        told = {"attention": (places,), "copied": ()}
        return likeliest_tokens(
            step, self.writer.start(memory), length=self.length, start=START, end=END, pad=PAD, batch=batch, told=told
        )

    def encode(self, ids: Tensor) -> State:
        """The memory of a document and the state before the first word, by name."""
        memory = self.writer.look(ids)
        return {**memory, **self.writer.start(memory)}

    def decode_step(self, token: Tensor, index: Tensor, memory: State, state: State) -> dict[str, Tensor]:
        """One token: `scores`, the log-probabilities of the next `(batch, vocabulary)`, `attention` `(batch, S)`,
        `copied` `(batch,)`, and the next state by name.
        """
        scores, looked, copied, after = self.writer.step(token, ops.reshape(index, ()), memory, state)
        scores = ops.where(barred(NEVER_WRITTEN, scores.shape[-1]) < 0, BARRED, scores)
        return {"scores": scores, "attention": looked, "copied": copied, **after}

    write, look = generate, encode  # what the tokens of the document are seen by, there is nothing before

    def get_config(self) -> dict[str, Any]:
        writer = keras.saving.serialize_keras_object(self.writer)
        rules = {"no_repeated_ngram": self.no_repeated_ngram, "min_words": self.min_words}
        return {"name": self.name, "writer": writer, **rules}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Summarizer":
        return cls(**{**config, "writer": keras.saving.deserialize_keras_object(config["writer"])})


def build(config: Config, knowledge: Knowledge) -> Summarizer:
    """The inference model for a tokenizer."""
    return summarizer(config, len(tokenizer_of(knowledge)))


def summarizer(config: Config, vocabulary: int) -> Summarizer:
    """The inference model for so many tokens."""
    sizes = {"vocabulary": vocabulary, "source": config.max_source, "length": config.max_words, "width": config.width}
    more = {"copies": config.copy, "dropout": config.dropout, "seed": 1, "name": "writer"}
    if config.architecture == "transformer":
        writer: Writer = TransformerWriter(
            **sizes, encoder_blocks=config.encoder_blocks, blocks=config.blocks, heads=config.heads,
            hidden=config.hidden, selective=config.selective, **more,
        )  # fmt: skip
    else:
        writer = BahdanauWriter(**sizes, **more)
    model = Summarizer(writer, config.no_repeated_ngram, config.min_words, name="summarizer")
    model.build((None, config.max_source))
    return model


def tokenizer_of(knowledge: Knowledge) -> Tokenizer:
    """The tokenizer that a model was trained with."""
    return Tokenizer.from_json(knowledge.attachments[FILE].decode())


def inherit(model: Summarizer, knowledge: Knowledge, old: Summarizer, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; tokens that it knew keep their vectors.

    Raises `InputError` when it is built differently.
    """
    tokens, before = (tokenizer_of(given).tokens for given in (knowledge, old_knowledge))
    take_over(model, old, Named(model.writer.words.weights, 0, tokens, before))
