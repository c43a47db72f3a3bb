"""A model as `model.fit` would run it: a compiled graph under TensorFlow and JAX, eagerly under PyTorch.

TensorFlow without XLA, because that is what Keras chooses where there is no accelerator.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

Function = Callable[..., Any]
BACKEND = keras.backend.backend()
HOW = {"tensorflow": "tf.function, no XLA", "jax": "jax.jit", "torch": "eager"}[BACKEND]


def forward(model: keras.Model) -> Function:
    """`forward(inputs)` gives every output of the model and returns when they are there."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(model)
    if BACKEND == "jax":
        import jax

        variables = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
        call = jax.jit(lambda variables, inputs: model.stateless_call(*variables, inputs)[0])
        return lambda inputs: jax.block_until_ready(call(variables, inputs))
    import torch  # pyright: ignore[reportMissingImports]

    return _awaited(torch.no_grad()(model))


def forward_and_backward(model: keras.Model) -> Function:
    """`both(inputs)` gives the outputs, and the gradients of the first one's sum of squares for inputs and weights.

    The inputs are a list of floating-point tensors, perhaps with masks (boolean), which have no gradient.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        @tf.function
        def both(inputs: list[Any]) -> Any:
            sources = [x for x in inputs if x.dtype.is_floating]
            with tf.GradientTape() as tape:
                tape.watch(sources)
                outputs = model(inputs, training=True)
                loss = _loss(outputs)
            return outputs, tape.gradient(loss, [sources, [v.value for v in model.trainable_variables]])

        return both
    if BACKEND == "jax":
        import jax

        weights, others = ([v.value for v in vs] for vs in (model.trainable_variables, model.non_trainable_variables))

        def loss(weights: list[Any], sources: list[Any], masks: list[Any]) -> tuple[Any, Any]:
            outputs, _ = model.stateless_call(weights, others, [*sources, *masks], training=True)
            return _loss(outputs), outputs

        gradients = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))

        def both(inputs: list[Any]) -> Any:
            masks = [x for x in inputs if x.dtype == bool]
            return jax.block_until_ready(gradients(weights, inputs[: len(inputs) - len(masks)], masks))

        return both
    import torch  # pyright: ignore[reportMissingImports]

    def both(inputs: list[Any]) -> Any:
        sources = [x.requires_grad_() for x in inputs if x.is_floating_point()]
        outputs = model(inputs, training=True)
        weights = [v.value for v in model.trainable_variables]
        return outputs, torch.autograd.grad(_loss(outputs), [*sources, *weights])

    return _awaited(both)


def device() -> str:
    """The accelerator that the backend has found, or the processor."""
    if BACKEND == "jax":
        import jax

        return jax.devices()[0].device_kind
    if BACKEND == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    import tensorflow as tf

    return ", ".join(gpu.name for gpu in tf.config.list_physical_devices("GPU")) or "cpu"


def _awaited(work: Function) -> Function:
    """PyTorch returns from a GPU before it is done."""
    import torch  # pyright: ignore[reportMissingImports]

    if not torch.cuda.is_available():
        return work

    def awaited(inputs: list[Any]) -> Any:
        results = work(inputs)
        torch.cuda.synchronize()
        return results

    return awaited


def _loss(outputs: Any) -> Any:
    first = outputs[0] if isinstance(outputs, list | tuple) else outputs
    return keras.ops.sum(keras.ops.square(first))


def difference(work: Function, peer: Function, inputs: list[Any]) -> float:
    """How far the first outputs of two models are apart, at most."""
    first, second = (
        keras.ops.convert_to_numpy(result[0] if isinstance(result, list | tuple) else result)
        for result in (work(inputs), peer(inputs))
    )
    return float(np.abs(first - second).max())
