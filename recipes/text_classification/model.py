"""Tokens become vectors, a convolution tells them of their neighbours, a few queries read them, and a label comes out.

`ids` int32 `(batch, length)`, PAD behind the end, to `probabilities` `(batch, labels)` and `attention`
`(batch, members * heads, length)`. Several members, which differ in their first values alone, learn side by side; the
answer is the mean of theirs, because of few texts each learns other words by heart.
"""

import keras
from keras import layers, ops

from heedful.apps.tokenizer import FILE, PAD
from heedful.apps.tokenizer_file import opened
from heedful.layers import AttentionPooling
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.inheritance import Named, take_over
from heedful.recipes.shared.network.text_backbone import backbone_of, read_by
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
    seen, tokenizer = ops.not_equal(ids, PAD), opened(knowledge.attachments[FILE].decode())
    if config.backbone:
        backbone = backbone_of(config.backbone, config.frozen, knowledge.facts["length"])
        vectors = [read_by(backbone, ids, seen, getattr(tokenizer, "padding", PAD))]
        for mark in getattr(tokenizer, "marks", ()):  # of the start and the end: not looked at
            seen = ops.logical_and(seen, ops.not_equal(ids, mark))
    else:
        vectors = [member(number, ids, seen, len(tokenizer.tokens), config) for number in range(config.members)]
    logits, attention = [], []
    for number, x in enumerate(vectors):
        pool = AttentionPooling(num_queries=config.heads, score="dot", name=f"pooling_{number}")
        pooled, looked = pool(layers.LayerNormalization()(x), mask=seen, return_attention_scores=True)
        label = layers.Dense(len(knowledge.facts["labels"]), dtype="float32", name=f"logits_{number}")
        logits.append(label(layers.Dropout(config.dropout)(pooled)))
        attention.append(looked[:, 0])
    outputs = {"logits": ops.stack(logits, axis=1), "attention": ops.concatenate(attention, axis=1)}
    return keras.Model(ids, outputs, name="classifier")


def member(number: int, ids, seen, tokens: int, config: Config):
    """The vectors `(batch, tokens, width)` of `ids` among their neighbours, where they are `seen` `(batch, tokens)`."""
    vectors = keras.initializers.RandomNormal(stddev=1.0, seed=number)
    x = layers.Embedding(tokens, config.width, vectors, name=f"tokens_{number}")(ids)
    visible = ops.expand_dims(ops.cast(seen, x.dtype), -1)
    y = layers.Dropout(config.dropout / 2)(layers.LayerNormalization()(x)) * visible
    y = layers.Conv1D(config.hidden, config.kernel, padding="same", activation="relu")(y)
    return layers.add([x, layers.Dense(config.width)(layers.Dropout(config.dropout / 2)(y))])


def parted(classifier: keras.Model, config: Config):
    """The vectors `(batch, tokens, width)` of a classifier's ids, those of all members side by side, or those that a
    backbone gives; and a model of ids and such vectors to its outputs, which shares its layers.
    """
    names = ["backbone"] if config.backbone else [f"tokens_{number}" for number in range(config.members)]
    # As a layer of this graph: a backbone is a model, which has outputs of its own.
    given = [keras.Operation.output.fget(classifier.get_layer(name)) for name in names]
    rest = keras.Model([classifier.input, *given], classifier.output)
    every = ops.concatenate(given, axis=-1)
    ids, vectors = (keras.Input(x.shape[1:], dtype=x.dtype) for x in (classifier.input, every))
    return every, keras.Model([ids, vectors], rest([ids, *ops.split(vectors, len(given), axis=-1)]))


def inherit(model: keras.Model, knowledge: Knowledge, old: keras.Model, old_knowledge: Knowledge) -> None:
    """Takes over what is known of tokens and labels. Raises `InputError` when the old model is built differently."""
    parts = model.get_layer("classifier").layers
    tokens = [weight for part in parts if part.name.startswith("tokens_") for weight in part.weights]
    logits = [weight for part in parts if part.name.startswith("logits_") for weight in part.weights]
    both = knowledge, old_knowledge
    of_tokens = Named(tokens, 0, *(opened(known.attachments[FILE].decode()).tokens for known in both))
    take_over(model, old, of_tokens, Named(logits, -1, *(known.facts["labels"] for known in both)))
