"""Positions by rotation: queries and keys are turned by angles that grow with where they stand."""

from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.layers import checks
from heedful.layers.tensor import Tensor


@keras.saving.register_keras_serializable(package="heedful")
class RotaryEmbedding(keras.layers.Layer):
    """Rotary position embedding: an inner product of what it turned depends on the distance alone (Su et al. 2021,
    arXiv:2104.09864).

    Component `i` of the first half of a vector and component `i` of the second half are turned as a point of the plane
    by `position * max_wavelength^(-2 i / width)`: the pairs of GPT-NeoX, Llama and KerasHub. For weights of models that
    pair neighbours, as RoFormer does, reorder the columns of the projections of query and key: even ones first.

    `Attention` turns its keys when they are attended to, by their places in the memory. So a cache holds them as they
    are, and a step of a cache that is appended to or slides equals that of the whole.

    Args:
        max_wavelength: base of the wavelengths.
        scaling_factor: what positions are divided by, to reach further than in the training (Chen et al. 2023,
            arXiv:2306.15595).
        rotary_dim: components that are turned, the first ones, an even number; None: all.

    Raises ValueError for an odd number of components to be turned.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import Attention, RotaryEmbedding
    >>> attention = Attention(num_heads=2, key_dim=4, rotary_embedding=RotaryEmbedding())
    >>> tuple(attention(np.ones((1, 5, 8)), np.ones((1, 5, 8))).shape)
    (1, 5, 8)
    """

    def __init__(
        self,
        max_wavelength: float = 10000.0,
        scaling_factor: float = 1.0,
        rotary_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        checks.sizes(self, rotary_dim=rotary_dim)
        if max_wavelength <= 0 or scaling_factor <= 0:
            raise ValueError(
                f"max_wavelength and scaling_factor must be positive, not {max_wavelength} and {scaling_factor}"
            )
        self.max_wavelength, self.scaling_factor, self.rotary_dim = max_wavelength, scaling_factor, rotary_dim
        self.built = True

    def call(self, vectors: Tensor, offset: int | Tensor = 0) -> Tensor:
        """Turn vectors by their positions.

        Args:
            vectors: `(batch, heads, length, width)`.
            offset: position of the first of them, a number or `(batch,)` integers.

        Returns:
            As `vectors`.
        """
        width = self.turned(vectors.shape[-1])
        length = ops.shape(vectors)[-2]
        cosine, sine = self._of_angles(length, width, offset)
        first, second = vectors[..., : width // 2], vectors[..., width // 2 : width]
        parts = [first * cosine - second * sine, second * cosine + first * sine]
        rest = vectors.shape[-1] - width
        return ops.concatenate([*parts, vectors[..., width:]] if rest else parts, axis=-1)

    def turned(self, width: int) -> int:
        """How many components of vectors of `width` are turned. Raises ValueError for an odd number or too many."""
        turned = self.rotary_dim or width
        if turned % 2 or turned > width:
            raise ValueError(
                f"{turned} of {width} components cannot be turned in pairs: give an even key_dim, or an even "
                "rotary_dim of at most that"
            )
        return turned

    def _of_angles(self, length: int | Tensor, width: int, offset: int | Tensor) -> tuple[Tensor, Tensor]:
        """Cosine and sine of each angle, `(length, width // 2)` or `(batch, 1, length, width // 2)`."""
        if isinstance(length, int) and isinstance(offset, int):  # constants, exact where float32 is not
            angles = np.arange(offset, offset + length)[:, None] * self._speeds(width)
            return tuple(ops.convert_to_tensor(each, self.compute_dtype) for each in (np.cos(angles), np.sin(angles)))
        if len(getattr(offset, "shape", ())) == 1:
            offset = ops.reshape(ops.cast(offset, "int32"), (-1, 1, 1, 1))
        positions = ops.expand_dims(ops.arange(length, dtype="int32"), -1) + offset
        angles = ops.cast(positions, self.compute_dtype) * ops.convert_to_tensor(
            self._speeds(width), self.compute_dtype
        )
        return ops.cos(angles), ops.sin(angles)

    def _speeds(self, width: int) -> np.ndarray:
        """The angle of each pair at position 1, float64 `(width // 2,)`."""
        return self.max_wavelength ** (-np.arange(0, width, 2) / width) / self.scaling_factor

    def get_config(self) -> dict[str, Any]:
        names = ("max_wavelength", "scaling_factor", "rotary_dim")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
