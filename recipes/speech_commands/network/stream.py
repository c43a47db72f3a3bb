"""A body that hears a stream chunk by chunk, exactly as it hears a window.

Nothing is padded in time: every layer gives only the steps that see all they look at, so an answer depends on the
newest `samples` of the window, and on nothing else, wherever in a stream it is asked for. `call` takes a whole window;
`step` takes the newest chunk and, as `state`, what the layers need of the chunks before: the last frames and steps that
the convolutions look back to, the keys and values of the attentions, and the steps that are pooled. The state goes in
and comes out, by name; zeros will do at first, and once a window has gone in nothing is left of them.

Work per chunk does not depend on the length of the window, but for the pooling.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers import Attention, AttentionPooling, cache, masks
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.configured import Configured, settings
from heedful.recipes.speech_commands.config import STEM_FRAMES, STEM_STRIDE

State = dict[str, Tensor]
Shapes = dict[str, tuple[int, ...]]


@keras.saving.register_keras_serializable(package="heedful")
class StreamBody(Configured):
    """Stem, `blocks` of convolution, self-attention and feed-forward, attention pooling.

    Features `(batch, frames, bands)` to `(batch, heads * width)` and weights `(batch, heads, places)`, each head a
    distribution over places that share the window evenly: a step stands in the middle of the sound that it sees, so the
    first and the last `margin` places are always 0.

    Args:
        kernel: steps that a convolution sees, its own included.
        span: steps that a self-attention sees, its own included.
        pooled: steps that are pooled, the newest.
        chunk: steps in a chunk, where the body is exported as a stream.
    """

    def __init__(
        self, width: int, blocks: int, heads: int, hidden: int, stem: int, kernel: int, span: int, pooled: int,
        chunk: int, dropout: float, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.pooled, self.chunk = pooled, chunk
        policy = self.dtype_policy
        self.stem = Stem(width, stem, dtype=policy, name="stem")
        self.blocks = [
            Block(heads, hidden, kernel, span, dropout, dtype=policy, name=f"block_{i}") for i in range(blocks)
        ]
        self.norm = layers.LayerNormalization(dtype=policy, name="norm")
        # Entmax can give a step exactly nothing, as in `conv_attention`.
        self.pooling = AttentionPooling(
            num_queries=heads, score="dot", normalizer="entmax15", dtype=policy, name="pooling"
        )
        self.lost = blocks * (kernel + span - 2)  # steps that the blocks look back to
        self.margin = round((STEM_FRAMES / STEM_STRIDE + self.lost) / 2)

    def build(self, shape: Shape) -> None:
        """Raises `ValueError` when the frames do not leave `pooled` steps."""
        self.bands, later = shape[-1] or 0, ((shape[1] or 0) - STEM_FRAMES) // STEM_STRIDE
        if later + 1 - self.lost != self.pooled:
            raise ValueError(f"{later + 1} steps less {self.lost} are not the {self.pooled} that are pooled")
        self.stem.build(shape)
        width = (shape[0], None, self.stem.width)
        for part in (*self.blocks, self.norm, self.pooling):
            part.build(width)

    def call(self, features: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
        x = self.stem(features, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.pool(self.norm(x), training)

    def step(self, features: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """`call` of the window that ends with `features` `(batch, frames, bands)`, of whole steps, and the state."""
        following: State = {}
        x, following["frames"] = self.stem.step(features, state["frames"])
        for i, block in enumerate(self.blocks):
            x, after = block.step(x, {name: state[f"{name}_{i}"] for name in block.shapes(self.stem.width)})
            following |= {f"{name}_{i}": value for name, value in after.items()}
        seen = ops.concatenate([state["steps"], self.norm(x)], axis=1)
        following["steps"] = newest(seen, self.pooled - 1)
        pooled, attention = self.pool(newest(seen, self.pooled))
        return pooled, attention, following

    def pool(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
        pooled, attention = self.pooling(x, return_attention_scores=True, training=training)
        return pooled, ops.pad(attention[:, 0], [[0, 0], [0, 0], [self.margin, self.margin]])

    def shapes(self) -> Shapes:
        """Of the state, for one stream."""
        width = self.stem.width
        own = {
            f"{name}_{i}": shape for i, block in enumerate(self.blocks) for name, shape in block.shapes(width).items()
        }
        return {"frames": (1, STEM_FRAMES - STEM_STRIDE, self.bands), **own, "steps": (1, self.pooled - 1, width)}


@keras.saving.register_keras_serializable(package="heedful")
class Stem(Configured):
    """Frames `(batch, frames, bands)` to steps `(batch, steps, width)`: two small convolutions over time and
    bands, and a projection. A quarter of the bands stays, every second frame.
    """

    def __init__(self, width: int, filters: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.width = width
        policy = self.dtype_policy
        self.convolutions = [
            layers.Conv2D(filters // 2, 3, strides=(1, 2), use_bias=False, dtype=policy, name="convolution"),
            layers.DepthwiseConv2D(3, strides=STEM_STRIDE, use_bias=False, dtype=policy, name="depthwise"),
            layers.Conv2D(filters, 1, use_bias=False, dtype=policy, name="pointwise"),
        ]
        self.norms = [layers.BatchNormalization(dtype=policy, name=f"norm_{i}") for i in range(3)]
        self.dense = layers.Dense(width, dtype=policy, name="dense")
        self.norm = layers.LayerNormalization(dtype=policy, name="norm")

    def build(self, shape: Shape) -> None:
        shape = (shape[0], STEM_FRAMES, shape[-1], 1)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)
            norm.build(shape)
        self.dense.build((shape[0], None, (shape[2] or 0) * (shape[3] or 0)))
        self.norm.build((shape[0], None, self.width))

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        x = ops.expand_dims(features, -1)
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = norm(convolution(x), training=training)
            x = x if i == 1 else ops.relu(x)
        x = ops.reshape(x, (-1, x.shape[1], x.shape[2] * x.shape[3]))
        return self.norm(self.dense(x))

    def step(self, features: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Steps of the newest features, and the last frames, `(batch, STEM_FRAMES - STEM_STRIDE, bands)`."""
        seen = ops.concatenate([frames, features], axis=1)
        return self(seen, training=False), newest(seen, STEM_FRAMES - STEM_STRIDE)


