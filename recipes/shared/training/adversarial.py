"""Adversarial training: a model also learns from examples with the small change that hurts it most.

The change follows the gradient of the loss with respect to the input, or to the embeddings where the input is tokens
(Goodfellow et al. 2015, arXiv:1412.6572; of embeddings Miyato et al. 2017, arXiv:1605.07725). Half of each batch is
changed, the other half stays clean (Kurakin et al. 2017, arXiv:1611.01236). It costs one more pass forward and backward
over that half.

A loss function here is called as in inference, so that it neither draws random numbers nor counts batch statistics.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from heedful.layers.tensor import Tensor
from heedful.recipes.shared.training.losses import cross_entropy

LossOf = Callable[..., Tensor]
TINY = 1e-30


def input_gradient(loss_of: LossOf, x: Tensor, *others: Tensor) -> Tensor:
    """The gradient of the sum of `loss_of(x, *others)` with respect to `x`, of its shape; no gradient goes back through
    it.
    """
    x = ops.stop_gradient(x)

    def total(x: Tensor) -> Tensor:
        return ops.sum(ops.cast(loss_of(x, *others), "float32"))

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            loss = total(x)
        return tf.stop_gradient(tape.gradient(loss, x, unconnected_gradients=tf.UnconnectedGradients.ZERO))
    if keras.backend.backend() == "jax":
        import jax

        return ops.stop_gradient(jax.grad(total)(x))
    import torch  # pyright: ignore[reportMissingImports]

    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        return torch.autograd.grad(total(leaf), leaf)[0]


def worst_change(loss_of: LossOf, x: Tensor, *others: Tensor, size: float) -> Tensor:
    """The change of each example of `x` `(batch, ...)` that raises its loss fastest, as long (L2) as `size` times the
    example itself: float32, of the shape of `x`. None where there is no gradient.
    """
    axes = tuple(range(1, len(x.shape)))
    # In half precision a gradient may be infinite, and the squares of small ones vanish in any.
    gradient = ops.nan_to_num(ops.cast(input_gradient(loss_of, x, *others), "float32"), posinf=0.0, neginf=0.0)
    gradient = gradient / ops.maximum(ops.max(ops.abs(gradient), axis=axes, keepdims=True), TINY)
    long = size * length_of(ops.stop_gradient(ops.cast(x, "float32")))
    return long * gradient / ops.maximum(length_of(gradient), TINY)


def length_of(x: Tensor) -> Tensor:
    """The L2 norm of each example of `(batch, ...)`: `(batch, 1, ...)`."""
    return ops.sqrt(ops.sum(ops.square(x), axis=tuple(range(1, len(x.shape))), keepdims=True))


def half_changed(
    loss_of: LossOf, x: Tensor, rows: Sequence[Tensor] = (), shared: Sequence[Tensor] = (), real: Tensor | None = None,
    *, size: float,
) -> Tensor:  # fmt: skip
    """`x` `(batch, ...)` with its worst change in the first example and every second one after it.

    The loss is `loss_of(x, *rows, *shared)`: `rows` have the examples of the batch along their first axis, `shared` do
    not. Of vectors `x` `(batch, n, width)` those count that are `real` `(batch, n)`; the others are padding.
    """
    seen = x if real is None else x * ops.cast(ops.expand_dims(real, -1), x.dtype)
    change = worst_change(loss_of, seen[::2], *(each[::2] for each in rows), *shared, size=size)
    place = ops.arange(ops.shape(x)[0])
    change = ops.take(change, place // 2, axis=0)
    changed = ops.reshape(ops.equal(place % 2, 0), (-1, *[1] * (len(x.shape) - 1)))
    return ops.where(changed, x + ops.cast(change, x.dtype), x)


class AdversarialNoise(layers.Layer):
    """`half_changed` in training, and otherwise what comes in; for trainers that are functional models.

    Args:
        loss_of: takes `x`, then `rows` and `shared`; the layers in it have their places elsewhere in the trainer.
        size: of the changes, beside the lengths of the examples.
    """

    def __init__(self, loss_of: LossOf, size: float, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.loss_of, self.size = loss_of, size

    def call(
        self, x: Tensor, rows: Sequence[Tensor] = (), shared: Sequence[Tensor] = (), real: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor:  # fmt: skip
        return half_changed(self.loss_of, x, rows, shared, real, size=self.size) if training else x

    def compute_output_spec(self, x: Tensor, *_: Any, **__: Any) -> keras.KerasTensor:
        return keras.KerasTensor(x.shape, self.compute_dtype)


def own_answer(scores: Tensor) -> Tensor:
    """The loss of a model's own most probable label, of scores `(..., labels)`: float32 `(...)`.

    What raises it needs no targets, and a change that does not know the right label cannot give it away (Kurakin et al.
    2017, section 3).
    """
    scores = ops.cast(scores, "float32")
    return cross_entropy(scores, ops.stop_gradient(ops.argmax(scores, axis=-1)), 0.0)
