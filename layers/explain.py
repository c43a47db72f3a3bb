"""What attention weights are worth as an explanation: numbers for any model, in float64 NumPy outside of any graph.

Weights say what a layer read, not what the answer rests on. `rollout` follows them through a stack of layers;
`deletion` and `insertion` measure whether the answer depends on what a map calls important, and `pointing_game` whether
the map lies where the thing is. Each comes with what an uninformed map would reach, without which it says nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor

Predict = Callable[[np.ndarray], Any]


def rollout(weights: Sequence[Tensor], residual: float = 0.5) -> np.ndarray:
    """How much of each input token is in each output token of a stack of self-attention (Abnar and Zuidema 2020).

    `weights` of the blocks from first to last, `(batch, heads, T, T)` or `(batch, T, T)` -> float64 `(batch, T, T)`,
    row = token of the last block, column = token of the input. Heads count alike; give their maximum, or one of them,
    as `(batch, T, T)` for another reading. `residual` is the share of a token that goes round a block, 0 to 1.

    Rows sum to 1. A token that attends to nothing, such as padding, passes on as it is; without a residual it is lost
    and its row is all zeros. Raises ValueError for weights that are not square, differ in shape, are negative or not
    finite.
    """
    if not 0.0 <= residual <= 1.0:
        raise ValueError(f"residual is a share between 0 and 1, not {residual}")
    if not weights:
        raise ValueError("rollout needs the weights of at least one block")
    flow: np.ndarray | None = None
    for number, block in enumerate(weights):
        read = _of_tokens(block, number)
        if flow is not None and read.shape != flow.shape:
            raise ValueError(f"block {number} has weights of shape {read.shape}, those before it {flow.shape}")
        mixed = (1.0 - residual) * read + residual * np.eye(read.shape[-1])
        total = mixed.sum(-1, keepdims=True)
        mixed = np.divide(mixed, total, out=np.zeros_like(mixed), where=total > 0)
        flow = mixed if flow is None else mixed @ flow
    assert flow is not None
    return flow


def _of_tokens(block: Tensor, number: int) -> np.ndarray:
    """`(batch, T, T)`, heads averaged."""
    read = _array(block)
    if read.ndim not in (3, 4) or read.shape[-1] != read.shape[-2]:
        raise ValueError(
            f"block {number} has weights of shape {read.shape}; rollout needs self-attention, (batch, heads, T, T) or "
            "(batch, T, T)"
        )
    if not np.isfinite(read).all() or (read < 0).any():
        raise ValueError(f"block {number} has weights that are negative or not finite")
    return read.mean(1) if read.ndim == 4 else read


@dataclass(frozen=True, eq=False)
class Curve:
    """The score of a model while an example is taken apart or put together."""

    shares: np.ndarray  # (steps + 1,), rising from 0 to 1: the part of the example that has been changed
    scores: np.ndarray  # (steps + 1,)

    @property
    def area(self) -> float:
        """Under the curve, by trapezoids: the mean score over all shares."""
        return float(np.sum(np.diff(self.shares) * (self.scores[1:] + self.scores[:-1])) / 2)


class Measure(Protocol):
    """`deletion` or `insertion`."""

    def __call__(
        self, predict: Predict, example: np.ndarray, importance: Tensor, baseline: Any, steps: int = 50
    ) -> Curve: ...


def deletion(predict: Predict, example: np.ndarray, importance: Tensor, baseline: Any, steps: int = 50) -> Curve:
    """The score while the most important parts go first; a faithful map has a small area (RISE, Petsiuk et al. 2018).

    Args:
        predict: `(n, *example.shape)` -> `(n,)` scores, such as the probability of the class to be explained. It is
            called once, with all steps.
        example: one input without a batch axis: a picture `(H, W, channels)`, a sequence `(T, features)`, ids `(T,)`.
        importance: `(H, W)` or `(T,)`, the greater the more important; or coarser, `(h, w)` or `(t,)`, and each of its
            cells goes as a whole. Equals go in an order drawn at random, the same one each time.
        baseline: what takes the place of what is gone, anything that broadcasts to `example`: a number, the mean, a
            blurred picture, the id of the mask token. The area depends on it.
        steps: points of the curve after the first, at most one for each cell.

    Raises ValueError for an importance that does not fit, and for scores that are not one finite number per input.
    """
    gone = _most_important(example, importance, steps)
    return _curve(predict, example, baseline, hidden=gone, changed=gone)


def insertion(predict: Predict, example: np.ndarray, importance: Tensor, baseline: Any, steps: int = 50) -> Curve:
    """The score while the most important parts of `example` replace the baseline first; a faithful map has a large
    area (RISE, Petsiuk et al. 2018). Arguments as in `deletion`.
    """
    there = _most_important(example, importance, steps)
    return _curve(predict, example, baseline, hidden=~there, changed=there)


def random_curves(
    measure: Measure,
    predict: Predict,
    example: np.ndarray,
    importance: Tensor,
    baseline: Any,
    steps: int = 50,
    orders: int = 10,
    seed: int = 0,
) -> list[Curve]:
    """`deletion` or `insertion`, the `measure`, in `orders` random orders of the cells of `importance`.

    The mean of their areas is what a map reaches that knows nothing, their spread how far luck carries it.
    """
    random = np.random.default_rng(seed)
    shape = _array(importance).shape
    drawn = (random.permutation(int(np.prod(shape))).reshape(shape) for _ in range(orders))
    return [measure(predict, example, order, baseline, steps) for order in drawn]


def _most_important(example: np.ndarray, importance: Tensor, steps: int) -> np.ndarray:
    """The cells changed at each step, bool `(steps + 1, *leading axes of the example)`; none at first, in the end all.

    The leading axes are as many as `importance` has.
    """
    cells = _array(importance)
    size = np.shape(example)[: cells.ndim]
    if not cells.ndim or len(size) < cells.ndim or any(n < 1 or n > m for n, m in zip(cells.shape, size, strict=True)):
        raise ValueError(
            f"importance of shape {cells.shape} does not fit an example of shape {np.shape(example)}: it needs the "
            "example's first axes, or fewer cells along them"
        )
    if not np.isfinite(cells).all():
        raise ValueError("importance is not finite")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    ties = np.random.default_rng(0).permutation(cells.size)  # by place, a map with many zeros would sweep the picture
    rank = np.empty(cells.size, int)
    rank[np.lexsort((ties, -cells.ravel()))] = np.arange(cells.size)
    counts = np.unique(np.linspace(0, cells.size, min(steps, cells.size) + 1).round().astype(int))
    taken = rank.reshape(cells.shape) < counts.reshape(-1, *(1,) * cells.ndim)
    for axis, (fine, coarse) in enumerate(zip(size, cells.shape, strict=True), 1):
        taken = np.take(taken, ((np.arange(fine) + 0.5) * coarse / fine).astype(int), axis)
    return taken


def _curve(predict: Predict, example: np.ndarray, baseline: Any, hidden: np.ndarray, changed: np.ndarray) -> Curve:
    example = np.asarray(example)
    over_features = hidden.reshape(*hidden.shape, *(1,) * (example.ndim + 1 - hidden.ndim))
    scores = _array(predict(np.where(over_features, baseline, example).astype(example.dtype)))
    if scores.shape != (len(hidden),):
        raise ValueError(f"predict gave scores of shape {scores.shape} for {len(hidden)} inputs, not one for each")
    if not np.isfinite(scores).all():
        raise ValueError("predict gave a score that is not finite")
    return Curve(changed.reshape(len(changed), -1).mean(-1), scores)


@dataclass(frozen=True)
class Pointing:
    """Shares of maps whose peak lies in the target, and of what needs no map."""

    hit_rate: float
    chance: float  # of a random cell: the mean share of cells in the target
    best_fixed_cell: float  # of always looking at one cell, the best one for these targets
    ceiling: float  # of maps that can hit at all: a small target may lie between the centres of the cells


def pointing_game(maps: Tensor, targets: Tensor) -> Pointing:
    """Whether the peak of each map lies in its target (Zhang et al. 2016, without their 15 pixels of tolerance).

    `maps (n, rows, columns)` and `targets`, booleans of the same shape: a mask of the thing, or `cells_in` its box. A
    map with several equal peaks hits with the share of them that lies in the target. Raises ValueError without maps,
    for other shapes, and where a map is not finite.
    """
    values, good = _array(maps), ops.convert_to_numpy(targets).astype(bool)
    if values.shape != good.shape or values.ndim < 2 or not values.size:
        raise ValueError(f"maps of shape {values.shape} need targets of the same shape, not {good.shape}")
    values, good = values.reshape(len(values), -1), good.reshape(len(good), -1)
    if not np.isfinite(values).all():
        raise ValueError(f"map {int(np.argmin(np.isfinite(values).all(1)))} is not finite: its weights are broken")
    peaks = values == values.max(1, keepdims=True)
    return Pointing(
        hit_rate=float(((peaks & good).sum(1) / peaks.sum(1)).mean()),
        chance=float(good.mean()),
        best_fixed_cell=float(good.mean(0).max()),
        ceiling=float(good.any(1).mean()),
    )


def cells_in(boxes: Sequence[Sequence[float]] | np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Which cells of `grid`, (rows, columns), have their centre in each box: bool `(n, rows, columns)`.

    `boxes (n, 4)`: left, top, right, bottom as shares 0 to 1 of the picture.
    """
    left, top, right, bottom = np.reshape(boxes, (-1, 4, 1)).swapaxes(0, 1)
    rows, columns = ((np.arange(count) + 0.5) / count for count in grid)
    return ((rows >= top) & (rows <= bottom))[:, :, None] & ((columns >= left) & (columns <= right))[:, None]


def _array(tensor: Tensor) -> np.ndarray:
    return ops.convert_to_numpy(tensor).astype("float64")