@keras.saving.register_keras_serializable(package="heedful")
class Block(Configured):
    """Convolution over the last `kernel` steps, self-attention over the last `span`, feed-forward, each added to what
    came in: `(batch, steps, width)` to as many steps less `kernel + span - 2`, the oldest.

    The convolution tells steps apart by their order; the attention has no other positions.
    """

    def __init__(self, heads: int, hidden: int, kernel: int, span: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.heads, self.hidden, self.kernel, self.span, self.dropout = heads, hidden, kernel, span, dropout

    def build(self, shape: Shape) -> None:
        width, policy = shape[-1] or 0, self.dtype_policy
        self.depthwise = layers.DepthwiseConv1D(self.kernel, use_bias=False, dtype=policy, name="depthwise")
        self.batch_norm = layers.BatchNormalization(dtype=policy, name="batch_norm")
        self.pointwise = layers.Dense(width, dtype=policy, name="pointwise")
        self.attention = Attention(
            num_heads=self.heads, key_dim=width // self.heads, dropout=self.dropout, dtype=policy, name="attention"
        )
        self.norms = [layers.LayerNormalization(dtype=policy, name=f"norm_{i}") for i in range(2)]
        self.inner = layers.Dense(self.hidden, activation="relu", dtype=policy, name="inner")
        self.outer = layers.Dense(width, dtype=policy, name="outer")
        self.drop = layers.Dropout(self.dropout, dtype=policy)
        shape = (shape[0], None, width)
        for part in (self.depthwise, self.batch_norm, self.pointwise, *self.norms, self.inner):
            part.build(shape)
        self.attention.build(shape, shape)
        self.outer.build((*shape[:-1], self.hidden))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        x = self.convolve(x, training)
        normed = self.norms[0](x)
        x = x[:, self.span - 1 :]
        x = x + self.attend(normed[:, self.span - 1 :], self.attention.memory(normed), training)
        return self.feed(x, training)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """As many steps as the newest, `x`, and the state after them."""
        seen = ops.concatenate([state["steps"], x], axis=1)
        x = self.convolve(seen)
        normed, before = self.norms[0](x), (state["keys"], state["values"])
        memory = self.attention.memory(normed)
        keys, values = (ops.concatenate(parts, axis=2) for parts in zip(before, memory, strict=True))
        x = x + self.attend(normed, (keys, values))
        following = dict(zip(("keys", "values"), cache.slide(before, memory), strict=True))
        return self.feed(x), {"steps": newest(seen, self.kernel - 1), **following}

    def shapes(self, width: int) -> Shapes:
        """Of the state, for one stream."""
        remembered = (1, self.heads, self.span - 1, width // self.heads)
        return {"steps": (1, self.kernel - 1, width), "keys": remembered, "values": remembered}

    def convolve(self, x: Tensor, training: bool | None = False) -> Tensor:
        local = self.pointwise(ops.relu(self.batch_norm(self.depthwise(x), training=training)))
        return x[:, self.kernel - 1 :] + local

    def attend(self, query: Tensor, memory: cache.Memory, training: bool | None = False) -> Tensor:
        """Each of the newest steps sees the `span` that end with itself."""
        left = self.span - 1
        mask = masks.window_mask(query.shape[1], memory[0].shape[2], left=left, offset=left)
        return self.attention.attend(query, memory, mask, training=training)[0]

    def feed(self, x: Tensor, training: bool | None = False) -> Tensor:
        hidden = self.outer(self.inner(self.norms[1](x)))
        return x + self.drop(hidden, training=training)


def newest(x: Tensor, count: int) -> Tensor:
    """The last `count` places of `(batch, places, width)`."""
    return x[:, x.shape[1] - count :]
