"""One step many times over, as a loop of the running backend.

What is compiled or written to a file has the size of one step, however many are taken, and their number may be known
only when the model runs. A Python loop would be unrolled: two hundred steps take half a minute to compile.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from heedful.layers.tensor import Tensor

Step = Callable[[Any, Any], tuple[tuple[Tensor, ...], Any]]
Kind = tuple[Sequence[int | Tensor], str]


def stacked(
    step: Step, state: Any, count: int | Tensor, kinds: Sequence[Kind], layer: keras.layers.Layer | None = None
) -> list[Tensor]:
    """`step(index, state) -> results, next state` for each index below `count`: its results, stacked along a new first
    axis.

    Args:
        state: a tensor, or several in a list or tuple; its shape and type stay as they are.
        count: of steps; outside of TensorFlow a number.
        kinds: shape and type of each result of one step.
        layer: whose variables the step changes, such as the states of its random generators; None: it changes none.
    """
    if isinstance(count, int) and count == 0:
        return [ops.zeros((0, *shape), dtype) for shape, dtype in kinds]
    changing = [] if layer is None else layer.non_trainable_variables
    values = [ops.convert_to_tensor(variable.value) for variable in changing]
    # Inside of a loop, what is changed has to come in and go out: a variable would keep a tensor of the loop.
    inside = _apart(layer, changing)

    def body(index: Tensor, state: Any, values: list[Tensor]) -> tuple[tuple[Tensor, ...], Any, list[Tensor]]:
        with inside(values) as changed:
            results, following = step(index, state)
        return results, keras.tree.map_structure(_of_shape, following, state), changed(values)

    if keras.backend.backend() == "tensorflow":
        found, values = _while(body, state, values, count, kinds)
    else:

        def scanned(carry: tuple[Any, list[Tensor]], index: Tensor) -> tuple[tuple[Any, list[Tensor]], Any]:
            results, following, after = body(index, *carry)
            return (following, after), results

        (_, values), found = ops.scan(scanned, (state, values), ops.arange(count))
        if not isinstance(count, int):  # so that a file of PyTorch, which has the steps of its example, refuses others
            found = [ops.reshape(one, (count, *shape)) for one, (shape, _) in zip(found, kinds, strict=True)]
    for variable, value in zip(changing, values, strict=True):
        variable.assign(value)
    return list(found)


def unrolled(
    step: Step, state: Any, count: int | Tensor, kinds: Sequence[Kind], layer: keras.layers.Layer | None = None
) -> list[Tensor]:
    """The same as `stacked`, written out step by step. Raises ValueError where the number of steps is unknown."""
    if not isinstance(count, int):
        raise ValueError("steps can be unrolled where their number is known: take unroll=False, or give the length")
    found = []
    for index in range(count):
        results, state = step(index, state)
        found.append(results)
    return [ops.stack(parts) for parts in zip(*found, strict=True)] if found else stacked(step, state, 0, kinds)


def _while(
    body: Callable[..., Any], state: Any, values: list[Tensor], count: int | Tensor, kinds: Sequence[Kind]
) -> tuple[list[Tensor], list[Tensor]]:
    """The results and the values after the last step.

    Each result is written into its place among zeros. A list of tensors, which `ops.map` and `ops.scan` keep under
    TensorFlow, is no builtin of TFLite where a size of its elements is known only at run time, such as that of a batch.
    """

    def written(index: Tensor, state: Any, values: list[Tensor], found: list[Tensor]) -> tuple[Any, ...]:
        results, state, values = body(index, state, values)
        places = ops.arange(count)
        for position, result in enumerate(results):
            here = ops.reshape(ops.equal(places, index), (-1, *[1] * len(result.shape)))
            found[position] = _of_shape(ops.where(here, ops.expand_dims(result, 0), found[position]), found[position])
        return index + 1, state, values, found

    zeros = [ops.zeros((count, *shape), dtype) for shape, dtype in kinds]
    start = (ops.convert_to_tensor(0, "int32"), state, values, zeros)
    most = count if isinstance(count, int) else None
    _, _, values, found = ops.while_loop(lambda index, *_: index < count, written, start, most)
    return found, values


def _apart(layer: keras.layers.Layer | None, changing: list[keras.Variable]) -> Callable[[list[Tensor]], Any]:
    """A context in which the changing variables of `layer` have given values and all others those of now."""
    fixed = [] if layer is None else [v for v in layer.variables if all(v is not other for other in changing)]
    held = [(variable, variable.value) for variable in fixed]

    @contextmanager
    def inside(values: list[Tensor]) -> Iterator[Callable[[list[Tensor]], list[Tensor]]]:
        if not changing:
            yield lambda values: values
            return
        with keras.StatelessScope([*held, *zip(changing, values, strict=True)]) as scope:
            yield lambda _: [scope.get_current_value(variable) for variable in changing]

    return inside


def _of_shape(tensor: Tensor, like: Tensor) -> Tensor:
    """`tensor` with the sizes that are known of `like`, whose shape it has: a loop wants the same in each step."""
    return tensor if tensor.shape == like.shape else ops.reshape(tensor, ops.shape(like))
