"""Every encoder that can be asked for: the grid it promises, what of it learns, and weights that are not there."""

import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from small_captioner import CONFIG, knowledge_for, some_pictures
from small_recommender import float64

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import ENCODERS, Config
from heedful.recipes.image_captioning.model import build
from heedful.recipes.image_captioning.network.encoder import BACKBONES, DEVIATION, MEAN, build_encoder, grid_of
from heedful.recipes.image_captioning.trainer import build_trainer

CHANNELS: dict[str, int] = dict(zip(ENCODERS[1:], (1280, 576, 960, 1280), strict=True))
NORMALIZATION = keras.layers.BatchNormalization


def config_of(encoder, size=64, **settings) -> Config:
    return replace(CONFIG, **{"encoder": encoder, "image_size": size, "weights": "none", "fine_tune": True} | settings)


def kept(encoder):
    """Statistics of all normalization over batches."""
    return [
        float64(variable)
        for layer in encoder._flatten_layers()
        if isinstance(layer, NORMALIZATION)
        for variable in (layer.moving_mean, layer.moving_variance)
    ]


@pytest.fixture(scope="module")
def weights_of(tmp_path_factory):
    """A file with weights of a backbone that nobody trained, but such that its signals do not die away."""
    files = {}

    def file(encoder):
        if encoder not in files:
            network = BACKBONES[encoder].make(include_top=False, weights=None, input_shape=(64, 64, 3))
            files[encoder] = tmp_path_factory.mktemp("weights") / f"{encoder}.weights.h5"
            rng = np.random.default_rng(0)
            for variable in network.trainable_variables:
                if "kernel" in variable.name:
                    seen = np.prod(variable.shape[: 2 if "depthwise" in variable.path else 3])
                    variable.assign(rng.normal(0, (2 / seen) ** 0.5, variable.shape).astype("float32"))
            for layer in network._flatten_layers():
                if isinstance(layer, keras.layers.Normalization):
                    layer.adapt_mean.assign(MEAN)
                    layer.adapt_variance.assign(DEVIATION)
                    layer.finalize_state()
            network.save_weights(files[encoder])
        return str(files[encoder])

    return file


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_grid_is_the_one_that_is_promised(encoder):
    for size in {"small": (32, 96, 100, 224), "mobilenet_v2": (96, 100)}.get(encoder, (100,)):
        config = config_of(encoder, size)
        rows, columns = grid_of(config)
        assert rows == columns == -(-size // 32)
        shape = build_encoder(config).output_shape
        assert shape == (None, rows * columns, CHANNELS.get(encoder, shape[-1]))


def test_cells_are_in_the_order_of_rows():
    encoder = build_encoder(config_of("small", 96))
    square = keras.Model(encoder.input, encoder.get_layer("cells").input)
    images = some_pictures(3, 96)
    grid, cells = float64(square(images)), float64(encoder(images))
    assert grid.shape[1:3] == (3, 3) and np.ptp(grid, axis=(1, 2)).max() > 0.1
    for row, column in np.ndindex(3, 3):
        np.testing.assert_array_equal(cells[:, 3 * row + column], grid[:, row, column])


@pytest.mark.parametrize("encoder", ENCODERS[1:3])
def test_a_backbone_sees_the_pixels_that_it_was_trained_on(encoder, weights_of):
    """0 to 255 become what `preprocess_input` of Keras makes of them."""
    module = {"mobilenet_v2": keras.applications.mobilenet_v2, "mobilenet_v3_small": keras.applications.mobilenet_v3}
    images = some_pictures(3)
    network = BACKBONES[encoder].make(include_top=False, weights=weights_of(encoder), input_shape=(64, 64, 3))
    wanted = float64(network(module[encoder].preprocess_input(images.astype("float32")), training=False))
    found = build_encoder(config_of(encoder, weights=weights_of(encoder), fine_tune=False))(images)
    assert np.ptp(wanted, axis=0).max() > 0.1
    np.testing.assert_allclose(float64(found), wanted.reshape(3, 4, -1), rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def test_a_frozen_encoder_has_nothing_to_train_and_the_small_one_always_has(weights_of):
    frozen = build_encoder(config_of("mobilenet_v3_small", weights=weights_of("mobilenet_v3_small"), fine_tune=False))
    assert frozen.trainable_weights == []
    small = build_encoder(config_of("small", fine_tune=False))
    assert len(small.trainable_weights) == len(small.weights) > 0
    with pytest.raises(ValueError, match=r"^an encoder without weights must be trained"):
        config_of("mobilenet_v3_small", fine_tune=False)


@pytest.mark.parametrize("weights", ["file", "none"])
def test_training_leaves_the_statistics_of_trained_weights_alone(weights, weights_of):
    """Those of an encoder without weights must be learnt: without, its signals die away on their way."""
    encoder = "mobilenet_v3_small"
    config = config_of(encoder, weights=weights_of(encoder) if weights == "file" else "none")
    model = build(config, knowledge_for())
    trainer = build_trainer(model, config, knowledge_for(), steps_per_epoch=1, seed=0)
    before = kept(model.encoder)
    ones = np.ones((2, 3), np.int32)
    words = {"tokens": ones, "targets": ones + 4, "captions": ones, "positions": np.arange(3, dtype=np.int32) * ones}
    trainer({"image": some_pictures(2), **words}, training=True)
    same = [np.array_equal(a, b) for a, b in zip(before, kept(model.encoder), strict=True)]
    assert (all(same) and len(same) > 30) if weights == "file" else not any(same)
    trained = {variable.name for variable in model.encoder.trainable_variables}
    assert "kernel" in trained and ("gamma" in trained) == (weights == "none")


@pytest.mark.parametrize("source", ["imagenet", "file"])
def test_efficientnet_sees_standardized_pixels_whoever_fetched_its_weights(source, weights_of, monkeypatch):
    """Keras puts a correction of its ImageNet weights into the network when it has fetched them, and only then."""
    file, images = weights_of("efficientnet_b0"), some_pictures(3)
    module = sys.modules[keras.applications.EfficientNetB0.__module__]
    monkeypatch.setattr(module.file_utils, "get_file", lambda *_, **__: file)
    encoder = build_encoder(config_of("efficientnet_b0", weights=file if source == "file" else source))
    network = encoder.layers[2]
    stem = keras.Model(network.input, network.get_layer("stem_conv_pad").input)
    found = float64(stem(encoder.get_layer("pixels")(images)))
    np.testing.assert_allclose(found, (images / 255 - MEAN) / DEVIATION, atol=1e-5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"nowhere\.weights\.h5 does not exist: give --set weights= a \.weights\.h5 file, imagenet or none\.$"),
        (b"no HDF5", r"holds no weights of mobilenet_v3_small without its classifier"),
        ("another", r"holds no weights of mobilenet_v3_small without its classifier"),
    ],
    ids=["missing", "garbage", "another"],
)
def test_weights_that_cannot_be_had_are_one_sentence(content, message, tmp_path, weights_of, recwarn):
    path = tmp_path / "nowhere.weights.h5"
    if isinstance(content, bytes):
        path.write_bytes(content)
    given = weights_of("mobilenet_v2") if content == "another" else str(path)
    with pytest.raises(InputError, match=message) as error:
        build_encoder(config_of("mobilenet_v3_small", weights=given))
    assert not recwarn
    assert "\n" not in str(error.value) and str(error.value).startswith(given)


def test_imagenet_without_a_network_is_one_sentence(monkeypatch, tmp_path):
    def unreachable(*_, **__):
        raise Exception("URL fetch failure on https://storage.googleapis.com/\n: None -- Name or service not known")

    made = BACKBONES["mobilenet_v2"]
    monkeypatch.setitem(BACKBONES, "mobilenet_v2", replace(made, make=unreachable))
    with pytest.raises(InputError, match=r"^the ImageNet weights of mobilenet_v2 cannot be fetched \(URL .*=PATH\.$"):
        build_encoder(config_of("mobilenet_v2", weights="imagenet"))
