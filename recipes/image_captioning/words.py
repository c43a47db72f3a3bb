"""The words of a decoder: read as vectors, and scored by the same vectors."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.image_captioning.vocabulary import END, FIRST, PAD, START, UNKNOWN

PACKAGE = "heedful.image_captioning"
MANDELBROT = 2.7  # the shift of the ranks that fits most texts


@keras.saving.register_keras_serializable(PACKAGE)
class Words(layers.Layer):
    """An embedding tied with the output (Press and Wolf 2017), and a bias that starts near the logarithm of how often a
    word occurs, so that training need not learn that first.

    A vocabulary is in the order of frequency behind `FIRST` special tokens, so Zipf's law, in Mandelbrot's form, knows
    the start without any counts; the end of a caption is as frequent as the most frequent word.
    """

    def __init__(self, vocabulary: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.width = vocabulary, width

    def build(self, shape: Shape | None) -> None:
        vectors = keras.initializers.RandomNormal(stddev=self.width**-0.5, seed=1)
        self.vectors = self.add_weight(shape=(self.vocabulary, self.width), initializer=vectors, name="vectors")
        self.bias = self.add_weight(
            shape=(self.vocabulary,), initializer=expected(self.vocabulary), autocast=False, name="bias"
        )

    def call(self, tokens: Tensor) -> Tensor:
        """int32 `(...)` -> `(..., width)` of unit variance."""
        return ops.cast(ops.take(self.vectors, tokens, axis=0), self.compute_dtype) * self.width**0.5

    def score(self, hidden: Tensor) -> Tensor:
        """`(..., width)` -> float32 `(..., vocabulary)`, not normalised."""
        vectors = ops.cast(ops.transpose(self.vectors), hidden.dtype)
        return ops.cast(ops.matmul(hidden, vectors), "float32") + ops.convert_to_tensor(self.bias)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "width": self.width}


def expected(vocabulary: int) -> Callable[..., Tensor]:
    """An initializer: the logarithm of how often each token is written, by its rank."""
    rank = np.arange(vocabulary) - FIRST + 1.0
    rank[[PAD, START, UNKNOWN]] = vocabulary
    rank[END] = 1.0
    logs = -np.log(rank + MANDELBROT)
    return lambda shape, dtype=None: ops.convert_to_tensor(logs - logs.mean(), dtype)
