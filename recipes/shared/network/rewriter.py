"""What writes one text of another, a summary or a translation: a writer, and the loop that answers in one call."""

from typing import Any, Self

import keras
from keras import ops

from heedful.apps.tokenizer import END, FILE, PAD, START, Tokenizer
from heedful.export.greedy import likeliest_tokens
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.inheritance import Named, take_over
from heedful.recipes.shared.network.text_writer import State, transformer_writer
from heedful.recipes.shared.network.transformer import PACKAGE
from heedful.recipes.shared.network.writing import BARRED, allowed, barred
from heedful.recipes.shared.training.rewriting import Rewriting

NEVER_WRITTEN = (PAD, START)


@keras.saving.register_keras_serializable(PACKAGE)
class Rewriter(keras.Model):
    """A `writer` with the rules of greedy decoding: no `no_repeated_ngram` tokens follow each other twice (0: they
    may), and no answer has less than `min_words` tokens.
    """

    def __init__(self, writer: Any, no_repeated_ngram: int, min_words: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.writer, self.no_repeated_ngram, self.min_words = writer, no_repeated_ngram, min_words
        self.source, self.length = writer.source, writer.length

    @classmethod
    def of(cls, writer: Any, config: Rewriting, name: str) -> Self:
        """Built, with the rules of a configuration."""
        model = cls(writer, config.no_repeated_ngram, config.min_words, name=name)
        model.build((None, config.max_source))
        return model

    def build(self, source_shape: Shape) -> None:
        if not self.writer.built:
            self.writer.build((None, self.source))

    def call(self, ids: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        """What `generate` gives."""
        return self.generate(ids)

    def generate(self, ids: Tensor) -> dict[str, Tensor]:
        """The likeliest token after token of texts int32 `(batch, S)`: `tokens` int32 `(batch, length)`, `length`
        int32 `(batch,)`, `attention` float32 `(batch, length, S)` and `copied` float32 `(batch, length)`, the
        probability that a token was taken from the text; zeros behind the end.
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
        """The memory of a text and the state before the first word, by name."""
        memory = self.writer.look(ids)
        return {**memory, **self.writer.start(memory)}

    def decode_step(self, token: Tensor, index: Tensor, memory: State, state: State) -> dict[str, Tensor]:
        """One token: `scores`, the log-probabilities of the next `(batch, vocabulary)`, `attention` `(batch, S)`,
        `copied` `(batch,)`, and the next state by name.
        """
        scores, looked, copied, after = self.writer.step(token, ops.reshape(index, ()), memory, state)
        scores = ops.where(barred(NEVER_WRITTEN, scores.shape[-1]) < 0, BARRED, scores)
        return {"scores": scores, "attention": looked, "copied": copied, **after}

    write, look = generate, encode  # what the tokens of the text are seen by, there is nothing before

    def get_config(self) -> dict[str, Any]:
        writer = keras.saving.serialize_keras_object(self.writer)
        rules = {"no_repeated_ngram": self.no_repeated_ngram, "min_words": self.min_words}
        return {"name": self.name, "writer": writer, **rules}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        return cls(**{**config, "writer": keras.saving.deserialize_keras_object(config["writer"])})


def build(config: Rewriting, knowledge: Knowledge) -> Rewriter:
    """One with a Transformer, for a tokenizer."""
    return Rewriter.of(transformer_writer(config, len(tokenizer_of(knowledge))), config, "rewriter")


def tokenizer_of(knowledge: Knowledge) -> Tokenizer:
    """The tokenizer that a model was trained with."""
    return Tokenizer.from_json(knowledge.attachments[FILE].decode())


def inherit(model: Rewriter, knowledge: Knowledge, old: Rewriter, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; tokens that it knew keep their vectors.

    Raises `InputError` when it is built differently.
    """
    tokens, before = (tokenizer_of(given).tokens for given in (knowledge, old_knowledge))
    take_over(model, old, Named(model.writer.words.weights, 0, tokens, before))
