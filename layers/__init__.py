"""Attention layers for Keras 3: the same numbers on TensorFlow, JAX and PyTorch, and ready for TFLite.

`Attention` is composed of a score (a layer), a normalizer (a function or a layer) and masks (functions);
`AttentionPooling` turns a sequence into a vector with it.
"""

from heedful.layers.attention import Attention
from heedful.layers.biases import RelativePositionBias
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

__all__ = [
    "AdditiveScore",
    "Attention",
    "AttentionPooling",
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
    "causal_mask",
    "entmax15",
    "padding_mask",
    "sigmoid",
    "softmax",
    "sparsemax",
    "window_mask",
]
