"""Tokens become vectors, convolutions tell them of their neighbours, a few queries read them, and a label comes out.

`ids` int32 `(batch, length)`, PAD behind the end, to `probabilities` `(batch, labels)` and `attention`
`(batch, members * heads, length)`. Several members, which differ in their first values alone, learn side by side, and
the answer is the mean of theirs: of few texts each of them learns other words by heart.
"""

import keras
from keras import layers, ops

from heedful.apps.tokenizer import FILE, PAD, Tokenizer
from heedful.layers import AttentionPooling
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.inheritance import Named, take_over
from heedful.recipes.text_classification.config import Config


def build(config: Config, knowledge: Knowledge) -> keras.Model:
    """The inference model; its facts are the `labels`, and the `length` that is read."""
    ids = keras.Input((knowledge.facts["length"],), dtype="int32", name="ids")
    outputs = build_classifier(config, knowledge)(ids)
    probabilities = ops.mean(layers.Softmax(dtype="float32")(outputs["logits"]), axis=1)
    return keras.Model(ids, {"probabilities": probabilities, "attention": outputs["attention"]})


def build_classifier(config: Config, knowledge: Knowledge) -> keras.Model:
    """`ids` `(batch, tokens)`, any number of them, to `logits` `(batch, members, labels)` and `attention`."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    members = [member(number, ids, config, knowledge) for number in range(config.members)]
    logits = ops.stack([found for found, _ in members], axis=1)
    attention = ops.concatenate([found for _, found in members], axis=1)
    return keras.Model(ids, {"logits": logits, "attention": attention}, name="classifier")


def member(number: int, ids, config: Config, knowledge: Knowledge):
    """What one member says of `ids` `(batch, tokens)`: logits `(batch, labels)`, attention `(batch, heads, tokens)`."""
    seen = ops.not_equal(ids, PAD)
    vectors = keras.initializers.RandomNormal(stddev=1.0, seed=number)
    x = layers.Embedding(len(tokens_of(knowledge)), config.width, vectors, name=f"tokens_{number}")(ids)
    for _ in range(config.blocks):
        x = layers.add([x, convolution(x, seen, config)])
    x = layers.LayerNormalization()(x)
    pool = AttentionPooling(num_queries=config.heads, score="dot", name=f"pooling_{number}")
    pooled, attention = pool(x, mask=seen, return_attention_scores=True)
    pooled = layers.Dropout(config.dropout)(pooled)
    return layers.Dense(len(knowledge.facts["labels"]), dtype="float32", name=f"logits_{number}")(pooled), attention


def convolution(x, seen, config: Config):
    """What each token means among its neighbours: `(batch, tokens, width)`; what is hidden or padding says nothing."""
    visible = ops.expand_dims(ops.cast(seen, x.dtype), -1)
    x = layers.Dropout(config.dropout / 2)(layers.LayerNormalization()(x)) * visible
    x = layers.Conv1D(config.hidden, config.kernel, padding="same", activation="relu")(x)
    return layers.Dense(config.width)(layers.Dropout(config.dropout / 2)(x))


def tokens_of(knowledge: Knowledge) -> list[bytes]:
    """The tokens that a model knows, by their ids."""
    return Tokenizer.from_json(knowledge.attachments[FILE].decode()).tokens


def inherit(model: keras.Model, knowledge: Knowledge, old: keras.Model, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; tokens and labels that it did not know start anew.

    Raises `InputError` when it is built differently.
    """
    parts = model.get_layer("classifier").layers
    tokens = [weight for part in parts if part.name.startswith("tokens_") for weight in part.weights]
    logits = [weight for part in parts if part.name.startswith("logits_") for weight in part.weights]
    known = Named(tokens, 0, tokens_of(knowledge), tokens_of(old_knowledge))
    take_over(model, old, known, Named(logits, -1, knowledge.facts["labels"], old_knowledge.facts["labels"]))
