"""Attention layers for Keras 3: the same numbers on TensorFlow, JAX and PyTorch, and ready for TFLite.

`Attention` is composed of a score (a layer), a normalizer (a function or a layer), masks (functions) and what is known
of positions. `AttentionPooling` turns a sequence into a few vectors with it, `AttentionCell` is the step of a decoder
with it, and `SentinelAttention` may look away from the values. `CoAttention` lets two modalities read each other and
`GatedFusion` makes one of them. `cache` holds the memory of a decoder or of a stream, `penalties` what a loss may add
to keep the weights in shape, and `reinforce` samples what to look at. `explain` measures what weights are worth as an
explanation, `overlays` draws them (with matplotlib), and the callback `AttentionImages` shows them in TensorBoard (with
tensorboard).
"""

try:
    import keras  # noqa: F401
except ImportError as error:
    sentences = {
        "keras": 'heedful.layers needs Keras: run `pip install "heedful[layers]"`, and install a backend.',
        **dict.fromkeys(
            ("tensorflow", "jax", "torch"),
            f"Keras needs {error.name}, which is not installed: install it, or set KERAS_BACKEND to another backend.",
        ),
    }
    if error.name not in sentences:
        raise
    raise ImportError(sentences[error.name], name=error.name) from None

from heedful.layers import cache, explain, overlays, penalties, reinforce
from heedful.layers.attention import Attention
from heedful.layers.attention_cell import AttentionCell
from heedful.layers.attention_images import AttentionImages
from heedful.layers.biases import ALiBi, RelativePositionBias
from heedful.layers.chunked import Chunked
from heedful.layers.co_attention import CoAttention
from heedful.layers.dice import Dice
from heedful.layers.forward_attention import ForwardAttention
from heedful.layers.fusion import GatedFusion
from heedful.layers.masks import all_of, causal_mask, padding_mask, window_mask, zero_masked
from heedful.layers.monotonic import Monotonic
from heedful.layers.normalizers import GumbelSoftmax, Hardmax, entmax15, sigmoid, softmax, sparsemax
from heedful.layers.pooling import AttentionPooling
from heedful.layers.reinforce import MovingAverage
from heedful.layers.rotary import RotaryEmbedding
from heedful.layers.scores import (
    AdditiveScore,
    CosineScore,
    DotProductScore,
    GeneralScore,
    LocalActivationScore,
    LocationScore,
    Score,
)
from heedful.layers.sentinel import SentinelAttention
from heedful.layers.soft_cap import SoftCap

__all__ = [
    "ALiBi",
    "AdditiveScore",
    "Attention",
    "AttentionCell",
    "AttentionImages",
    "AttentionPooling",
    "Chunked",
    "CoAttention",
    "CosineScore",
    "Dice",
    "DotProductScore",
    "ForwardAttention",
    "GatedFusion",
    "GeneralScore",
    "GumbelSoftmax",
    "Hardmax",
    "LocalActivationScore",
    "LocationScore",
    "Monotonic",
    "MovingAverage",
    "RelativePositionBias",
    "RotaryEmbedding",
    "Score",
    "SentinelAttention",
    "SoftCap",
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
    "zero_masked",
]
