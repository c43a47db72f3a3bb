"""The part that looks: a picture of pixels in, a grid of feature vectors out.

A backbone of `keras.applications` with the weights it was trained with, or a small network that is trained with the
rest. Whatever the backbone wants its pixels to be, the encoder takes uint8 `(batch, size, size, 3)`, 0 to 255.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import Config

SMALL_WIDTHS = (32, 64, 128)  # of the small network's stages; each halves the picture, which was shrunk to a quarter
COLOURS = 4.0  # how strong they are beside what the convolutions found


@dataclass(frozen=True)
class Backbone:
    """How a network of `keras.applications` is built, and what pixels it wants: `pixel * scale + offset`, where these
    are numbers or one for each colour.
    """

    make: Callable[..., keras.Model]
    scale: float | list[float] = 1.0
    offset: float | list[float] = 0.0


MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels, 0 to 1
BACKBONES = {
    "mobilenet_v2": Backbone(keras.applications.MobileNetV2, 1 / 127.5, -1.0),
    "mobilenet_v3_small": Backbone(keras.applications.MobileNetV3Small),
    "mobilenet_v3_large": Backbone(keras.applications.MobileNetV3Large),
    "efficientnet_b0": Backbone(keras.applications.EfficientNetB0),
}

# The ImageNet weights of EfficientNet come with variances that are deviations, and Keras corrects that in the network,
# but only in one for which it has fetched the weights itself. With a file of them it is done to the pixels.
FROM_FILE = {
    "efficientnet_b0": Backbone(
        keras.applications.EfficientNetB0,
        [deviation**-0.5 for deviation in DEVIATION],
        [255 * mean * (1 - deviation**-0.5) for mean, deviation in zip(MEAN, DEVIATION, strict=True)],
    )
}


def build_encoder(config: Config) -> keras.Model:
    """uint8 `(batch, size, size, 3)` -> float32 `(batch, cells, channels)`, the cells row by row.

    Raises `InputError` when the weights cannot be had.
    """
    image = keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")
    if config.encoder == "small":
        grid = small(image)
    else:
        fetched = config.weights in ("imagenet", "none")
        backbone = (BACKBONES if fetched else BACKBONES | FROM_FILE)[config.encoder]
        network = pretrained(backbone, config)
        pixels = layers.Rescaling(backbone.scale, backbone.offset, name="pixels")(image)
        grid = network(pixels)
    cells = layers.Reshape((-1, grid.shape[-1]), name="cells")(grid)
    encoder = keras.Model(image, cells, name="encoder")
    encoder.trainable = config.trains_encoder
    if config.weights != "none":
        keep_statistics(encoder)
    return encoder


def keep_statistics(encoder: keras.Model) -> None:
    """Batch normalization goes on with what it learnt from millions of pictures; a batch of ours tells it less.

    `training=False` in the graph would not do: Keras replaces it when the trainer calls.
    """
    for layer in encoder._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def small(image: Any) -> Any:
    """A few convolutions, enough for drawn shapes: a grid of 1/32 of the picture's size.

    The mean colour of each cell stands beside what they found. They look beyond the cell, so that without it colours
    would be read anywhere near a thing, and attention would say so.
    """
    x = layers.Rescaling(1 / 127.5, -1.0, name="pixels")(image)
    x = layers.AveragePooling2D(4, padding="same", name="shrink")(x)
    colours = layers.AveragePooling2D(8, padding="same", name="colours")(x)
    for stage, width in enumerate(SMALL_WIDTHS):
        for number, strides in enumerate((2, 1)):
            name = f"{stage}_{number}"
            x = layers.Conv2D(width, 3, strides, padding="same", use_bias=False, name=f"conv_{name}")(x)
            x = layers.LayerNormalization(epsilon=1e-3, name=f"norm_{name}")(x)
            x = layers.ReLU(name=f"relu_{name}")(x)
    return layers.Concatenate(name="seen")([x, layers.Rescaling(COLOURS, name="strong")(colours)])


def pretrained(backbone: Backbone, config: Config) -> keras.Model:
    """The network without its classifier. Raises `InputError`."""
    weights = None if config.weights == "none" else config.weights
    if weights and weights != "imagenet" and not Path(weights).is_file():
        raise InputError(f"{weights} does not exist: give --set weights= a .weights.h5 file, imagenet or none.")
    size = (config.image_size, config.image_size, 3)
    try:
        with warnings.catch_warnings(action="ignore"):  # the error says it in one sentence
            return backbone.make(include_top=False, weights=weights, input_shape=size)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        if weights == "imagenet":
            raise InputError(
                f"the ImageNet weights of {config.encoder} cannot be fetched ({reason}): connect, or give their file "
                "with --set weights=PATH."
            ) from error
        raise InputError(
            f"{weights} holds no weights of {config.encoder} without its classifier ({reason})."
        ) from error


def grid_of(config: Config) -> tuple[int, int]:
    """Rows and columns of the grid: every encoder here gives one cell for 32 x 32 pixels."""
    side = -(-config.image_size // 32)
    return side, side
