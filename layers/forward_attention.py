"""Forward attention: a query reads the key that the one before read, or the next one."""

import keras
from keras import ops

from heedful.layers.alignment import first_key, first_of, kept_where_nothing_was_read, later, not_before
from heedful.layers.normalizer import NormalizerLayer
from heedful.layers.normalizers import softmax
from heedful.layers.tensor import Tensor

LEAST = 1e-20  # of the weights before at a key and the one in front of it; with less, no gradient would be finite


@keras.saving.register_keras_serializable(package="heedful")
class ForwardAttention(NormalizerLayer):
    """A softmax of which remains what lies where the query before looked, or one key later.

    As a normalizer for scores along speech or text (Zhang, Ling and Dai 2018, arXiv:1807.06736), with `y` the softmax
    of the scores of a query, `a` its weights and `b` those of the query before, all on the first key at the beginning:

        a[j] = (b[j] + b[j - 1]) * y[j] / sum of the same over all keys

    So no query skips a key, and none goes back. Where a mask hides all that lies within reach, or it has slid out of a
    cache, the query reads the next key that it may. One that may attend to nothing there gets zeros, and the query
    after it goes on from the same weights.

    Args:
        dtype: a precision; float32 unless given, whatever the global one.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import ForwardAttention
    >>> forward, state = ForwardAttention(), None
    >>> for row in [0.0, 1.0, 5.0], [0.0, 1.0, 5.0]:
    ...     scores = ops.reshape(ops.array(row), (1, 1, 1, 3))
    ...     weights = forward(scores, state=state)
    ...     state = forward.next_state(state, weights)
    ...     print([round(float(weight), 3) for weight in weights[0, 0, 0]])
    [0.269, 0.731, 0.0]
    [0.002, 0.024, 0.973]
    """

    recurrent = True

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None, state: Tensor | None = None
    ) -> Tensor:
        """Weights of one query.

        Args:
            scores: `(batch, heads, 1, S)`.
            mask: booleans that broadcast to `scores`, True = attend.
            training: not used.
            state: the weights of the query before, `(batch, heads, 1, S)`; None: the initial ones.

        Returns:
            Weights `(batch, heads, 1, S)`, whose sum is 1, or 0 where nothing may be read, or only what comes before.
        """
        state = first_key(scores) if state is None else state
        before = state + later(state, 1)
        reached = before > LEAST
        # As logarithms, for the products of small numbers vanish.
        likely = scores + ops.log(ops.where(reached, before, 1.0))
        weights = softmax(likely, reached if mask is None else ops.logical_and(mask, reached))
        onward = not_before(state) if mask is None else not_before(state) * ops.cast(mask, scores.dtype)
        return kept_where_nothing_was_read(first_of(onward), weights)

    def initial_state(self, scores: Tensor) -> Tensor:
        return first_key(scores)

    def next_state(self, state: Tensor | None, weights: Tensor) -> Tensor:
        """The weights, or those of before where nothing was read."""
        return kept_where_nothing_was_read(first_key(weights) if state is None else state, weights)
