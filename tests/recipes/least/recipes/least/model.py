"""Each number alone becomes a vector; attention chooses among them."""

import keras
from keras import layers

from heedful.layers import AttentionPooling
from heedful.recipes.contract import Knowledge
from heedful.recipes.least.config import Config
from heedful.recipes.least.data import LENGTH


def build(config: Config, knowledge: Knowledge) -> keras.Model:
    """`numbers` `(batch, 7)` to `probabilities` `(batch, labels)` and `attention` `(batch, 1, 7)`."""
    numbers = keras.Input((LENGTH,), name="numbers")
    vectors = layers.Dense(config.width, "tanh")(layers.Reshape((LENGTH, 1))(numbers))
    pooled, attention = AttentionPooling(num_queries=1)(vectors, return_attention_scores=True)
    probabilities = layers.Dense(len(knowledge.facts["labels"]), "softmax")(pooled)
    return keras.Model(numbers, {"probabilities": probabilities, "attention": attention[:, 0]})
