"""From a Keras model to one verified `.tflite` that every runtime takes: `export_tflite` does it whole.

What stands here is imported when it is used, so that what needs no Keras does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heedful.export.about import About, Picture, Sound
    from heedful.export.errors import ExportError
    from heedful.export.exporter import Exporter
    from heedful.export.greedy import likeliest_tokens, token_by_token
    from heedful.export.signature import Signature
    from heedful.export.tflite import export_tflite

PLACES = {
    "About": "about",
    "ExportError": "errors",
    "Exporter": "exporter",
    "Picture": "about",
    "Signature": "signature",
    "Sound": "about",
    "export_tflite": "tflite",
    "likeliest_tokens": "greedy",
    "token_by_token": "greedy",
}
__all__ = [
    "About", "ExportError", "Exporter", "Picture", "Signature", "Sound", "export_tflite", "likeliest_tokens",
    "token_by_token",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
