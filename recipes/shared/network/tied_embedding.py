"""The words of a writing model: read as vectors, and scored by the same vectors."""

from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.configured import Configured, settings


@keras.saving.register_keras_serializable("heedful.recipes")
class TiedEmbedding(Configured):
    """An embedding tied with the output (Press and Wolf 2017, arXiv:1608.05859), and a bias for each word."""

    prior: Any = "zeros"  # the initializer of the bias

    def __init__(self, vocabulary: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.vocabulary, self.width = vocabulary, width

    def build(self, shape: Shape | None) -> None:
        vectors = keras.initializers.RandomNormal(stddev=self.width**-0.5, seed=1)
        self.vectors = self.add_weight(shape=(self.vocabulary, self.width), initializer=vectors, name="vectors")
        self.bias = self.add_weight(shape=(self.vocabulary,), initializer=self.prior, autocast=False, name="bias")

    def call(self, tokens: Tensor) -> Tensor:
        """int32 `(...)` -> `(..., width)` of unit variance."""
        return ops.cast(ops.take(self.vectors, tokens, axis=0), self.compute_dtype) * self.width**0.5

    def score(self, hidden: Tensor) -> Tensor:
        """`(..., width)` -> float32 `(..., vocabulary)`, not normalised."""
        vectors = ops.cast(ops.transpose(self.vectors), hidden.dtype)
        return ops.cast(ops.matmul(hidden, vectors), "float32") + ops.convert_to_tensor(self.bias)
