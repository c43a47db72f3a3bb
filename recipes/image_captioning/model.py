"""The captioner: an encoder that looks, a decoder that writes, and the loop that turns a picture into words."""

from typing import Any

import keras
from keras import ops

from heedful.export.greedy import likeliest_tokens
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.network.encoder import build_encoder
from heedful.recipes.image_captioning.network.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.network.transformer import State, TransformerDecoder
from heedful.recipes.image_captioning.network.word_embedding import PACKAGE
from heedful.recipes.image_captioning.reading.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from heedful.recipes.shared.network.inheritance import Named, take_over
from heedful.recipes.shared.network.writing import BARRED, allowed, barred

FILE = "vocabulary.txt"
NEVER_WRITTEN = (PAD, START, UNKNOWN)


@keras.saving.register_keras_serializable(PACKAGE)
class Captioner(keras.Model):
    """`encoder` and `decoder` put together; captions have at most `length` words.

    `generate` writes no `no_repeated_ngram` words twice after each other in a caption; 0: it may.
    """

    def __init__(
        self, encoder: keras.Model, decoder: TransformerDecoder | RecurrentDecoder, length: int,
        no_repeated_ngram: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.encoder, self.decoder, self.length = encoder, decoder, length
        self.no_repeated_ngram = no_repeated_ngram

    def build(self, image_shape: Shape) -> None:
        if not self.decoder.built:
            self.decoder.build(self.encoder.output_shape)

    def call(self, image: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        """What `generate` gives."""
        return self.generate(image)

    def generate(self, image: Tensor) -> dict[str, Tensor]:
        """The likeliest word after word: uint8 `(batch, size, size, 3)` -> `tokens` int32 `(batch, length)`, `length`
        int32 `(batch,)` and `attention` float32 `(batch, length, cells)`; zeros behind the end.
        """
        return self.write(self.encoder(image, training=False))

    def write(self, grid: Tensor) -> dict[str, Tensor]:
        """The same from what the encoder gives."""
        memory = self.decoder.look(grid)

        def step(token, index, tokens, state):
            scores, looked, after = self.decoder.step(token, index, memory, state)
            scores = allowed(scores, tokens, index, NEVER_WRITTEN, self.no_repeated_ngram)
            return scores, {"attention": looked}, after

        told = {"attention": (grid.shape[1],)}
        return likeliest_tokens(
            step, self.decoder.start(memory), length=self.length, start=START, end=END, pad=PAD,
            batch=ops.shape(grid)[0], told=told,
        )  # fmt: skip

    def encode(self, image: Tensor) -> State:
        """The memory of a picture and the state before the first word, by name."""
        return self.look(self.encoder(image, training=False))

    def look(self, grid: Tensor) -> State:
        """The same from what the encoder gives."""
        memory = self.decoder.look(grid)
        return {**memory, **self.decoder.start(memory)}

    def decode_step(self, token: Tensor, index: Tensor, memory: State, state: State) -> dict[str, Tensor]:
        """One word: `scores`, the log-probabilities of the next `(batch, vocabulary)`, `attention` `(batch, cells)`,
        and the next state by name.
        """
        scores, looked, after = self.decoder.step(token, ops.reshape(index, ()), memory, state)
        # In the place of a score, not added to it: rounding of such sums is more than an exported file may differ by.
        scores = ops.where(barred(NEVER_WRITTEN, scores.shape[-1]) < 0, BARRED, ops.log_softmax(scores, axis=-1))
        return {"scores": scores, "attention": looked, **after}

    def get_config(self) -> dict[str, Any]:
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("encoder", "decoder")}
        return {"name": self.name, "length": self.length, "no_repeated_ngram": self.no_repeated_ngram, **parts}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Captioner":
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("encoder", "decoder")}
        return cls(**{**config, **parts})


def build(config: Config, knowledge: Knowledge) -> Captioner:
    """The inference model for a vocabulary."""
    vocabulary = Vocabulary.from_text(knowledge.attachments[FILE])
    encoder = build_encoder(config)
    more = {"dropout": config.dropout, "visual_dropout": config.visual_dropout, "seed": 1, "name": "decoder"}
    if config.architecture == "transformer":
        decoder = TransformerDecoder(
            len(vocabulary), config.max_words, config.width, config.blocks, config.grid_blocks, config.heads,
            config.hidden, **more,
        )  # fmt: skip
    else:
        decoder = RecurrentDecoder(
            len(vocabulary), config.architecture, config.width, config.units, config.estimator, **more
        )
    model = Captioner(encoder, decoder, config.max_words, config.no_repeated_ngram, name="captioner")
    model.build((None, config.image_size, config.image_size, 3))
    return model


def inherit(model: Captioner, knowledge: Knowledge, old: Captioner, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; words that it knew keep their vectors.

    Raises `InputError` when it is built differently.
    """
    known = tuple(Vocabulary.from_text(given.attachments[FILE]).tokens for given in (knowledge, old_knowledge))
    take_over(model, old, Named(model.decoder.words.weights, 0, *known))
