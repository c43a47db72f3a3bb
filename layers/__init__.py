"""Attention layers for Keras 3: the same numbers on TensorFlow, JAX and PyTorch, and ready for TFLite.

`Attention` is composed of a score (a layer), a normalizer (a function or a layer) and masks (functions);
`AttentionPooling` turns a sequence into a vector with it, and `AdaptiveAttention` may look away from the values.
`cache` holds the growing memory of a decoder, `penalties` what a loss may add to keep the weights in shape, and
`reinforce` samples what to look at. `explain` measures what weights are worth as an explanation, `overlays` draws them
(with matplotlib), and the callback `AttentionImages` shows them in TensorBoard (with tensorboard).
"""

from heedful.layers import cache, explain, overlays, penalties, reinforce
from heedful.layers.attention import Attention
from heedful.layers.attention_images import AttentionImages
from heedful.layers.biases import RelativePositionBias
from heedful.layers.chunked import Chunked
from heedful.layers.dice import Dice
from heedful.layers.masks import all_of, causal_mask, padding_mask, window_mask
from heedful.layers.normalizers import GumbelSoftmax, Hardmax, entmax15, sigmoid, softmax, sparsemax
from heedful.layers.pooling import AttentionPooling
from heedful.layers.scores import (
    AdditiveScore,
    CosineScore,
    DotProductScore,
    GeneralScore,
    LocalActivationScore,
    LocationScore,
    Score,
)
from heedful.layers.sentinel import AdaptiveAttention

__all__ = [
    "AdaptiveAttention",
    "AdditiveScore",
    "Attention",
    "AttentionImages",
    "AttentionPooling",
    "Chunked",
    "CosineScore",
    "Dice",
    "DotProductScore",
    "GeneralScore",
    "GumbelSoftmax",
    "Hardmax",
    "LocalActivationScore",
    "LocationScore",
    "RelativePositionBias",
    "Score",
    "all_of",
    "cache",
    "causal_mask",
    "entmax15",
    "explain",
    "overlays",
    "padding_mask",
    "penalties",
    "reinforce",
    "sigmoid",
    "softmax",
    "sparsemax",
    "window_mask",
]
