"""The part that looks: a picture of pixels in, a grid of feature vectors out.

A backbone of `keras.applications` with the weights it was trained with, or a small network that is trained with the
rest. Whatever the backbone wants its pixels to be, the encoder takes uint8 `(batch, size, size, 3)`, 0 to 255.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import Config

SMALL_WIDTHS = (32, 64, 128)  # of the small network's stages; each halves the picture, which was shrunk to a quarter


@dataclass(frozen=True)
class Backbone:
    """How a network of `keras.applications` is built, and what pixels it wants: `pixel * scale + offset`."""

    make: Callable[..., keras.Model]
    scale: float = 1.0
    offset: float = 0.0


BACKBONES = {
    "mobilenet_v2": Backbone(keras.applications.MobileNetV2, 1 / 127.5, -1.0),
    "mobilenet_v3_small": Backbone(keras.applications.MobileNetV3Small),
    "mobilenet_v3_large": Backbone(keras.applications.MobileNetV3Large),
    "efficientnet_b0": Backbone(keras.applications.EfficientNetB0),
}


def build_encoder(config: Config) -> keras.Model:
    """uint8 `(batch, size, size, 3)` -> float32 `(batch, cells, channels)`, the cells row by row.

    Raises `InputError` when the weights cannot be had.
    """
    image = keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")
    if config.encoder == "small":
        grid = small(image)
    else:
        backbone = BACKBONES[config.encoder]
        network = pretrained(backbone, config)
        pixels = layers.Rescaling(backbone.scale, backbone.offset, name="pixels")(image)
        grid = network(pixels, training=False)  # the statistics of its normalization stay those of its own training
    cells = layers.Reshape((-1, grid.shape[-1]), name="cells")(grid)
    encoder = keras.Model(image, cells, name="encoder")
    encoder.trainable = config.trains_encoder
    return encoder


def small(image: Any) -> Any:
    """A few convolutions, enough for drawn shapes: a grid of 1/32 of the picture's size."""
    x = layers.Rescaling(1 / 127.5, -1.0, name="pixels")(image)
    x = layers.AveragePooling2D(4, name="shrink")(x)
    for stage, width in enumerate(SMALL_WIDTHS):
        for number, strides in enumerate((2, 1)):
            name = f"{stage}_{number}"
            x = layers.Conv2D(width, 3, strides=strides, padding="same", use_bias=False, name=f"conv_{name}")(x)
            x = layers.LayerNormalization(epsilon=1e-3, name=f"norm_{name}")(x)
            x = layers.ReLU(name=f"relu_{name}")(x)
    return x


def pretrained(backbone: Backbone, config: Config) -> keras.Model:
    """The network without its classifier. Raises `InputError`."""
    weights = None if config.weights == "none" else config.weights
    if weights and weights != "imagenet" and not Path(weights).is_file():
        raise InputError(f"{weights} does not exist: give --set weights= a .weights.h5 file, imagenet or none.")
    size = (config.image_size, config.image_size, 3)
    try:
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
