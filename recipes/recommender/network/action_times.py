"""What the clock says of each action: how long it is until the next moment, and the hour and weekday of that moment.

The next moment is when the next action happens, and for the newest action it is now: when somebody asks what comes
next. That is known then, and it is what HSTU (Zhai et al. 2024, arXiv:2402.17152) tells its attention. A person who
comes back after a week, or at another time of day, may want something else than one who goes on.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.recommender.moments import UNKNOWN_TIME
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.item_table import PACKAGE
from heedful.recipes.shared.network.configured import Configured, settings

HOUR, DAY = 3600, 86400
SATURDAY = 5  # the weekday of `moments.ORIGIN`, counted from Monday
GAPS = np.array([2**power for power in range(28)], np.int32)  # seconds, up to four years: where buckets begin


@keras.saving.register_keras_serializable(PACKAGE)
class ActionTimes(Configured):
    """Times int32 `(batch, time + 1)` to vectors `(batch, time, width)`: sums of an embedding of the gap to the next
    moment, by powers of two of its seconds, one of the hour and one of the weekday of that moment.

    A time is seconds since `moments.ORIGIN`, 0 where it is unknown; the last one is now. Hours and weekdays are UTC's,
    or those of whatever clock the data is written in.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.width = width

    def build(self, times_shape: Shape | None) -> None:
        # Number 0 of each table is for what is not known.
        self.gap, self.hour, self.weekday = (
            self.add_weight(shape=(1 + count, self.width), initializer="zeros", name=name)
            for name, count in (("gap", len(GAPS) + 1), ("hour", DAY // HOUR), ("weekday", 7))
        )

    def call(self, times: Tensor) -> Tensor:
        before, after = times[:, :-1], times[:, 1:]
        known = ops.not_equal(after, UNKNOWN_TIME)
        gap = ops.expand_dims(after - before, -1)
        bucket = 1 + ops.sum(ops.cast(ops.greater_equal(gap, ops.convert_to_tensor(GAPS)), "int32"), axis=-1)
        hour = 1 + ops.floor_divide(ops.mod(after, DAY), HOUR)
        weekday = 1 + ops.mod(ops.floor_divide(after, DAY) + SATURDAY, 7)
        both = ops.logical_and(known, ops.not_equal(before, UNKNOWN_TIME))
        return (
            ops.take(self.gap, ops.where(both, bucket, 0), axis=0)
            + ops.take(self.hour, ops.where(known, hour, 0), axis=0)
            + ops.take(self.weekday, ops.where(known, weekday, 0), axis=0)
        )

    def compute_output_shape(self, times_shape: Shape) -> Shape:
        batch, time = times_shape
        return batch, None if time is None else time - 1, self.width
