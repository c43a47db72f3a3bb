"""Functions of TensorFlow as a `.tflite`."""

import tempfile

import pytest


def converted(**functions):
    """The bare flatbuffer whose signatures are these `tf.function`s of one input signature each."""
    tf = pytest.importorskip("tensorflow")
    module = tf.Module()
    vars(module).update(functions)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=functions)
        return tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions)).convert()
