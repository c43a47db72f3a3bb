"""The keyword models: log-mel front end, classifier, and attention weights as a second output.

`conv_attention` (presets `tiny`, `base`) is a convolutional stem, then blocks of local depthwise convolution,
multi-head self-attention and a feed-forward part, then attention pooling. The convolutions carry the position, so
there is no position table and no class token. `kwt` (preset `kwt1`) and `mhatt_rnn` are the papers' models, kept as
reference points and as teachers.

Every model maps waveform `(batch, samples)` to `probabilities` `(batch, labels)`, `attention` `(batch, heads, frames)`
and, where it has a cosine head, the `embedding` `(batch, width)` that the labels are compared with. Self-attention
inside the blocks is `keras.layers.MultiHeadAttention`; the attention that answers "where in the clip did it listen",
the pooling, is `heedful.layers.AttentionPooling`.
"""

import keras
from keras import layers, ops

from heedful.apps.errors import InputError
from heedful.layers import AttentionPooling
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.inheritance import DIFFERENT, Named, take_over
from heedful.recipes.speech_commands.config import Config
from heedful.recipes.speech_commands.network.cosine_logits import CosineLogits
from heedful.recipes.speech_commands.network.front_end import LogMel
from heedful.recipes.speech_commands.network.stream import StreamBody


def build(config: Config, knowledge: Knowledge) -> keras.Model:
    """The inference model: waveform float32 `(batch, samples)` in -1..1 to probabilities, attention and embedding.

    Its facts `labels` are the labels in the order of the probabilities.
    """
    classifier = build_classifier(config, len(knowledge.facts["labels"]))
    waveform = keras.Input((config.front_end.samples,), name="waveform")
    outputs = classifier(LogMel(config.front_end, name="log_mel")(waveform))
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(outputs["logits"])
    del outputs["logits"]
    return keras.Model(waveform, {"probabilities": probabilities, **outputs}, name=config.architecture)


