"""Labels as directions: a sound is what its embedding points to.

A label that was not trained can be added as the mean direction of a few recordings (weight imprinting, Qi et al. 2018,
arXiv:1712.07136), because every label has the same length and no offset of its own.
"""

import keras
from keras import ops

SCALE = 16.0  # of the cosines: at most 2 * SCALE between two logits, far more than label smoothing asks for


@keras.saving.register_keras_serializable(package="heedful")
class CosineLogits(keras.layers.Layer):
    """Embeddings `(batch, width)` of length 1 to logits `(batch, labels)`: `SCALE * cos(embedding, label)`.

    The exported graph holds the scaled directions as the weights of one fully connected operator.
    """

    def __init__(self, labels: int, **kwargs):
        super().__init__(**kwargs)
        self.labels = labels

    def build(self, input_shape):
        self.directions = self.add_weight(
            shape=(input_shape[-1], self.labels), initializer="glorot_uniform", name="directions"
        )

    def call(self, embedding):
        lengths = ops.sqrt(ops.sum(ops.square(self.directions), axis=0, keepdims=True) + 1e-12)
        return ops.matmul(embedding, self.directions * (SCALE / lengths))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.labels)

    def get_config(self):
        return {**super().get_config(), "labels": self.labels}
