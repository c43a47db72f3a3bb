"""The words of a caption, expected from the start as often as words are written."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, START, UNKNOWN
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding

PACKAGE = "heedful.image_captioning"
MANDELBROT = 2.7  # the shift of the ranks that fits most texts


@keras.saving.register_keras_serializable(PACKAGE)
class Words(TiedEmbedding):
    """A tied embedding whose bias starts near the logarithm of how often a word occurs, so that training need not learn
    that first.

    A vocabulary is in the order of frequency behind `FIRST` special tokens, so Zipf's law, in Mandelbrot's form, knows
    the start without any counts; the end of a caption is as frequent as the most frequent word.
    """

    def build(self, shape: Shape | None) -> None:
        self.prior = expected(self.vocabulary)
        super().build(shape)


def expected(vocabulary: int) -> Callable[..., Tensor]:
    """An initializer: the logarithm of how often each token is written, by its rank."""
    rank = np.arange(vocabulary) - FIRST + 1.0
    rank[[PAD, START, UNKNOWN]] = vocabulary
    rank[END] = 1.0
    logs = -np.log(rank + MANDELBROT)

    def initial(shape: Shape, dtype: Any = None) -> Tensor:
        return ops.convert_to_tensor(logs - logs.mean(), dtype)

    return initial
