"""How likely a candidate is the next action, by the past actions that it activates: the Deep Interest Network.

Zhou et al. (2018, arXiv:1706.06978): a local activation unit weighs every past action by the candidate at hand, the
weighted sum is what this person thinks of *this* candidate, and a small network with Dice activations does the rest.
The weights are sigmoids that need not sum to 1, so that a strong interest stays strong.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers import Attention, Dice, LocalActivationScore
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.item_table import PACKAGE
from heedful.recipes.shared.network.configured import Configured, settings


@keras.saving.register_keras_serializable(PACKAGE)
class Ranker(Configured):
    """Vectors of past actions and of candidates to logits and attention.

    Args:
        length: how many of the newest actions count.
        width: to which the vectors are projected.
        units: hidden units of the local activation unit.
        hidden: of the network behind it.
    """

    def __init__(self, length: int, width: int, units: tuple[int, ...], hidden: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.settings = settings(locals())
        self.length, self.width, self.units, self.hidden = length, width, tuple(units), tuple(hidden)

    def build(self, actions_shape: Shape, real_shape: Shape, candidates_shape: Shape) -> None:
        self.project = layers.Dense(self.width, use_bias=False, name="project")
        self.project.build(candidates_shape)
        actions = (*actions_shape[:-1], self.width)
        candidates = (*candidates_shape[:-1], self.width)
        unit = LocalActivationScore(self.units, activation="sigmoid", name="unit")
        self.attention = Attention(score=unit, normalizer="sigmoid", name="attention")
        self.attention.build(candidates, actions)
        self.network = []
        width = 3 * self.width
        for index, units in enumerate(self.hidden):
            self.network += [layers.Dense(units, name=f"hidden_{index}"), Dice(name=f"dice_{index}")]
            self.network[-2].build((*candidates_shape[:-1], width))
            self.network[-1].build((*candidates_shape[:-1], units))
            width = units
        self.read_out = layers.Dense(1, name="read_out")
        self.read_out.build((*candidates_shape[:-1], width))

    def call(
        self, actions: Tensor, real: Tensor, candidates: Tensor, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        """`(batch, length, width)`, bool `(batch, length)`, `(batch, C, width)` -> logits `(batch, C)` and attention
        `(batch, C, length)`.
        """
        actions, candidates = self.project(actions), self.project(candidates)
        interest, attention = self.attention(
            candidates, actions, value_mask=real, return_attention_scores=True, training=training
        )
        x = ops.concatenate([interest, candidates, interest * candidates], axis=-1)
        for layer in self.network:
            x = layer(x, training=training) if isinstance(layer, Dice) else layer(x)
        return ops.squeeze(self.read_out(x), -1), ops.squeeze(attention, 1)

    def compute_output_spec(self, actions: Tensor, real: Tensor, candidates: Tensor, **_: Any) -> Any:
        shape = tuple(candidates.shape[:2])
        return keras.KerasTensor(shape, "float32"), keras.KerasTensor((*shape, actions.shape[1]), "float32")
