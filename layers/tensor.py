"""What the signatures of this package call an array of the running backend.

Keras has one class for symbolic tensors and each backend its own for real ones; no static type covers them all, so
the name carries the meaning and the docstrings carry the shapes. The letters are the same everywhere:
`batch`, `heads`, `T` queries, `S` keys, and a width named for what it is the width of.
"""

from collections.abc import Sequence
from typing import Any

Tensor = Any
Shape = tuple[int | None, ...]
Masks = Sequence[Tensor | None]
