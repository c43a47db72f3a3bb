"""Layers that can be saved because they keep what they were made with."""

from collections.abc import Mapping
from typing import Any

from keras import layers


class Configured(layers.Layer):
    """A layer that is made again from its `settings`."""

    settings: dict[str, Any]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor itself, of its `locals()` before it makes others; `kwargs` are for Keras."""
    return {name: value for name, value in given.items() if name not in ("self", "kwargs", "__class__")}