def inherit(model: keras.Model, knowledge: Knowledge, old: keras.Model, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; words that it did not know start anew.

    Raises `InputError` when it is built differently or hears other samples.
    """
    facts, old_facts = knowledge.facts, old_knowledge.facts
    if facts["front_end"] != old_facts["front_end"]:
        raise InputError(DIFFERENT)
    logits = model.get_layer("classifier").get_layer("logits").weights
    take_over(model, old, Named(logits, -1, facts["labels"], old_facts["labels"]))


def build_classifier(config: Config, labels: int) -> keras.Model:
    """Features `(batch, frames, bands)` to `logits` `(batch, labels)`, `attention` `(batch, heads, time)` and, but for
    `PAPERS`, the `embedding` `(batch, width)`, of length 1.

    The first layer standardises every mel band by its running mean and variance over the training data.
    """
    features = keras.Input((config.front_end.frames, config.mel_bands), name="features")
    x = layers.BatchNormalization(center=False, scale=False, name="band_statistics")(features)
    pooled, attention = BODIES[config.architecture](x, config)
    outputs = {"attention": attention}
    if config.architecture in PAPERS:
        logits = layers.Dense(labels, dtype="float32", name="logits")(pooled)
    else:
        outputs["embedding"] = layers.UnitNormalization(dtype="float32")(layers.Dense(config.width)(pooled))
        logits = CosineLogits(labels, dtype="float32", name="logits")(outputs["embedding"])
    return keras.Model(features, {"logits": logits, **outputs}, name="classifier")


def conv_attention(x, config: Config):
    """Convolutional stem, `blocks` of convolution + self-attention + feed-forward, attention pooling.

    `(batch, frames, bands)` to `(batch, heads * width)` and weights `(batch, heads, frames / 2)`.
    """
    x = conv_stem(x, config)
    for _ in range(config.blocks):
        x = layers.add([x, local_convolution(x, config)])
        x = layers.add([x, self_attention(layers.LayerNormalization()(x), config)])
        x = layers.add([x, feed_forward(layers.LayerNormalization()(x), config, "relu")])
    x = layers.LayerNormalization()(x)
    # Entmax can give a frame exactly nothing. With softmax the weights stay near uniform: what the queries could look
    # for is spread over all frames by then, and there is nothing to see in a picture of them.
    pool = AttentionPooling(num_queries=config.heads, score="dot", normalizer="entmax15", name="pooling")
    pooled, attention = pool(x, return_attention_scores=True)
    return layers.Dropout(config.dropout)(pooled), attention[:, 0]


def conv_stem(x, config: Config):
    """`(batch, frames, bands)` to `(batch, frames / 2, width)`: a quarter of the bands stays, every second frame."""
    x = layers.Reshape((*x.shape[1:], 1))(x)
    x = layers.Conv2D(config.stem // 2, 3, strides=(1, 2), padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(config.stem, 1, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    return layers.LayerNormalization()(layers.Dense(config.width)(x))


def local_convolution(x, config: Config):
    """Depthwise convolution over time, which gives the attention its sense of order: `(batch, time, width)`
    unchanged.
    """
    x = layers.DepthwiseConv1D(config.kernel, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return layers.Dense(config.width)(x)


def self_attention(x, config: Config):
    """Multi-head self-attention `(batch, time, width)`, Keras' own layer."""
    return layers.MultiHeadAttention(config.heads, config.width // config.heads, dropout=config.dropout)(x, x)


def feed_forward(x, config: Config, activation: str):
    """Position-wise feed-forward part `(batch, time, width)`."""
    x = layers.Dense(config.hidden, activation=activation)(x)
    return layers.Dropout(config.dropout)(layers.Dense(config.width)(x))


def stream(x, config: Config):
    """The same parts without padding in time, the self-attention over the last `span` steps, so that it also hears a
    stream chunk by chunk: see `network/stream.py`.
    """
    body = StreamBody(
        config.width, config.blocks, config.heads, config.hidden, config.stem, config.kernel, config.span,
        config.pooled, config.chunk, config.dropout, name="stream",
    )  # fmt: skip
    pooled, attention = body(x)
    return layers.Dropout(config.dropout)(pooled), attention


def kwt(x, config: Config):
    """Keyword Transformer (Berg et al. 2021, arXiv:2104.00769): one token a frame, class token, post-norm blocks.

    The attention is what the class token looks at in the last block, `(batch, heads, frames)`, its own place left out.
    """
    x = ClassTokenAndPositions()(layers.Dense(config.width)(x))
    attentions = []
    for _ in range(config.blocks):
        attend = layers.MultiHeadAttention(config.heads, config.width // config.heads, dropout=config.dropout)
        attended, weights = attend(x, x, return_attention_scores=True)
        attentions.append(weights)
        x = layers.LayerNormalization()(layers.add([x, attended]))
        x = layers.LayerNormalization()(layers.add([x, feed_forward(x, config, "gelu")]))
    return x[:, 0], layers.Activation("linear", dtype="float32")(attentions[-1][:, :, 0, 1:])


def mhatt_rnn(x, config: Config):
    """Multi-head attention RNN (Rybakov et al. 2020, arXiv:2005.06720): the middle frame asks, every frame answers."""
    x = layers.Reshape((*x.shape[1:], 1))(x)
    for filters in (10, 1):
        x = layers.BatchNormalization()(layers.Conv2D(filters, (5, 1), padding="same", activation="relu")(x))
    x = layers.Reshape(x.shape[1:3])(x)
    for _ in range(config.blocks):
        x = layers.Bidirectional(layers.GRU(config.width, return_sequences=True))(x)
    pool = AttentionPooling(query="middle", num_queries=config.heads, name="pooling")
    pooled, attention = pool(x, return_attention_scores=True)
    x = layers.Dense(config.hidden, activation="relu")(layers.Dropout(config.dropout)(pooled))
    return layers.Dense(config.hidden // 2)(x), attention[:, 0]


@keras.saving.register_keras_serializable(package="heedful")
class ClassTokenAndPositions(layers.Layer):
    """Prepends a learned class token and adds learned positions: `(batch, time, width)` to `(batch, time + 1,
    width)`.
    """

    def build(self, input_shape):
        _, time, width = input_shape
        self.token = self.add_weight(shape=(1, 1, width), initializer="truncated_normal", name="token")
        self.positions = self.add_weight(shape=(time + 1, width), initializer="truncated_normal", name="positions")

    def call(self, x):
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([ops.cast(token, x.dtype), x], axis=1) + ops.cast(self.positions, x.dtype)

    def compute_output_shape(self, input_shape):
        batch, time, width = input_shape
        return (batch, time + 1, width)


BODIES = {"conv_attention": conv_attention, "kwt": kwt, "mhatt_rnn": mhatt_rnn, "stream": stream}
PAPERS = ("kwt", "mhatt_rnn")  # built as published, head included
